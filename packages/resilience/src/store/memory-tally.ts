import type { Clock } from '@linkspan/concurrency';
import type { Tally, TallyShape } from './tally.ts';

/** After so many additions the clock is looked at: the look costs more than all the rest. */
const ADDITIONS_A_LOOK = 16;

/** A {@link Tally} in the memory of this process: a ring of counters, and their sums. */
export class MemoryTally implements Tally {
  readonly #clock: Clock;
  readonly #slotMs: number;
  /** Both counts of each slot, side by side. */
  readonly #counts: Float64Array;
  readonly #slots: number;
  #first = 0;
  #second = 0;
  #waiting = 0;
  #waitingFirst = 0;
  #waitingSecond = 0;
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

  /** A few additions wait for the next look at the clock, and count from then on. */
  add(first: number, second: number): void {
    this.#waitingFirst += first;
    this.#waitingSecond += second;
    this.#waiting += 1;
    if (this.#waiting >= ADDITIONS_A_LOOK) this.#forget();
  }

  reset(): void {
    this.#waiting = this.#waitingFirst = this.#waitingSecond = 0;
    this.#clear();
  }

  #clear(): void {
    this.#counts.fill(0);
    this.#first = this.#second = 0;
  }

  /**
   * Drops the slots that have left the window, and counts what has waited. A clock that goes back finds
   * the newest slot open.
   */
  #forget(): void {
    this.#advance(Math.floor(this.#clock.now() / this.#slotMs));
    if (this.#waiting === 0) return;
    const at = 2 * (this.#newest % this.#slots);
    this.#counts[at] = this.#counts[at]! + this.#waitingFirst;
    this.#counts[at + 1] = this.#counts[at + 1]! + this.#waitingSecond;
    this.#first += this.#waitingFirst;
    this.#second += this.#waitingSecond;
    this.#waiting = this.#waitingFirst = this.#waitingSecond = 0;
  }

  #advance(now: number): void {
    if (now <= this.#newest) return;
    if (now - this.#newest >= this.#slots) this.#clear();
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
