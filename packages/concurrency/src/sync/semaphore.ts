import { type Lease, SimpleLease } from './lease.ts';
import { checkWait, type PromiseWaiter, type Wait, waitIn, WaitQueue } from './wait-queue.ts';

const purpose = 'acquire the semaphore';

/**
 * A counter that tasks take from, waiting first come first served while it is 0. Unlike a
 * {@link CapacityLimiter} it may begin at 0 and be added to by whoever has something to offer.
 */
export class Semaphore {
  #value: number;
  readonly #maxValue: number;
  readonly #waiters: WaitQueue<PromiseWaiter<void>> = new WaitQueue(purpose);
  readonly #giveBack = (): void => this.release();

  /**
   * @param initialValue how many can be taken at first: an integer of 0 or more.
   * @param maxValue what the counter must never exceed.
   * @throws RangeError when one of them is out of range.
   */
  constructor(initialValue: number, maxValue: number = Infinity) {
    if (!Number.isInteger(initialValue) || initialValue < 0) {
      throw new RangeError(
        `Cannot make a semaphore: expected an initial value that is an integer >= 0, found ${initialValue}`,
      );
    }
    if (!(maxValue >= initialValue)) {
      throw new RangeError(
        `Cannot make a semaphore: expected a maximum >= ${initialValue}, found ${maxValue}`,
      );
    }
    this.#value = initialValue;
    this.#maxValue = maxValue;
  }

  /** How many can be taken now without waiting. */
  get value(): number {
    return this.#value;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Takes one from the counter; disposing of the lease adds it again. */
  async acquire(wait?: Wait): Promise<Lease> {
    checkWait(wait, purpose);
    if (this.#value > 0) this.#value -= 1;
    else await waitIn(this.#waiters, wait);
    return new SimpleLease(this.#giveBack);
  }

  /** Takes one, or gives `undefined` where one would have to wait. */
  tryAcquire(): Lease | undefined {
    if (this.#value === 0) return undefined;
    this.#value -= 1;
    return new SimpleLease(this.#giveBack);
  }

  /** Runs a function between taking one and adding it again. */
  async run<T>(fn: () => T | PromiseLike<T>, wait?: Wait): Promise<T> {
    const lease = await this.acquire(wait);
    try {
      return await fn();
    } finally {
      lease.release();
    }
  }

  /**
   * Adds one that no lease holds, or hands it to the first who waits.
   *
   * @throws RangeError when the counter is at its maximum.
   */
  release(): void {
    const waiter = this.#waiters.take();
    if (waiter !== undefined) {
      waiter.resolve();
      return;
    }
    if (this.#value >= this.#maxValue) {
      throw new RangeError(
        `Cannot release the semaphore: it is at its maximum of ${this.#maxValue}`,
      );
    }
    this.#value += 1;
  }
}
