import type { Clock } from '@linkspan/concurrency';
import type { Tally, TallyShape } from './tally.ts';

/** A {@link Tally} in the memory of this process: a ring of counters, and their sums. */
export class MemoryTally implements Tally {
  readonly #clock: Clock;
  readonly #slotMs: number;
  /** Both counts of each slot, side by side. */
  readonly #counts: Float64Array;
  readonly #slots: number;
  #first = 0;
  #second = 0;
  /** The number of the newest slot, since the start of the clock. */
  #newest: number;

  constructor({ windowMs, slots }: TallyShape, clock: Clock) {
    this.#clock = clock;
    this.#slotMs = windowMs / slots;
    this.#slots = slots;
    this.#counts = new Float64Array(2 * slots);
    this.#newest = Math.floor(clock.now() / this.#slotMs);
  }

  get first(): number {
    this.#forget();
    return this.#first;
  }

  get second(): number {
    this.#forget();
    return this.#second;
  }

  add(first: number, second: number): void {
    this.#forget();
    const at = 2 * (this.#newest % this.#slots);
    this.#counts[at] = this.#counts[at]! + first;
    this.#counts[at + 1] = this.#counts[at + 1]! + second;
    this.#first += first;
    this.#second += second;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#first = 0;
    this.#second = 0;
  }

  /** Drops the slots that have left the window. A clock that goes back finds the newest slot open. */
  #forget(): void {
    const now = Math.floor(this.#clock.now() / this.#slotMs);
    if (now <= this.#newest) return;
    if (now - this.#newest >= this.#slots) this.reset();
    else {
      for (let slot = this.#newest + 1; slot <= now; slot += 1) {
        const at = 2 * (slot % this.#slots);
        this.#first -= this.#counts[at]!;
        this.#second -= this.#counts[at + 1]!;
        this.#counts[at] = 0;
        this.#counts[at + 1] = 0;
      }
    }
    this.#newest = now;
  }
}
