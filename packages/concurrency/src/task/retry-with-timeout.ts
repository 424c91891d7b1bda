import { timeout } from '../scope/abort-reason.ts';
import { CancelScope } from '../scope/cancel-scope.ts';
import { isCancelled } from '../scope/is-cancelled.ts';
import type { WaitOptions } from '../sync/wait-queue.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { Deadline } from '../time/deadline.ts';
import { sleep } from '../time/sleep.ts';

/** What the function of a try is told. */
export interface TryContext {
  /** 1 for the first try, 2 for the first retry. */
  readonly attempt: number;
  /** Aborts when the time of this try is up, or with the caller's signal or deadline. */
  readonly signal: AbortSignal;
}

/** How {@link retryWithTimeout} tries. */
export interface RetryWithTimeoutOptions extends WaitOptions {
  /**
   * How many times to try again after the first.
   *
   * @default 3
   */
  readonly maxRetries?: number | undefined;
  /**
   * How long one try may take, in milliseconds; `Infinity` for no limit.
   *
   * @default 5_000
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Whether a failure is worth another try. It is told the number of the try that failed.
   *
   * @default every failure is
   */
  readonly retryIf?: ((error: unknown, attempt: number) => boolean) | undefined;
  /**
   * The longest pause before the first retry; it doubles with each retry.
   *
   * @default 500
   */
  readonly baseDelayMs?: number | undefined;
  /**
   * The longest pause of all.
   *
   * @default 8_000
   */
  readonly maxDelayMs?: number | undefined;
  /** @default systemClock */
  readonly clock?: Clock | undefined;
  /**
   * Draws a number from 0 up to 1, the part of the longest pause that is waited ("full jitter").
   *
   * @default Math.random
   */
  readonly random?: (() => number) | undefined;
}

/**
 * Tries a function until it succeeds, each time with its own time limit, with growing pauses of
 * random length between. Rejects with the failure of the last try, unchanged: a `DOMException`
 * `TimeoutError` where that was too slow. When the caller's signal aborts, it rejects with
 * `signal.reason`. A pause that would not end before `deadline` is not begun: the failure is thrown
 * at once.
 *
 * The pauses follow "full jitter" of
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
 *
 * @throws RangeError when a number is negative or not one.
 * @example
 * const rates = await retryWithTimeout(({ signal }) => load(url, { signal }), { timeoutMs: 2_000 });
 */
export async function retryWithTimeout<T>(
  fn: (context: TryContext) => T | PromiseLike<T>,
  options: RetryWithTimeoutOptions = {},
): Promise<T> {
  const { retryIf = () => true, clock = systemClock, random = Math.random, signal } = options;
  const { maxRetries = 3, timeoutMs = 5_000, baseDelayMs = 500, maxDelayMs = 8_000 } = options;
  checkNumbers({ maxRetries, timeoutMs, baseDelayMs, maxDelayMs });
  const deadline = options.deadline ?? Deadline.never(clock);
  for (let attempt = 1; ; attempt += 1) {
    const limit = Deadline.after(timeoutMs, clock).min(deadline);
    const scope = new CancelScope({
      parent: signal,
      deadline: limit,
      timeoutReason: () =>
        timeout(
          limit === deadline
            ? `Try ${attempt} was not done when the deadline passed`
            : `Try ${attempt} was not done within ${timeoutMs} ms`,
        ),
    });
    try {
      // oxlint-disable-next-line no-await-in-loop -- a try follows the failure of the one before
      const outcome = await scope.run(() => fn(new Try(attempt, scope)));
      if (!outcome.cancelled) return outcome.value;
      throw scope.reason;
    } catch (error) {
      if (signal !== undefined && isCancelled(error, signal)) throw error;
      if (attempt > maxRetries || !retryIf(error, attempt)) throw error;
      const pauseMs = random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1));
      if (pauseMs >= deadline.remainingMs) throw error;
      // oxlint-disable-next-line no-await-in-loop -- the pause between two tries
      await sleep(pauseMs, { signal }, clock);
    }
  }
}

class Try implements TryContext {
  readonly attempt: number;
  readonly #scope: CancelScope;

  constructor(attempt: number, scope: CancelScope) {
    this.attempt = attempt;
    this.#scope = scope;
  }

  /** Asked for only by a function that listens; see `CancelScope.run`. */
  get signal(): AbortSignal {
    return this.#scope.signal;
  }
}

function checkNumbers(numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (!(value >= 0)) {
      throw new RangeError(`Cannot retry: expected ${name} to be a number >= 0, found ${value}`);
    }
  }
}
