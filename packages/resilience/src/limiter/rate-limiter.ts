import type { TimerHandle } from '@linkspan/concurrency';
import { parseSettings, type RateLimitReading } from '@linkspan/core';
import { memoryStore } from '../store/memory-store.ts';
import {
  type Amounts,
  amountsOf,
  type Dimension,
  makeDimensions,
  MINUTE_MS,
  ONE_REQUEST,
} from './dimensions.ts';
import {
  type AcquireOptions,
  type Cost,
  type RateLimiterOptions,
  type RateLimiterSettings,
  rateLimiterSettings,
} from './limiter-options.ts';
import { notInTime, queueIsFull, tooLate, tooMuch } from './limiter-errors.ts';
import { levelOf, PermitQueue, PermitWaiter } from './permit-queue.ts';
import { ProviderQuota } from './provider-quota.ts';
import type { Quota } from './quota.ts';
import { RateLimitLease } from './rate-limit-lease.ts';
import { SteadyTime } from './steady-time.ts';

/** Of permits that were taken without a look at the clock: nothing is given back to their quota. */
const NO_SLOTS: readonly number[] = [0, 0, 0, 0];

/**
 * Lets as many calls go as its limits allow: requests and tokens in any minute, requests at once, and
 * calls in flight. Who has to wait is served by priority, then in the order of coming; nobody small
 * overtakes somebody large. What the service says of its own limits counts too ({@link learn}).
 *
 * ```ts
 * const limiter = new RateLimiter({ requestsPerMinute: 60, burst: 10 });
 * const answer = await limiter.run(() => client.get('/users/1'));
 * ```
 */
export class RateLimiter {
  readonly #settings: RateLimiterSettings;
  readonly #time: SteadyTime;
  readonly #dimensions: readonly Dimension[];
  readonly #countsTokens: boolean;
  /** Those that anything is known of; the others cost nothing. */
  #limited: readonly Dimension[];
  readonly #queue = new PermitQueue<RateLimitLease>(() => this.#serve());
  #inFlight = 0;
  #pausedUntil = 0;
  /** Requests that were let go. */
  #requests = 0;
  /** Tokens that were let go: replaced, not changed, so that permits can keep it. */
  #taken: Amounts = [0, 0, 0, 0];
  /** The only quota, where it is that of requests and nothing else holds calls back. */
  #onlyQuota: Quota | undefined;
  /** Nothing is known that holds calls back but the number of those in flight. */
  #isFree = false;
  #timer: TimerHandle | undefined;

