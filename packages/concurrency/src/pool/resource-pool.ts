import { closedState, timeout } from '../scope/abort-reason.ts';
import { CancelScope } from '../scope/cancel-scope.ts';
import { CapacityLimiter } from '../sync/capacity-limiter.ts';
import type { Lease } from '../sync/lease.ts';
import { deadlineOf, signalOf, type Wait } from '../sync/wait-queue.ts';
import { type Clock, systemClock, type TimerHandle } from '../time/clock.ts';
import { type Entry, IdleResources } from './idle-resources.ts';
import type {
  ClosePoolOptions,
  ResourceLease,
  ResourcePoolOptions,
  ResourcePoolStats,
} from './resource-pool-options.ts';

/** How many failures of `destroy` are kept for `close` to throw; a pool may live for years. */
const keptFailures = 100;

/**
 * Lends things that are costly to make to those who need one for a while: never more than `max`,
 * the last used first, and to those who wait first come first served.
 *
 * @example
 * using lease = await pool.acquire({ signal });
 * await lease.resource.query('select 1');
 */
export class ResourcePool<Resource> implements AsyncDisposable {
  readonly #options: ResourcePoolOptions<Resource>;
  readonly #clock: Clock;
  /** One place for each resource that is on loan, being made, or being destroyed. */
  readonly #places: CapacityLimiter;
  readonly #idle: IdleResources<Resource>;
  readonly #loans: Set<Loan<Resource>> = new Set();
  /** Those who wait for a resource to be made or checked. */
  readonly #obtaining: Set<CancelScope> = new Set();
  readonly #destructions: Set<Promise<void>> = new Set();
  readonly #failures: unknown[] = [];
  /** How many places are held only until something is destroyed. */
  #retiring = 0;
  #created = 0;
  #destroyed = 0;
  #closing: Promise<void> | undefined;
  #drained: PromiseWithResolvers<void> | undefined;
  #drainTimer: TimerHandle;

