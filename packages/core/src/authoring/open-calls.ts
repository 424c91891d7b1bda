import type { Clock } from '@linkspan/concurrency';

/** The calls that are open, and the wait until there are none: what a graceful close is made of. */
export class OpenCalls<Call> implements Iterable<Call> {
  readonly #calls = new Set<Call>();
  #onEmpty: (() => void)[] = [];

  get size(): number {
    return this.#calls.size;
  }

  add(call: Call): void {
    this.#calls.add(call);
  }

  /** Takes a call out; one that is not there is ignored. */
  delete(call: Call): void {
    if (!this.#calls.delete(call) || this.#calls.size > 0 || this.#onEmpty.length === 0) return;
    const listeners = this.#onEmpty;
    this.#onEmpty = [];
    for (const listener of listeners) listener();
  }

  /** Resolves when no call is open, or `limitMs` has passed. It leaves no timer behind. */
  drained(limitMs: number, clock: Clock): Promise<void> {
    if (this.#calls.size === 0 || limitMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = limitMs === Infinity ? undefined : clock.setTimeout(resolve, limitMs);
      this.#onEmpty.push(() => {
        if (timer !== undefined) clock.clearTimeout(timer);
        resolve();
      });
    });
  }

  [Symbol.iterator](): Iterator<Call> {
    return this.#calls.values();
  }
}
