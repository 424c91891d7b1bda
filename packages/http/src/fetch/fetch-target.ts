import { type BaseUrl, resolveUrl } from '@linkspan/core/wire';

/**
 * Gives the absolute URL of what is fetched. It remembers the last one: a library mostly asks for one
 * and the same, over and over.
 */
export class FetchTarget {
  readonly #base: BaseUrl | undefined;
  #asked: string | undefined;
  #target = '';

  constructor(base: BaseUrl | undefined) {
    this.#base = base;
  }

  /** @throws ConfigurationError when it is no URL, or not one that the base allows. */
  resolve(url: string): string {
    if (url !== this.#asked) {
      this.#target = resolveUrl(url, this.#base);
      this.#asked = url;
    }
    return this.#target;
  }
}
