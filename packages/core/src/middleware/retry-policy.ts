import type { StopReason } from '../client/call-log.ts';
import { LinkspanError } from '../errors/linkspan-error.ts';
import { isReplayable } from '../payload.ts';
import { parseSettings } from '../settings/parse-settings.ts';
import type { CallContext, Send, TransportRequest, TransportResponse } from '../transport.ts';
import { isIdempotent } from './is-idempotent.ts';
import { pause } from './pause.ts';
import { reportHookError } from './report-hook-error.ts';
import { type RetryOptions, type RetrySettings, retrySettings } from './retry-options.ts';
import { RetrySchedule } from './retry-schedule.ts';
import { withIdempotencyKey } from './with-idempotency-key.ts';

/**
 * What `retry()` does about a call, for layers that do more than it does: they send the first attempt
 * in their own way, and leave to the policy what comes after a failure.
 *
 * ```ts
 * const policy = retryPolicy({ maxRetries: 3 });
 * const first = policy.begins(request, context);
 * try {
 *   return await next(first, context);
 * } catch (error) {
 *   return await policy.tryAgain(next, first, context, error);
 * }
 * ```
 */
export class RetryPolicy {
  readonly #settings: RetrySettings;
  readonly #schedule: RetrySchedule;
  readonly #marksRequests: boolean;

  constructor(settings: RetrySettings, random: () => number) {
    this.#settings = settings;
    this.#schedule = new RetrySchedule(settings, random);
    this.#marksRequests = settings.attemptHeader !== undefined || settings.idempotencyKeys;
  }

  /**
   * A call begins: its budget is told. What a layer around this one has told, or tries again, is no
   * new call, and earns no new attempts.
   *
   * @returns the request as the first attempt sends it: with its idempotency key and the number of the
   * attempt, where they are asked for.
   */
  begins(request: TransportRequest, context: CallContext): TransportRequest {
    const { budget } = this.#settings;
    const { attempt, call } = context;
    if (budget !== undefined && budget !== false && attempt === 1 && call?.recordedBy !== budget) {
      if (call !== undefined) call.recordedBy = budget;
      budget.record?.(request);
    }
    return this.#marksRequests ? this.#markFirst(request, context) : request;
  }

  /**
   * Sends a call again whose first attempt has failed, as often as is allowed and may help, each time
   * after its wait.
   *
   * @param firstRequest what {@link begins} gave.
   * @throws the last failure when there is no other try; the caller's `signal.reason`, or ClosedError
   * when the client closes, during a wait.
   */
  async tryAgain(
    send: Send,
    firstRequest: TransportRequest,
    firstContext: CallContext,
    failure: unknown,
  ): Promise<TransportResponse> {
    let request = firstRequest;
    let context = firstContext;
    let error = failure;
    for (let retries = 0; ; retries += 1) {
      // oxlint-disable-next-line no-await-in-loop -- tries come one after another
      await this.#beforeNextTry(error, request, context, retries);
      context = { ...context, attempt: context.attempt + 1 };
      request = this.#number(request, context.attempt);
      try {
        // oxlint-disable-next-line no-await-in-loop -- as above
        return await send(request, context);
      } catch (nextError) {
        error = nextError;
      }
    }
  }

  /** Waits until the next try may begin; throws the failure when there is none. */
  async #beforeNextTry(
    error: unknown,
    request: TransportRequest,
    context: CallContext,
    retries: number,
  ): Promise<void> {
    if (!(error instanceof LinkspanError)) throw error;
    error.attempts = context.attempt;
    if (context.signal?.aborted === true || !this.#mayRetry(error, request)) throw error;
    const waitMs = this.#schedule.next(error, retries, context.deadline, request);
    if (typeof waitMs === 'string') throw giveUp(error, waitMs, context);
    this.#notify(error, context.attempt, waitMs, request);
    await backOff(waitMs, error, context);
    // The signal of one attempt among several, as hedging has, is not that of the call.
    context.signal?.throwIfAborted();
  }

  /** Whether another try is allowed, and may help. */
  #mayRetry(error: LinkspanError, request: TransportRequest): boolean {
    if (!isReplayable(request.payload)) return false;
    const { retryOn } = this.#settings;
    const chosen = typeof retryOn === 'function' ? retryOn(error, request) : retryOn;
    return this.#schedule.allows(error, chosen, isIdempotent(request));
  }

  #markFirst(request: TransportRequest, { attempt, call }: CallContext): TransportRequest {
    const { idempotencyKeys } = this.#settings;
    return this.#number(idempotencyKeys ? withIdempotencyKey(request, call) : request, attempt);
  }

  #number(request: TransportRequest, attempt: number): TransportRequest {
    const { attemptHeader } = this.#settings;
    if (attemptHeader === undefined) return request;
    return { ...request, headers: { ...request.headers, [attemptHeader]: String(attempt) } };
  }

  #notify(error: LinkspanError, attempt: number, waitMs: number, request: TransportRequest): void {
    try {
      this.#settings.onRetry?.({ error, attempt, waitMs, request });
    } catch (hookError) {
      reportHookError('onRetry', hookError);
    }
  }
}

/**
 * Makes a {@link RetryPolicy}.
 *
 * @param random from 0 to 1, for the jitter.
 * @throws ConfigurationError for options that are not right.
 */
export function retryPolicy(
  options: RetryOptions = {},
  random: () => number = Math.random,
): RetryPolicy {
  return new RetryPolicy(parseSettings('retry()', retrySettings, options), random);
}

/** The failure, once the call knows for `explain()` why there is no other try. */
function giveUp(error: LinkspanError, reason: StopReason, { call }: CallContext): LinkspanError {
  call?.stops(reason);
  return error;
}

async function backOff(waitMs: number, error: LinkspanError, context: CallContext): Promise<void> {
  const { call } = context;
  call?.waits(error, waitMs, error.retryAfterMs !== undefined);
  await pause(waitMs, context);
  if (call !== undefined) call.phase = 'queue';
}
