import type { Share } from '../store/share.ts';

/** In how many slots a window is kept. */
const SLOTS = 60;
/**
 * How much of what the bucket holds goes without a look at the clock: it counts as taken at the next
 * look, which can cost a full bucket as much of what it would have filled up by.
 */
const UNSEEN_SHARE = 1 / 8;
/** What the bucket may be short of by the rounding of fractions. */
const ROUNDING = 1e-6;

/**
 * How much of something may be used: `limit` in any window of `windowMs`, wherever it begins, and
 * `burst` at once, which fills up as fast as the limit allows. Both hold at the same time: a bucket
 * alone would let `burst` and `limit` through in one window.
 *
 * Times are those of its owner, who sees to it that they never go back.
 */
export class Quota {
  /** What all processes together may use. */
  readonly whole: number;
  readonly #share: Share;
  readonly #burst: number;
  readonly #slotMs: number;
  readonly #perMs: number;
  /** What was used in each slot. One slot more than the window has, as its edges fall inside of slots. */
  readonly #used = new Float64Array(SLOTS + 1);
  #sum = 0;
  #slot = 0;
  /**
   * Of the sum, what was taken without a look at the clock. It is not taken off the bucket yet: at the
   * next look it counts as taken then, which is the latest that it can have been.
   */
  #pending = 0;
  /** What the bucket holds, which is less than nothing when more was used than foreseen. */
  #level: number;
  #levelAt = 0;

  /** @param share the part that is this process's own, which may change. */
  constructor(limit: number, burst: number, windowMs: number, share: Share) {
    this.whole = limit;
    this.#share = share;
    this.#burst = Math.min(burst, limit);
    this.#slotMs = windowMs / SLOTS;
    this.#perMs = limit / windowMs;
    this.#level = this.#burst * share.fraction;
  }

  /**
   * In how many milliseconds an amount can be had: 0 for now, `Infinity` when it is above the limit.
   *
   * @param ahead what others have to get first. The result is then the least that it can take.
   */
  waitMs(amount: number, now: number, ahead = 0): number {
    if (amount > this.whole) return Infinity;
    this.#advance(now);
    const { fraction } = this.#share;
    const limit = this.whole * fraction;
    // What is more than a burst goes when the bucket is full, and leaves it with less than nothing.
    const missing = ahead + Math.min(amount, this.#burst * fraction) - this.#level;
    const bucketMs = missing > ROUNDING ? missing / (this.#perMs * fraction) : 0;
    const wanted = Math.min(ahead + amount, Math.max(limit, amount));
    if (this.#sum + wanted <= limit) return bucketMs;
    return Math.max(bucketMs, this.#windowMs(wanted, limit, now));
  }

  /**
   * Uses an amount if it can be had by what was known at the last look at the clock, which costs more
   * than all the rest. What has become free since then is left out, so that it errs to the safe side.
   */
  takeKnown(amount: number): boolean {
    if (this.#pending + amount > this.#level * UNSEEN_SHARE) return false;
    if (this.#sum + amount > this.whole * this.#share.fraction) return false;
    this.#sum += amount;
    this.#pending += amount;
    return true;
  }

  /** Uses an amount, and gives the slot that it is counted in. */
  take(amount: number, now: number): number {
    this.#advance(now);
    this.#level -= amount;
    this.#sum += amount;
    const at = this.#slot % this.#used.length;
    this.#used[at] = this.#used[at]! + amount;
    return this.#slot;
  }

  /** More, or less, was used than was taken in a slot. */
  correct(slot: number, difference: number, now: number): void {
    this.#advance(now);
    this.#level = Math.min(this.#burst * this.#share.fraction, this.#level - difference);
    // What was used beyond the estimate is used until now; what was not used was never used.
    const counted = difference > 0 ? this.#slot : slot;
    if (counted <= this.#slot - this.#used.length) return;
    const at = counted % this.#used.length;
    this.#used[at] = this.#used[at]! + difference;
    this.#sum += difference;
  }

  /** When enough slots have left the window. */
  #windowMs(amount: number, limit: number, now: number): number {
    let sum = this.#sum;
    const slots = this.#used.length;
    for (let slot = this.#slot - slots + 1; slot <= this.#slot; slot += 1) {
      if (slot >= 0) sum -= this.#used[slot % slots]!;
      if (sum + amount <= limit) return (slot + slots) * this.#slotMs - now;
    }
    return slots * this.#slotMs;
  }

  #advance(now: number): void {
    if (now > this.#levelAt) {
      const { fraction } = this.#share;
      const filled = this.#level + (now - this.#levelAt) * this.#perMs * fraction;
      this.#level = Math.min(filled, this.#burst * fraction);
      this.#levelAt = now;
    }
    this.#level -= this.#pending;
    const slot = Math.floor(now / this.#slotMs);
    if (slot === this.#slot && this.#pending === 0) return;
    if (slot - this.#slot >= this.#used.length) {
      this.#used.fill(0);
      this.#sum = this.#pending;
    } else {
      for (let next = this.#slot + 1; next <= slot; next += 1) {
        const at = next % this.#used.length;
        this.#sum -= this.#used[at]!;
        this.#used[at] = 0;
      }
    }
    this.#slot = slot;
    const at = slot % this.#used.length;
    this.#used[at] = this.#used[at]! + this.#pending;
    this.#pending = 0;
  }
}