  /** @throws ConfigurationError for options that are not right. */
  constructor(options: RateLimiterOptions = {}) {
    this.#settings = parseSettings('new RateLimiter()', rateLimiterSettings, options);
    this.#time = new SteadyTime(this.#settings.clock);
    const { store, key } = this.#settings;
    const share = (store ?? memoryStore()).share(key, MINUTE_MS);
    this.#dimensions = makeDimensions(this.#settings, share);
    this.#countsTokens = this.#dimensions.some(
      ({ index, quota }) => index > 0 && quota !== undefined,
    );
    this.#limited = [];
    this.#findLimited();
  }

  /** How many permits are held. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** How many wait for a permit. */
  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Waits for a permit; it is held until it is released or disposed of.
   *
   * @throws RateLimitExceededError when it cannot be had before the deadline, when too many wait, or
   * when it is for more than a limit allows at all; `signal.reason` when the signal aborts.
   */
  acquire(options?: AcquireOptions): Promise<RateLimitLease> {
    try {
      if (options?.signal?.aborted === true) throw options.signal.reason;
      const lease = this.tryAcquire(options);
      return lease === undefined ? this.#wait(options) : Promise.resolve(lease);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** A permit, or `undefined` where one would have to wait. */
  tryAcquire(cost?: Cost): RateLimitLease | undefined {
    if (this.#queue.size > 0 || this.#inFlight >= this.#settings.maxInFlight) return undefined;
    const amounts = amountsOf(cost);
    if (amounts === ONE_REQUEST && (this.#isFree || this.#onlyQuota?.takeKnown(1) === true)) {
      this.#inFlight += 1;
      this.#requests += 1;
      return new RateLimitLease(this, amounts, NO_SLOTS, this.#taken, this.#requests);
    }
    const now = this.#time.now();
    return this.#waitMs(amounts, now) > 0 ? undefined : this.#take(amounts, now);
  }

  /** Runs a function that holds a permit meanwhile. The options limit the wait, not the function. */
  async run<Value>(
    fn: (lease: RateLimitLease) => Value | PromiseLike<Value>,
    options?: AcquireOptions,
  ): Promise<Value> {
    const lease = await this.acquire(options);
    try {
      return await fn(lease);
    } finally {
      lease.release();
    }
  }

  /** Gives no permit for so long: who waits goes on waiting, or is refused if it is too long. */
  pause(ms: number): void {
    const now = this.#time.now();
    this.#pausedUntil = Math.max(this.#pausedUntil, now + ms);
    this.#findLimited();
    for (const waiter of this.#queue) {
      const { deadline } = waiter;
      if (deadline === undefined || deadline.remainingMs > this.#pausedUntil - now) continue;
      this.#queue.take(waiter);
      waiter.reject(tooLate(this.#pausedUntil - now, deadline.remainingMs));
    }
    this.#serve();
  }

  /**
   * Takes over what a service tells of its limits, as `readRateLimit()` reads it: a wait that it asks
   * for pauses all, and what it says is left bounds what goes until its reset.
   *
   * @param lease the permit of the call that was answered: what was taken after it may not be counted
   * yet by the service.
   */
  learn({ waitMs, buckets }: RateLimitReading, lease?: RateLimitLease): void {
    const now = this.#time.now();
    for (const dimension of this.#dimensions) {
      const { name, index } = dimension;
      const bucket = buckets[name];
      if (bucket === undefined) continue;
      dimension.provider ??= new ProviderQuota();
      dimension.provider.learn(bucket, lease === undefined ? 0 : this.#since(lease, index), now);
    }
    this.#findLimited();
    if (waitMs !== undefined && waitMs > 0) this.pause(waitMs);
    else this.#serve();
  }

  /** @internal Whether it matters what calls used, beside that they were made. */
  get countsTokens(): boolean {
    return this.#countsTokens;
  }

  /**
   * What the service has last told of its limits, as {@link learn} took it over: nothing for those that
   * it does not tell. What was taken since is not in it.
   */
  told(): RateLimitReading['buckets'] {
    const now = this.#time.now();
    const known = this.#dimensions.flatMap(({ name, provider }) =>
      provider === undefined ? [] : [[name, provider.told(now)] as const],
    );
    return Object.fromEntries(known);
  }

  /** @internal What a permit was used for. */
  settle(lease: RateLimitLease, used: Omit<Cost, 'requests'>): void {
    const [requests, , inputTokens, outputTokens] = lease.amounts;
    const amounts = amountsOf({ requests, inputTokens, outputTokens, ...used });
    const now = this.#time.now();
    for (const { index, quota } of this.#limited) {
      const difference = amounts[index] - lease.amounts[index];
      if (difference !== 0) quota?.correct(lease.slots[index]!, difference, now);
    }
    lease.amounts = amounts;
    this.#serve();
  }

  /** @internal A permit is held no longer. */
  release(): void {
    this.#inFlight -= 1;
    if (this.#queue.size > 0) this.#serve();
  }

  #wait(options: AcquireOptions = {}): Promise<RateLimitLease> {
    const { priority, deadline, signal } = options;
    const amounts = amountsOf(options);
    const waitMs = this.#leastWaitMs(amounts, levelOf(priority));
    if (waitMs === Infinity) throw tooMuch(amounts, this.#limited);
    if (deadline !== undefined && waitMs >= deadline.remainingMs)
      throw tooLate(waitMs, deadline.remainingMs);
    if (this.#queue.size >= this.#settings.maxQueue) throw queueIsFull(this.#queue.size, waitMs);
    return new Promise((grant, reject) => {
      const facts = { amounts, priority, deadline, signal, grant, reject };
      const waiter = new PermitWaiter<RateLimitLease>(this.#queue, facts);
      if (deadline?.isUnlimited === false) {
        waiter.timer = deadline.clock.setTimeout(() => {
          this.#queue.remove(waiter);
          reject(notInTime(this.#leastWaitMs(amounts, waiter.level)));
        }, deadline.remainingMs);
      }
      this.#queue.add(waiter);
      if (this.#queue.head === waiter) this.#serve();
    });
  }

  /** Serves who can be served, and sets the timer for who is next. */
  #serve(): void {
    if (this.#timer !== undefined) {
      this.#settings.clock.clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    for (let head = this.#queue.head; head !== undefined; head = this.#queue.head) {
      const now = this.#time.now();
      const waitMs = this.#waitMs(head.amounts, now);
      if (waitMs > 0) {
        // Whoever gives a place back serves; until then no time helps.
        if (waitMs === Infinity) return;
        this.#timer = this.#settings.clock.setTimeout(() => {
          this.#timer = undefined;
          this.#serve();
        }, Math.ceil(waitMs));
        return;
      }
      this.#queue.take(head);
      head.grant(this.#take(head.amounts, now));
    }
  }

  /** How long these amounts have to wait when nobody is before them. */
  #waitMs(amounts: Amounts, now: number): number {
    if (this.#inFlight >= this.#settings.maxInFlight) return Infinity;
    let waitMs = this.#pausedUntil - now;
    if (waitMs <= 0) {
      waitMs = 0;
      if (this.#pausedUntil > 0) this.#resume();
    }
    for (const { index, quota, provider } of this.#limited) {
      const amount = amounts[index];
      if (amount === 0) continue;
      if (quota !== undefined) waitMs = Math.max(waitMs, quota.waitMs(amount, now));
      if (provider !== undefined) waitMs = Math.max(waitMs, provider.waitMs(amount, now));
    }
    return waitMs;
  }

  /** The least time that they have to wait behind all who are before them, places in flight apart. */
  #leastWaitMs(amounts: Amounts, level: number): number {
    const now = this.#time.now();
    let waitMs = Math.max(0, this.#pausedUntil - now);
    for (const { index, quota, provider } of this.#limited) {
      const amount = amounts[index];
      if (amount === 0) continue;
      const ahead = this.#queue.ahead(level, index);
      if (quota !== undefined) waitMs = Math.max(waitMs, quota.waitMs(amount, now, ahead));
      if (provider !== undefined) waitMs = Math.max(waitMs, provider.waitMs(ahead + amount, now));
    }
    return waitMs;
  }

  #take(amounts: Amounts, now: number): RateLimitLease {
    const slots = [0, 0, 0, 0];
    for (const { index, quota, provider } of this.#limited) {
      if (quota !== undefined) slots[index] = quota.take(amounts[index], now);
      provider?.take(amounts[index]);
    }
    this.#inFlight += 1;
    this.#requests += amounts[0];
    if (amounts[1] > 0) {
      const [requests, ...tokens] = this.#taken;
      const [all, read, written] = tokens;
      this.#taken = [requests, all + amounts[1], read + amounts[2], written + amounts[3]];
    }
    return new RateLimitLease(this, amounts, slots, this.#taken, this.#requests);
  }

  /** What was let go after a permit. */
  #since(lease: RateLimitLease, index: Dimension['index']): number {
    return index === 0
      ? this.#requests - lease.requestsBefore
      : this.#taken[index] - lease.before[index];
  }

  #resume(): void {
    this.#pausedUntil = 0;
    this.#findLimited();
  }

  /** What holds calls back, as far as it is known now. */
  #findLimited(): void {
    this.#limited = this.#dimensions.filter(
      ({ quota, provider }) => quota !== undefined || provider !== undefined,
    );
    const isPaused = this.#pausedUntil > 0;
    this.#isFree = this.#limited.length === 0 && !isPaused;
    const [only] = this.#limited;
    const isOnly = this.#limited.length === 1 && only!.index === 0 && only!.provider === undefined;
    this.#onlyQuota = isOnly && !isPaused ? only!.quota : undefined;
  }
}
