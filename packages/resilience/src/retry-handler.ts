import { CancelScope, Deadline, sleep } from '@linkspan/concurrency';
import {
  deadlineError,
  LinkspanError,
  parseSettings,
  reportHookError,
  RetrySchedule,
  type TransportRequest,
} from '@linkspan/core';
import {
  type RetryHandlerNotice,
  type RetryHandlerOptions,
  type RetryHandlerSettings,
  retryHandlerSettings,
  type RetryRunOptions,
  retryRunSettings,
} from './retry-handler-options.ts';

/** What the function of a try is told. */
export interface RetryTry {
  /** 1 for the first try, 2 for the first retry. */
  readonly attempt: number;
  /** Aborts when the caller does, and at the deadline. */
  readonly signal: AbortSignal;
  /** When all of it has to be done. */
  readonly deadline: Deadline;
}

/** What a budget is told of a run. */
const RUN: TransportRequest = { operation: 'run', target: '' };

/**
 * Tries any function again, as `retry()` does the calls of a client: for another library's calls, or
 * for several calls that only make sense together.
 *
 * ```ts
 * const handler = new RetryHandler({ maxRetries: 3, retryOn: [500, 502, 503] });
 * const answer = await handler.run(({ signal }) => ask(question, { signal }), { totalMs: 30_000 });
 * ```
 *
 * Waits are what a failure asks for in `retryAfterMs`, exactly, or else random up to `baseDelayMs`,
 * doubling, up to `maxDelayMs` (full jitter). A wait that reaches past the deadline is not begun, and
 * a budget that is used up allows none: the run fails at once, with what was to be cured. Failures of
 * Linkspan know whether another try may help; of other errors `isRetryable` does.
 *
 * It keeps nothing from one run to the next but its budget: share it as you like. Where the function
 * calls clients that try again by themselves, tries multiply: give those `retry: false`.
 */
export class RetryHandler {
  readonly #settings: RetryHandlerSettings;
  readonly #schedule: RetrySchedule;

  /** @throws ConfigurationError for options that are not right. */
  constructor(options: RetryHandlerOptions = {}) {
    this.#settings = parseSettings('new RetryHandler()', retryHandlerSettings, options);
    this.#schedule = new RetrySchedule(this.#settings, this.#settings.random);
  }

  /**
   * Runs a function until it succeeds. The signal and the deadline hold for one that does not heed
   * them, too: it is then left behind.
   *
   * @throws the last failure, which counts all tries in `attempts` where it is one of Linkspan; the
   * caller's `signal.reason`; TimeoutError when the deadline comes during a try; ConfigurationError for
   * options that are not right.
   */
  async run<Value>(
    fn: (limits: RetryTry) => Value | PromiseLike<Value>,
    options: RetryRunOptions = {},
  ): Promise<Value> {
    const settings = parseSettings('RetryHandler.run()', retryRunSettings, options);
    const { signal, totalMs, deadline: given, idempotent } = settings;
    const { budget, clock: ownClock } = this.#settings;
    const clock = given?.clock ?? ownClock;
    const startedAt = clock.now();
    const ownDeadline = Deadline.after(totalMs, clock);
    const deadline = given === undefined ? ownDeadline : ownDeadline.min(given);
    const place = { phase: 'headers', sent: 'maybe', missed: 'no try was done' } as const;
    const scope = new CancelScope({
      parent: signal,
      deadline,
      timeoutReason: () => deadlineError({ deadline }, { ...place, startedAt }),
    });
    try {
      scope.throwIfAborted();
      if (budget !== undefined && budget !== false) budget.record?.(RUN);
      const failures = new CountedFailures();
      for (let attempt = 1; ; attempt += 1) {
        try {
          // oxlint-disable-next-line no-await-in-loop -- a try follows the failure of the one before
          return await scope.race(runTry(fn, new Try(attempt, scope)));
        } catch (error) {
          if (signal?.aborted === true) throw signal.reason;
          failures.count(error);
          if (!this.#mayRetry(error, idempotent)) throw error;
          const waitMs = this.#schedule.next(error, attempt - 1, deadline, RUN);
          if (typeof waitMs !== 'number') throw error;
          this.#notify({ error, attempt, waitMs });
          // oxlint-disable-next-line no-await-in-loop -- the wait between two tries
          await sleep(waitMs, { signal }, clock);
          // On a machine that stood still, the wait may have ended late.
          if (deadline.expired) throw error;
        }
      }
    } finally {
      scope[Symbol.dispose]();
    }
  }

  #mayRetry(error: unknown, idempotent: boolean): boolean {
    const { retryOn, isRetryable } = this.#settings;
    // What is no failure of Linkspan does not tell what was sent.
    if (!(error instanceof LinkspanError)) return idempotent && isRetryable?.(error) === true;
    const chosen = typeof retryOn === 'function' ? retryOn(error) : retryOn;
    return this.#schedule.allows(error, chosen, idempotent);
  }

  #notify(notice: RetryHandlerNotice): void {
    try {
      this.#settings.onRetry?.(notice);
    } catch (hookError) {
      reportHookError('onRetry', hookError);
    }
  }
}

class Try implements RetryTry {
  readonly attempt: number;
  readonly deadline: Deadline;
  readonly #scope: CancelScope;

  constructor(attempt: number, scope: CancelScope) {
    this.attempt = attempt;
    this.deadline = scope.deadline;
    this.#scope = scope;
  }

  /** Made only for a function that asks for it. */
  get signal(): AbortSignal {
    return this.#scope.signal;
  }
}

/** Lets each failure tell how many attempts there were with those before it. */
class CountedFailures {
  #attempts = 0;
  #last: unknown;

  count(error: unknown): void {
    // One and the same failure may come again; it has counted what was before it.
    const isOurs = error instanceof LinkspanError;
    this.#attempts += isOurs && error !== this.#last ? error.attempts : 1;
    if (isOurs) error.attempts = this.#attempts;
    this.#last = error;
  }
}

async function runTry<Value>(
  fn: (limits: RetryTry) => Value | PromiseLike<Value>,
  limits: RetryTry,
): Promise<Value> {
  return await fn(limits);
}
