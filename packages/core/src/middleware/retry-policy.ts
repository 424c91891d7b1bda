import type { StopReason } from '../client/call-log.ts';
import { addToMessage } from '../errors/add-to-message.ts';
import { LinkspanError } from '../errors/linkspan-error.ts';
import { StatusError } from '../errors/status-error.ts';
import { isReplayable } from '../payload.ts';
import { parseSettings } from '../settings/parse-settings.ts';
import type { CallContext, Send, TransportRequest, TransportResponse } from '../transport.ts';
import { isIdempotent } from './is-idempotent.ts';
import { isTooLong } from './is-too-long.ts';
import { pause } from './pause.ts';
import { reportHookError } from './report-hook-error.ts';
import { type RetryOptions, type RetrySettings, retrySettings } from './retry-options.ts';

/** The longest wait that a peer may ask of a call that has no deadline. */
const LONGEST_HINT_MS = 60_000;

/**
 * What `retry()` does about a call, for layers that do more than it does: they send the first attempt
 * in their own way, and leave to the policy what comes after a failure.
 *
 * ```ts
 * const policy = retryPolicy({ maxRetries: 3 });
 * policy.begins(request, context);
 * try {
 *   return await next(request, context);
 * } catch (error) {
 *   return await policy.tryAgain(next, request, context, error);
 * }
 * ```
 */
export class RetryPolicy {
  readonly #settings: RetrySettings;
  readonly #random: () => number;

  constructor(settings: RetrySettings, random: () => number) {
    this.#settings = settings;
    this.#random = random;
  }

  /**
   * A call begins: its budget is told. What a layer around this one has told, or tries again, is no
   * new call, and earns no new attempts.
   */
  begins(request: TransportRequest, { attempt, call }: CallContext): void {
    const { budget } = this.#settings;
    if (budget === undefined || budget === false) return;
    if (attempt !== 1 || call?.recordedBy === budget) return;
    if (call !== undefined) call.recordedBy = budget;
    budget.record?.(request);
  }

  /**
   * Sends a call again whose first attempt has failed, as often as is allowed and may help, each time
   * after its wait.
   *
   * @throws the last failure when there is no other try; the caller's `signal.reason`, or ClosedError
   * when the client closes, during a wait.
   */
  async tryAgain(
    send: Send,
    request: TransportRequest,
    firstContext: CallContext,
    failure: unknown,
  ): Promise<TransportResponse> {
    let context = firstContext;
    let error = failure;
    for (let retries = 0; ; retries += 1) {
      // oxlint-disable-next-line no-await-in-loop -- tries come one after another
      await this.#beforeNextTry(error, request, context, retries);
      context = { ...context, attempt: context.attempt + 1 };
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
    const { maxRetries, budget } = this.#settings;
    if (!(error instanceof LinkspanError)) throw error;
    error.attempts = context.attempt;
    if (retries >= maxRetries) throw giveUp(error, 'retries', context);
    if (context.signal?.aborted === true || !this.#mayRetry(error, request)) throw error;
    const waitMs = error.retryAfterMs ?? this.#jitter(retries);
    if (isTooLong(waitMs, error, context.deadline, this.#hintLimitMs(context))) {
      throw giveUp(error, 'wait', context);
    }
    if (budget !== false && budget?.take(request) === false) {
      addToMessage(error, '; the retry budget allows no other try');
      throw giveUp(error, 'budget', context);
    }
    this.#notify(error, context.attempt, waitMs, request);
    await backOff(waitMs, error, context);
    // The signal of one attempt among several, as hedging has, is not that of the call.
    context.signal?.throwIfAborted();
  }

  /** Whether another try is allowed, and may help. */
  #mayRetry(error: LinkspanError, request: TransportRequest): boolean {
    if (!isReplayable(request.payload)) return false;
    const { retryOn } = this.#settings;
    const chosen =
      typeof retryOn === 'function' ? retryOn(error, request) : isListed(error, retryOn);
    if (chosen === false) return false;
    if (chosen === undefined && error.retryable === 'no') return false;
    return error.retryable === 'yes' || error.sent === 'no' || isIdempotent(request);
  }

  #jitter(retries: number): number {
    const { baseDelayMs, backoffFactor, maxDelayMs } = this.#settings;
    return this.#random() * Math.min(maxDelayMs, baseDelayMs * backoffFactor ** retries);
  }

  /** The longest wait that the peer may ask for. */
  #hintLimitMs({ deadline }: CallContext): number {
    const { maxRetryAfterMs } = this.#settings;
    return maxRetryAfterMs ?? (deadline.isUnlimited ? LONGEST_HINT_MS : Infinity);
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

function isListed(
  error: LinkspanError,
  retryOn: Exclude<RetrySettings['retryOn'], (...args: never[]) => unknown>,
): boolean | undefined {
  if (retryOn === undefined) return undefined;
  return (
    retryOn.includes(error.kind) || (error instanceof StatusError && retryOn.includes(error.status))
  );
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
