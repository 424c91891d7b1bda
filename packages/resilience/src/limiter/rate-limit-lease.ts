import type { Amounts } from './dimensions.ts';
import type { Cost } from './limiter-options.ts';

/** Who gave a permit, and is told what became of it. */
export interface PermitGiver {
  settle(lease: RateLimitLease, used: Omit<Cost, 'requests'>): void;
  release(): void;
}

/**
 * A permit of a `RateLimiter`. What it was given for stays used, as requests do; releasing it makes its
 * place among those in flight free. It is released by `using` and by `release()`.
 */
export class RateLimitLease implements Disposable {
  /** What is counted for the permit: the estimate, then what was used. */
  amounts: Amounts;
  /** The slots of the quotas that it was taken from. */
  readonly slots: readonly number[];
  /** What was let go by the limiter up to this permit. */
  readonly before: Amounts;
  readonly requestsBefore: number;
  readonly #giver: PermitGiver;
  #isReleased = false;

  constructor(
    giver: PermitGiver,
    amounts: Amounts,
    slots: readonly number[],
    before: Amounts,
    requestsBefore: number,
  ) {
    this.#giver = giver;
    this.amounts = amounts;
    this.slots = slots;
    this.before = before;
    this.requestsBefore = requestsBefore;
  }

  /**
   * Replaces the estimate by what was used: what was not used may be used by others, what was used
   * beyond it is made up for. May be called again, also when the permit is released.
   */
  settle(used: Omit<Cost, 'requests'>): void {
    this.#giver.settle(this, used);
  }

  /** Gives the place back. Idempotent. */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#giver.release();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
