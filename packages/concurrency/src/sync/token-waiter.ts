import { Waiter } from './wait-queue.ts';

/** One that waits for a token, and what it does when it gets it. */
export abstract class TokenWaiter extends Waiter {
  abstract grant(): void;
}

/** Passes the token on to whoever awaits it. */
export class AcquireWaiter extends TokenWaiter {
  readonly grant: () => void;
  readonly reject: (reason: unknown) => void;

  constructor(grant: () => void, reject: (reason: unknown) => void) {
    super();
    this.grant = grant;
    this.reject = reject;
  }
}

/**
 * Runs a function as soon as it has the token. There may be 100,000 of these: it holds one promise
 * and of that only the half that settles it either way.
 */
export class RunWaiter<T> extends TokenWaiter {
  readonly #fn: () => T | PromiseLike<T>;
  readonly #settle: (value: T | PromiseLike<T>) => void;
  readonly #giveBack: () => void;

  constructor(
    fn: () => T | PromiseLike<T>,
    settle: (value: T | PromiseLike<T>) => void,
    giveBack: () => void,
  ) {
    super();
    this.#fn = fn;
    this.#settle = settle;
    this.#giveBack = giveBack;
  }

  grant(): void {
    void this.#run();
  }

  reject(reason: unknown): void {
    this.#settle(Promise.reject(reason));
  }

  async #run(): Promise<void> {
    const fn = this.#fn;
    try {
      this.#settle(await fn());
    } catch (error) {
      this.reject(error);
    } finally {
      this.#giveBack();
    }
  }
}
