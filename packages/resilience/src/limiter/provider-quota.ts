import type { RateLimitBucket } from '@linkspan/core';

/**
 * The part of a limit that is left unused: what is on its way arrives in another order than it was
 * sent in, so that the service may have counted less than it seems. Of a bucket that fills up it is
 * lost once, not each minute.
 */
const MARGIN = 0.02;

/**
 * What a service has said that is left of a limit of its own. Until its reset, what is left grows
 * evenly to the limit, as that of most services does; where the limit is not told, it does not grow.
 */
export class ProviderQuota {
  #left = Infinity;
  #perMs = 0;
  #saidAt = 0;
  #until = 0;
  #told: RateLimitBucket = {};
  #toldAt = 0;

  /**
   * Takes over what an answer tells.
   *
   * @param reserved what was taken for calls that the service may not have counted yet.
   */
  learn(bucket: RateLimitBucket, reserved: number, now: number): void {
    this.#told = bucket;
    this.#toldAt = now;
    const { limit, remaining, resetInMs } = bucket;
    if (remaining === undefined || resetInMs === undefined) return;
    this.#left = remaining - reserved - Math.floor((limit ?? 0) * MARGIN);
    this.#perMs =
      limit === undefined || resetInMs === 0 ? 0 : Math.max(0, limit - remaining) / resetInMs;
    this.#saidAt = now;
    this.#until = now + resetInMs;
  }

  /** In how many milliseconds an amount can be had, by what is known. */
  waitMs(amount: number, now: number): number {
    if (now >= this.#until) return 0;
    const missing = amount - this.#left - this.#perMs * (now - this.#saidAt);
    if (missing <= 0) return 0;
    const untilReset = this.#until - now;
    return this.#perMs === 0 ? untilReset : Math.min(missing / this.#perMs, untilReset);
  }

  take(amount: number): void {
    this.#left -= amount;
  }

  /** What was told last; its reset is as far away as it is now. */
  told(now: number): RateLimitBucket {
    const { resetInMs } = this.#told;
    if (resetInMs === undefined) return this.#told;
    return { ...this.#told, resetInMs: Math.max(0, resetInMs - (now - this.#toldAt)) };
  }
}
