import { closedState } from '../scope/abort-reason.ts';
import { type Lease, SimpleLease } from './lease.ts';
import { AcquireWaiter, RunWaiter, type TokenWaiter } from './token-waiter.ts';
import { checkWait, type Wait, WaitQueue } from './wait-queue.ts';

const purpose = 'acquire a token';

/**
 * Lets a number of holders work at the same time; the others wait their turn, first come first
 * served. The number may be changed while it is in use.
 *
 * @example
 * const limiter = new CapacityLimiter(10);
 * await limiter.run(() => fetch(url));
 */
export class CapacityLimiter {
  #totalTokens: number;
  #borrowedTokens = 0;
  #closeReason: { readonly reason: unknown } | undefined;
  readonly #waiters: WaitQueue<TokenWaiter> = new WaitQueue(purpose);
  readonly #giveBack = (): void => {
    this.#borrowedTokens -= 1;
    this.#handOut();
  };

  /** @throws RangeError when `totalTokens` is not an integer of 1 or more, or `Infinity`. */
  constructor(totalTokens: number) {
    this.#totalTokens = checkedTotal(totalTokens);
  }

  /**
   * How many may hold a token. Raising it lets waiters in at once; after lowering it, tokens that
   * are given back are not handed out until the number fits.
   */
  get totalTokens(): number {
    return this.#totalTokens;
  }

  set totalTokens(totalTokens: number) {
    this.#totalTokens = checkedTotal(totalTokens);
    this.#handOut();
  }

  /** How many tokens are held now. */
  get borrowedTokens(): number {
    return this.#borrowedTokens;
  }

  /** How many tokens could be taken now without waiting. */
  get availableTokens(): number {
    return Math.max(0, this.#totalTokens - this.#borrowedTokens);
  }

  /** How many wait for a token. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Waits for a token. It is held until the lease is released or disposed of. */
  async acquire(wait?: Wait): Promise<Lease> {
    checkWait(wait, purpose);
    if (!this.#take()) {
      await new Promise<void>((grant, reject) => {
        this.#waiters.add(new AcquireWaiter(grant, reject), wait);
      });
    }
    return new SimpleLease(this.#giveBack);
  }

  /** A token, or `undefined` where one would have to wait. */
  tryAcquire(): Lease | undefined {
    if (this.#closeReason !== undefined || !this.#take()) return undefined;
    return new SimpleLease(this.#giveBack);
  }

  /** Runs a function that holds a token meanwhile. `wait` limits the wait, not the function. */
  run<T>(fn: () => T | PromiseLike<T>, wait?: Wait): Promise<T> {
    try {
      checkWait(wait, purpose);
      if (this.#take()) return this.#runNow(fn);
    } catch (error) {
      return Promise.reject(error);
    }
    return new Promise<T>((resolve) => {
      this.#waiters.add(new RunWaiter(fn, resolve, this.#giveBack), wait);
    });
  }

  /**
   * Turns away those who wait and all who come later. Tokens that are held stay valid.
   *
   * @param reason what they are rejected with; by default a `DOMException` `InvalidStateError`.
   */
  close(reason: unknown = closedState(`Cannot ${purpose}: the limiter was closed`)): void {
    if (this.#closeReason !== undefined) return;
    this.#closeReason = { reason };
    this.#waiters.rejectAll(reason);
  }

  async #runNow<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    try {
      return await fn();
    } finally {
      this.#giveBack();
    }
  }

  #take(): boolean {
    if (this.#closeReason !== undefined) throw this.#closeReason.reason;
    if (this.#borrowedTokens >= this.#totalTokens) return false;
    this.#borrowedTokens += 1;
    return true;
  }

  #handOut(): void {
    while (this.#borrowedTokens < this.#totalTokens) {
      const waiter = this.#waiters.take();
      if (waiter === undefined) return;
      this.#borrowedTokens += 1;
      waiter.grant();
    }
  }
}

function checkedTotal(totalTokens: number): number {
  if (totalTokens === Infinity || (Number.isInteger(totalTokens) && totalTokens >= 1)) {
    return totalTokens;
  }
  throw new RangeError(
    `Cannot set the total of tokens: expected an integer >= 1 or Infinity, found ${totalTokens}`,
  );
}
