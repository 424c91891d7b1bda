/**
 * A stretch in which an upstream is down: it begins behind so many requests, and ends when so many
 * were refused, so that every run of the same rows meets the same one. Health checks are refused with
 * the rest, and not counted.
 */
export class Outage {
  #requestsLeft: number;
  #refusalsLeft: number;

  constructor({ after, refusals }: { readonly after: number; readonly refusals: number }) {
    this.#requestsLeft = after;
    this.#refusalsLeft = refusals;
  }

  /** Whether the next request is refused. */
  refuses(isCheck: boolean): boolean {
    if (isCheck) return this.#requestsLeft === 0 && this.#refusalsLeft > 0;
    if (this.#requestsLeft > 0) {
      this.#requestsLeft -= 1;
      return false;
    }
    if (this.#refusalsLeft === 0) return false;
    this.#refusalsLeft -= 1;
    return true;
  }
}
