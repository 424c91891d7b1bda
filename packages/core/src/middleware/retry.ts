import type { StopReason } from '../client/call-log.ts';
import { addToMessage } from '../errors/add-to-message.ts';
import { LinkspanError } from '../errors/linkspan-error.ts';
import { StatusError } from '../errors/status-error.ts';
import type { AttemptBudget } from './attempt-budget.ts';
import { isIdempotent } from './is-idempotent.ts';
import { isTooLong } from './is-too-long.ts';
import type { Middleware } from './middleware.ts';
import { pause } from './pause.ts';
import { isReplayable } from '../payload.ts';
import { reportHookError } from './report-hook-error.ts';
import { type RetryOptions, type RetrySettings, retrySettings } from './retry-options.ts';
import { parseSettings } from '../settings/parse-settings.ts';
import type { CallContext, TransportRequest } from '../transport.ts';

/** The longest wait that a peer may ask of a call that has no deadline. */
const LONGEST_HINT_MS = 60_000;

/**
 * Tries failed calls again, when that is safe: the failure is one that another try may cure, the
 * payload can be sent again, and a request that is not idempotent has not reached the peer or was
 * certainly not processed.
 *
 * The wait is what the peer asks for, exactly, or else random up to `baseDelayMs`, doubling, up to
 * `maxDelayMs` (full jitter). A wait that reaches past the call's deadline fails the call at once,
 * with the failure that was to be cured, and so does a budget that is used up. Failures say in `attempts` how often the call was tried.
 *
 * @throws ConfigurationError for options that are not right.
 */
export function retry(options: RetryOptions = {}, random: () => number = Math.random): Middleware {
  return retryWith(parseSettings('retry()', retrySettings, options), random);
}

/** {@link retry} with settings that are checked already. */
export function retryWith(settings: RetrySettings, random: () => number): Middleware {
  const budget = settings.budget === false ? undefined : settings.budget;
  return (next) => async (request, firstContext) => {
    let context = firstContext;
    if (budget !== undefined) recordCall(budget, request, context);
    for (let retries = 0; ; retries += 1) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- tries come one after another
        return await next(request, context);
      } catch (error) {
        if (!(error instanceof LinkspanError)) throw error;
        error.attempts = context.attempt;
        if (retries >= settings.maxRetries) throw giveUp(error, 'retries', context);
        if (context.signal?.aborted === true || !mayRetry(error, request, settings)) throw error;
        const waitMs = error.retryAfterMs ?? jitter(retries, settings, random);
        if (isTooLong(waitMs, error, context.deadline, hintLimitMs(context, settings))) {
          throw giveUp(error, 'wait', context);
        }
        if (budget?.take(request) === false) {
          addToMessage(error, '; the retry budget allows no other try');
          throw giveUp(error, 'budget', context);
        }
        notify(settings, { error, attempt: context.attempt, waitMs, request });
        // oxlint-disable-next-line no-await-in-loop -- as above
        await backOff(waitMs, error, context);
        // The signal of one attempt among several, as hedging has, is not that of the call.
        context.signal?.throwIfAborted();
        context = { ...context, attempt: context.attempt + 1 };
      }
    }
  };
}

/** What a layer around this one has told, or tries again, is no new call, and earns no new attempts. */
function recordCall(
  budget: AttemptBudget,
  request: TransportRequest,
  { attempt, call }: CallContext,
): void {
  if (attempt !== 1 || call?.recordedBy === budget) return;
  if (call !== undefined) call.recordedBy = budget;
  budget.record?.(request);
}

/** Whether another try is allowed, and may help. */
function mayRetry(
  error: LinkspanError,
  request: TransportRequest,
  { retryOn }: RetrySettings,
): boolean {
  if (!isReplayable(request.payload)) return false;
  const chosen = typeof retryOn === 'function' ? retryOn(error, request) : isListed(error, retryOn);
  if (chosen === false) return false;
  if (chosen === undefined && error.retryable === 'no') return false;
  return error.retryable === 'yes' || error.sent === 'no' || isIdempotent(request);
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

function jitter(retries: number, settings: RetrySettings, random: () => number): number {
  const { baseDelayMs, backoffFactor, maxDelayMs } = settings;
  return random() * Math.min(maxDelayMs, baseDelayMs * backoffFactor ** retries);
}

/** The longest wait that the peer may ask for. */
function hintLimitMs({ deadline }: CallContext, { maxRetryAfterMs }: RetrySettings): number {
  return maxRetryAfterMs ?? (deadline.isUnlimited ? LONGEST_HINT_MS : Infinity);
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

function notify(
  { onRetry }: RetrySettings,
  notice: Parameters<NonNullable<typeof onRetry>>[0],
): void {
  try {
    onRetry?.(notice);
  } catch (error) {
    reportHookError('onRetry', error);
  }
}
