import type { Clock } from '@linkspan/concurrency';

/**
 * The time of a clock, which never goes back: where the clock does, as some do when a machine is
 * suspended or moved, time stands still for that step and then goes on.
 */
export class SteadyTime {
  readonly #clock: Clock;
  #offset = 0;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#last = clock.now();
  }

  now(): number {
    const time = this.#clock.now() + this.#offset;
    if (time >= this.#last) {
      this.#last = time;
      return time;
    }
    this.#offset += this.#last - time;
    return this.#last;
  }
}