  /** @throws RangeError when a number is out of range. */
  constructor(options: ResourcePoolOptions<Resource>) {
    const { max = 10, maxIdleMs = 30_000, maxAgeMs = Infinity, clock = systemClock } = options;
    checkLimit('maxIdleMs', maxIdleMs);
    checkLimit('maxAgeMs', maxAgeMs);
    this.#options = options;
    this.#clock = clock;
    this.#places = new CapacityLimiter(max);
    this.#idle = new IdleResources({ maxIdleMs, maxAgeMs, clock }, (entry) => {
      this.#retire(entry, this.#places.tryAcquire());
    });
  }

  /**
   * Waits for a resource: one that is idle and passes its check, or a new one.
   *
   * @throws what `create` throws; the reason of `close` when the pool is closed.
   */
  async acquire(wait?: Wait): Promise<ResourceLease<Resource>> {
    const place = await this.#places.acquire(wait);
    const scope = new CancelScope({
      parent: signalOf(wait),
      deadline: deadlineOf(wait),
      timeoutReason: () => timeout('Cannot acquire a resource: the deadline has passed'),
    });
    this.#obtaining.add(scope);
    const obtaining = this.#obtain(scope);
    try {
      const entry = await scope.race(obtaining);
      scope.throwIfAborted();
      return this.#lend(entry, place);
    } catch (error) {
      void this.#keepLate(obtaining, place);
      throw error;
    } finally {
      this.#obtaining.delete(scope);
      scope[Symbol.dispose]();
    }
  }

  /** Runs a function with a resource on loan. `wait` limits the wait, not the function. */
  async run<T>(fn: (resource: Resource) => T | PromiseLike<T>, wait?: Wait): Promise<T> {
    const lease = await this.acquire(wait);
    try {
      return await fn(lease.resource);
    } finally {
      lease.release();
    }
  }

  /** What the pool holds now, and what it has done. */
  stats(): ResourcePoolStats {
    return {
      max: this.#places.totalTokens,
      leased: this.#places.borrowedTokens,
      idle: this.#idle.size,
      waiting: this.#places.waiting,
      created: this.#created,
      destroyed: this.#destroyed,
    };
  }

  /**
   * Changes how many resources there may be. What is idle beyond that is destroyed at once, what is
   * on loan when it comes back.
   *
   * @throws RangeError when `max` is not an integer of 1 or more, or `Infinity`.
   */
  resize(max: number): void {
    this.#places.totalTokens = max;
    while (this.#idle.size > 0 && this.#isOverfull()) this.#retire(this.#idle.takeOldest());
  }

  /**
   * Ends the pool: refuses those who wait, destroys what is idle, waits for what is on loan, and
   * destroys that too. A later call may shorten the wait.
   *
   * @throws what `destroy` has thrown in the life of the pool; several failures as AggregateError.
   */
  close(options: ClosePoolOptions = {}): Promise<void> {
    const { drainMs = Infinity } = options;
    const { reason = closedState('Cannot acquire a resource: the pool was closed') } = options;
    this.#closing ??= this.#close(reason);
    this.#clock.clearTimeout(this.#drainTimer);
    if (drainMs <= 0) this.#takeBack(reason);
    else if (drainMs < Infinity) {
      this.#drainTimer = this.#clock.setTimeout(() => this.#takeBack(reason), drainMs);
    }
    return this.#closing;
  }

  /** Closes the pool and waits for what is on loan. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #obtain(scope: CancelScope): Promise<Entry<Resource>> {
    while (this.#idle.size > 0) {
      const entry = this.#idle.takeNewest();
      // oxlint-disable-next-line no-await-in-loop -- one is tried after the other
      if (await this.#isUsable(entry)) return entry;
      // oxlint-disable-next-line no-await-in-loop -- its place is needed for the next
      await this.#destroy(entry);
      scope.throwIfAborted();
    }
    const resource = await this.#options.create(scope);
    this.#created += 1;
    return { resource, createdMs: this.#clock.now() };
  }

  async #isUsable(entry: Entry<Resource>): Promise<boolean> {
    if (this.#idle.isTooOld(entry)) return false;
    try {
      return (await this.#options.validate?.(entry.resource)) ?? true;
    } catch {
      // A check that fails says what it was asked: this one is not fit for use.
      return false;
    }
  }

  #lend(entry: Entry<Resource>, place: Lease): ResourceLease<Resource> {
    const loan = new Loan(entry.resource, (isFit) => {
      this.#loans.delete(loan);
      this.#giveBack(entry, place, isFit);
    });
    this.#loans.add(loan);
    return loan;
  }

  /** Keeps what is made for one who has given up; it has its place until then. */
  async #keepLate(obtaining: Promise<Entry<Resource>>, place: Lease): Promise<void> {
    try {
      this.#giveBack(await obtaining, place, true);
    } catch {
      // Whoever asked was told of this failure, or of the cancellation that came before it.
      this.#release(place);
    }
  }

  #giveBack(entry: Entry<Resource>, place: Lease, isFit: boolean): void {
    const isKept = isFit && this.#closing === undefined && !this.#idle.isTooOld(entry);
    if (isKept && !this.#isOverfull()) {
      this.#idle.add(entry);
      this.#release(place);
    } else {
      this.#retire(entry, place);
    }
  }

  /** What is being destroyed does not count: it makes room by itself. */
  #isOverfull(): boolean {
    const { borrowedTokens, totalTokens } = this.#places;
    return borrowedTokens - this.#retiring + this.#idle.size > totalTokens;
  }

  /** Destroys a resource in the background, which holds its place until that is done. */
  #retire(entry: Entry<Resource>, place?: Lease): void {
    if (place !== undefined) this.#retiring += 1;
    const destruction = this.#destroy(entry).then(() => {
      this.#destructions.delete(destruction);
      if (place === undefined) return;
      this.#retiring -= 1;
      this.#release(place);
    });
    this.#destructions.add(destruction);
  }

  async #destroy(entry: Entry<Resource>): Promise<void> {
    this.#destroyed += 1;
    try {
      await this.#options.destroy?.(entry.resource);
    } catch (error) {
      if (this.#failures.length < keptFailures) this.#failures.push(error);
    }
  }

  #release(place: Lease): void {
    place.release();
    if (this.#places.borrowedTokens === 0) this.#drained?.resolve();
  }

  async #close(reason: unknown): Promise<void> {
    this.#places.close(reason);
    while (this.#idle.size > 0) this.#retire(this.#idle.takeOldest());
    this.#drained = Promise.withResolvers();
    if (this.#places.borrowedTokens > 0) await this.#drained.promise;
    await Promise.all(this.#destructions);
    this.#clock.clearTimeout(this.#drainTimer);
    if (this.#failures.length === 1) throw this.#failures[0];
    if (this.#failures.length > 1) {
      throw new AggregateError(
        this.#failures,
        `${this.#failures.length} resources could not be destroyed`,
      );
    }
  }

  /** Destroys what is on loan under its holder, and gives up what is being made. */
  #takeBack(reason: unknown): void {
    for (const loan of this.#loans) loan.discard();
    for (const scope of this.#obtaining) scope.cancel(reason);
  }
}

class Loan<Resource> implements ResourceLease<Resource> {
  readonly resource: Resource;
  #onEnd: ((isFit: boolean) => void) | undefined;

  constructor(resource: Resource, onEnd: (isFit: boolean) => void) {
    this.resource = resource;
    this.#onEnd = onEnd;
  }

  get released(): boolean {
    return this.#onEnd === undefined;
  }

  release(): void {
    this.#finish(true);
  }

  discard(): void {
    this.#finish(false);
  }

  [Symbol.dispose](): void {
    this.#finish(true);
  }

  #finish(isFit: boolean): void {
    const onEnd = this.#onEnd;
    this.#onEnd = undefined;
    onEnd?.(isFit);
  }
}

function checkLimit(name: string, ms: number): void {
  if (ms > 0) return;
  throw new RangeError(`Cannot make a pool: expected ${name} to be a number > 0, found ${ms}`);
}
