import type { Clock, Deadline } from '@linkspan/core';

/**
 * The deadline of one fetch. Nobody knows beforehand whether a stream will be answered; the head
 * tells, and then the deadline may move. It only ever moves away: what waits for it looks at it anew
 * when the moment seems to have come.
 */
export class FetchDeadline implements Deadline {
  at: number;
  readonly clock: Clock;
  readonly #startedAt: number;

  constructor(totalMs: number, clock: Clock) {
    this.clock = clock;
    this.#startedAt = clock.now();
    this.at = this.#startedAt + totalMs;
  }

  /** Lets the call take this long, counted from its begin, if that is longer. */
  extend(totalMs: number): void {
    this.at = Math.max(this.at, this.#startedAt + totalMs);
  }

  get isUnlimited(): boolean {
    return this.at === Infinity;
  }

  get remainingMs(): number {
    return this.isUnlimited ? Infinity : Math.max(0, this.at - this.clock.now());
  }

  get expired(): boolean {
    return !this.isUnlimited && this.clock.now() >= this.at;
  }

  min(other: Deadline): Deadline {
    return other.at < this.at ? other : this;
  }
}
