import { closedState } from '../scope/abort-reason.ts';
import type { Lease } from './lease.ts';
import { Lock, type LockOptions } from './lock.ts';
import { checkWait, type PromiseWaiter, type Wait, waitIn, WaitQueue } from './wait-queue.ts';

const purpose = 'wait for the condition';

/**
 * Lets the holder of a lock wait until another says that something has changed. Check what you wait
 * for in a loop: between the notification and the wake-up others may have held the lock.
 *
 * @example
 * using lease = await condition.acquire();
 * while (queue.length === 0) await condition.wait({ signal });
 */
export class Condition {
  /** The lock that is held around what is waited for. */
  readonly lock: Lock;
  readonly #waiters: WaitQueue<PromiseWaiter<void>> = new WaitQueue(purpose);

  constructor(lock: Lock = new Lock()) {
    this.lock = lock;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Waits for the lock. */
  async acquire(wait?: AbortSignal | LockOptions): Promise<Lease> {
    return await this.lock.acquire(wait);
  }

  /**
   * Gives the lock away until it is notified, for the holder of the lock. The holder has the lock
   * again when this returns, and also when it throws: a cancelled wait ends once the lock is back.
   * A notification that arrives before the cancellation counts.
   *
   * @throws DOMException `InvalidStateError` when nobody holds the lock.
   */
  async wait(wait?: Wait): Promise<void> {
    this.#assertLocked('wait for');
    checkWait(wait, purpose);
    await this.lock.releaseWhile(() => waitIn(this.#waiters, wait));
  }

  /**
   * Wakes those that have waited longest, one by default. The lock must be held.
   *
   * @throws DOMException `InvalidStateError` when nobody holds the lock.
   */
  notify(count = 1): void {
    this.#assertLocked('notify');
    for (let left = count; left > 0; left -= 1) {
      const waiter = this.#waiters.take();
      if (waiter === undefined) return;
      waiter.resolve();
    }
  }

  /** Wakes all who wait. The lock must be held. */
  notifyAll(): void {
    this.notify(this.#waiters.size);
  }

  #assertLocked(what: string): void {
    if (!this.lock.locked) {
      throw closedState(`Cannot ${what} the condition: its lock is not held`);
    }
  }
}
