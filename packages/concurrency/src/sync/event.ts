import { checkWait, type PromiseWaiter, type Wait, waitIn, WaitQueue } from './wait-queue.ts';

const purpose = 'wait for the event';

/** Something that happens once, and that any number of tasks may wait for. */
export class Event {
  #isSet = false;
  readonly #waiters: WaitQueue<PromiseWaiter<void>> = new WaitQueue(purpose);

  /** Whether it has happened. */
  get isSet(): boolean {
    return this.#isSet;
  }

  /** How many wait for it. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Says that it has happened, and wakes all who wait. */
  set(): void {
    this.#isSet = true;
    for (let waiter = this.#waiters.take(); waiter; waiter = this.#waiters.take()) waiter.resolve();
  }

  /** Waits until it has happened. */
  async wait(wait?: Wait): Promise<void> {
    checkWait(wait, purpose);
    if (!this.#isSet) await waitIn(this.#waiters, wait);
  }
}
