import type { Deadline } from '@linkspan/concurrency';
import type { StopReason } from '../client/call-log.ts';
import { addToMessage } from '../errors/add-to-message.ts';
import { LinkspanError } from '../errors/linkspan-error.ts';
import { StatusError } from '../errors/status-error.ts';
import type { TransportRequest } from '../transport.ts';
import { isTooLong } from './is-too-long.ts';
import type { RetryList, RetrySettings } from './retry-options.ts';

/** The longest wait that a peer may ask of what has no deadline. */
const LONGEST_HINT_MS = 60_000;

/** What a {@link RetrySchedule} is made of. */
export type RetryScheduleSettings = Pick<
  RetrySettings,
  'maxRetries' | 'baseDelayMs' | 'maxDelayMs' | 'backoffFactor' | 'maxRetryAfterMs' | 'budget'
>;

/**
 * Whether and when something that has failed is tried again: what is the same for the calls of a
 * client and for any other function.
 */
export class RetrySchedule {
  readonly #settings: RetryScheduleSettings;
  readonly #random: () => number;

  /** @param random from 0 to 1, for the jitter. */
  constructor(settings: RetryScheduleSettings, random: () => number) {
    this.#settings = settings;
    this.#random = random;
  }

  /**
   * Whether another try may help after this failure, and does no harm.
   *
   * @param chosen what `retryOn` says: the list, or what its function gave.
   * @param mayRepeat whether doing it twice has the effect of doing it once.
   */
  allows(
    error: LinkspanError,
    chosen: RetryList | boolean | undefined,
    mayRepeat: boolean,
  ): boolean {
    const verdict = typeof chosen === 'object' ? isListed(error, chosen) : chosen;
    if (verdict === false || (verdict === undefined && error.retryable === 'no')) return false;
    return error.retryable === 'yes' || error.sent === 'no' || mayRepeat;
  }

  /**
   * How long to wait before another try, in milliseconds: what the failure asks for, else full jitter.
   * Or why there is no other, which the message of a failure of Linkspan then tells, too. The budget is
   * asked last: a try that is not made takes nothing out of it.
   *
   * @param retries how many have been made.
   */
  next(
    error: unknown,
    retries: number,
    deadline: Deadline,
    request: TransportRequest,
  ): number | StopReason {
    const { maxRetries, maxRetryAfterMs, budget } = this.#settings;
    if (retries >= maxRetries) return 'retries';
    const failure = error instanceof LinkspanError ? error : undefined;
    const waitMs = failure?.retryAfterMs ?? this.#jitter(retries);
    const hintLimitMs = maxRetryAfterMs ?? (deadline.isUnlimited ? LONGEST_HINT_MS : Infinity);
    if (isTooLong(waitMs, failure, deadline, hintLimitMs)) return 'wait';
    if (budget !== undefined && budget !== false && !budget.take(request)) {
      if (failure !== undefined) addToMessage(failure, '; the retry budget allows no other try');
      return 'budget';
    }
    return waitMs;
  }

  #jitter(retries: number): number {
    const { baseDelayMs, backoffFactor, maxDelayMs } = this.#settings;
    return this.#random() * Math.min(maxDelayMs, baseDelayMs * backoffFactor ** retries);
  }
}

function isListed(error: LinkspanError, list: RetryList): boolean {
  return list.includes(error.kind) || (error instanceof StatusError && list.includes(error.status));
}
