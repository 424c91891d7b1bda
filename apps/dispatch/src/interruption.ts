/** Two presses within this time are one: npm and the terminal both pass the signal on. */
const SAME_PRESS_MS = 300;

/**
 * The will of whoever watches the run. The first interruption lets the rows in flight finish, and
 * begins no other; the second aborts them: they count as not done.
 */
export class Interruption {
  readonly #aborting = new AbortController();
  readonly #now: () => number;
  #firstAt: number | undefined;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether no further row is to be begun. */
  get isStopping(): boolean {
    return this.#firstAt !== undefined;
  }

  /** Aborts when rows in flight are to be left. */
  get signal(): AbortSignal {
    return this.#aborting.signal;
  }

  /** Asks the run to stop. Tells which of the two it was, or nothing for the same press again. */
  interrupt(): 'finishing' | 'aborting' | undefined {
    const now = this.#now();
    if (this.#firstAt === undefined) {
      this.#firstAt = now;
      return 'finishing';
    }
    if (now - this.#firstAt < SAME_PRESS_MS) return undefined;
    this.abort();
    return 'aborting';
  }

  /** Stops at once. */
  abort(): void {
    this.#firstAt ??= this.#now();
    this.#aborting.abort(new DOMException('The run was interrupted', 'AbortError'));
  }
}
