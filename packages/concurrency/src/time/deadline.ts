import { type Clock, systemClock } from './clock.ts';

/**
 * A moment by which something must be done, on a monotonic clock. A deadline is a value: it starts
 * no timer, and it travels with a call through queues, retries and streams.
 */
export class Deadline {
  /** No deadline at all. */
  static readonly unlimited: Deadline = new Deadline(Infinity, systemClock);

  /** The moment on {@link clock}, in milliseconds; `Infinity` when unlimited. */
  readonly at: number;
  readonly clock: Clock;

  private constructor(at: number, clock: Clock) {
    this.at = at;
    this.clock = clock;
  }

  /**
   * The deadline that is `durationMs` from now. `undefined` and `Infinity` mean none; a negative
   * duration is a deadline already past.
   *
   * @throws RangeError when `durationMs` is NaN.
   */
  static after(durationMs: number | undefined, clock: Clock = systemClock): Deadline {
    if (durationMs === undefined) return Deadline.never(clock);
    return Deadline.at(clock.now() + durationMs, clock);
  }

  /** The deadline at a moment of `clock`. */
  static at(momentMs: number, clock: Clock = systemClock): Deadline {
    if (Number.isNaN(momentMs)) {
      throw new RangeError('Cannot make a deadline: expected a number of milliseconds, found NaN');
    }
    return momentMs === Infinity ? Deadline.never(clock) : new Deadline(momentMs, clock);
  }

  /** No deadline, on a given clock. */
  static never(clock: Clock = systemClock): Deadline {
    return clock === systemClock ? Deadline.unlimited : new Deadline(Infinity, clock);
  }

  /** Whether there is no limit. */
  get isUnlimited(): boolean {
    return this.at === Infinity;
  }

  /** How much time is left, in milliseconds: never below 0, `Infinity` when unlimited. */
  get remainingMs(): number {
    if (this.at === Infinity) return Infinity;
    return Math.max(0, this.at - this.clock.now());
  }

  /** Whether the moment has come. */
  get expired(): boolean {
    return this.at !== Infinity && this.clock.now() >= this.at;
  }

  /** The earlier of the two: what holds when one limit encloses another. */
  min(other: Deadline): Deadline {
    return other.at < this.at ? other : this;
  }
}
