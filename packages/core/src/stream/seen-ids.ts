/** How many ids are kept, and how many characters they may have together. */
const MOST_IDS = 10_000;
const MOST_CHARACTERS = 1024 * 1024;

/**
 * The durable ids that a stream has had: its first and its latest ones, in bounded memory. What was
 * forgotten in between is known by {@link isWhole}.
 */
export class SeenIds {
  readonly #latest = new Set<string>();
  #first: string | undefined;
  #characters = 0;
  #isWhole = true;

  /** Whether none was forgotten: an id that is not known is then new. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  has(id: string): boolean {
    return this.#latest.has(id) || id === this.#first;
  }

  add(id: string): void {
    this.#first ??= id;
    this.#latest.add(id);
    this.#characters += id.length;
    while (this.#latest.size > MOST_IDS || this.#characters > MOST_CHARACTERS) {
      const [oldest = ''] = this.#latest;
      this.#latest.delete(oldest);
      this.#characters -= oldest.length;
      this.#isWhole = false;
    }
  }
}
