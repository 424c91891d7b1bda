import { closedState } from '../scope/abort-reason.ts';
import type { Lease } from './lease.ts';
import {
  checkWait,
  type PromiseWaiter,
  type Wait,
  waitIn,
  type WaitOptions,
  WaitQueue,
} from './wait-queue.ts';

const purpose = 'acquire the lock';

/** The limits of a wait for a {@link Lock}, and who asks. */
export interface LockOptions extends WaitOptions {
  /**
   * Who asks, compared by identity. An owner that asks for the lock it holds would wait for itself
   * for ever; with this the call throws at once.
   *
   * @default none: a self-deadlock is not detected
   */
  readonly owner?: object | undefined;
}

/**
 * Lets one task at a time do something; the others wait, first come first served. It is not
 * re-entrant: who holds it and asks for it again waits for itself, or fails at once where
 * `owner` tells them apart. JavaScript does not say which task is running, so nothing else can.
 *
 * @example
 * using lease = await lock.acquire({ signal });
 */
export class Lock {
  #holder: LockLease | undefined;
  readonly #waiters: WaitQueue<PromiseWaiter<void>> = new WaitQueue(purpose);
  /** A lock that is handed over is locked already, while its new holder wakes up. */
  #isLocked = false;
  readonly #giveBack = (): void => {
    this.#holder = undefined;
    const waiter = this.#waiters.take();
    if (waiter === undefined) this.#isLocked = false;
    else waiter.resolve();
  };

  /** Whether somebody holds it. */
  get locked(): boolean {
    return this.#isLocked;
  }

  /** How many wait for it. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /**
   * Waits for the lock. It is held until the lease is released or disposed of.
   *
   * @throws DOMException `InvalidStateError` when `owner` holds it already.
   */
  async acquire(wait?: AbortSignal | LockOptions): Promise<Lease> {
    const owner = ownerOf(wait);
    if (owner !== undefined && this.#holder?.owner === owner) {
      throw closedState(`Cannot ${purpose}: its owner holds it already, and it is not re-entrant`);
    }
    checkWait(wait, purpose);
    if (this.#isLocked) await waitIn(this.#waiters, wait);
    return this.#hold(owner);
  }

  /** The lock, or `undefined` where one would have to wait. */
  tryAcquire(options: { readonly owner?: object | undefined } = {}): Lease | undefined {
    return this.#isLocked ? undefined : this.#hold(options.owner);
  }

  /** Runs a function that holds the lock meanwhile. `wait` limits the wait, not the function. */
  async run<T>(fn: () => T | PromiseLike<T>, wait?: AbortSignal | LockOptions): Promise<T> {
    const lease = await this.acquire(wait);
    try {
      return await fn();
    } finally {
      lease.release();
    }
  }

  /**
   * Lends the lock to others while its holder waits for something, and takes it back before it
   * returns or throws, however long that lasts: the holder's lease is valid again then. This is
   * what a {@link Condition} waits with.
   *
   * @throws DOMException `InvalidStateError` when nobody holds the lock.
   */
  async releaseWhile<T>(fn: () => Promise<T>): Promise<T> {
    const holder = this.#holder;
    if (holder === undefined) throw closedState('Cannot lend the lock: nobody holds it');
    this.#giveBack();
    try {
      return await fn();
    } finally {
      if (this.#isLocked) await waitIn(this.#waiters, undefined);
      this.#isLocked = true;
      this.#holder = holder;
      // Its holder may have left its block meanwhile, without waiting for this.
      if (holder.released) this.#giveBack();
    }
  }

  #hold(owner: object | undefined): Lease {
    this.#isLocked = true;
    const lease = new LockLease(owner, () => {
      // A lease that is lent out is not the holder: the lock is given back when it returns.
      if (this.#holder === lease) this.#giveBack();
    });
    this.#holder = lease;
    return lease;
  }
}

class LockLease implements Lease {
  readonly owner: object | undefined;
  released = false;
  readonly #onRelease: () => void;

  constructor(owner: object | undefined, onRelease: () => void) {
    this.owner = owner;
    this.#onRelease = onRelease;
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.#onRelease();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

function ownerOf(wait: Wait | LockOptions | undefined): object | undefined {
  return wait !== undefined && 'owner' in wait ? wait.owner : undefined;
}
