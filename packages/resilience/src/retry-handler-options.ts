import type { Clock, Deadline } from '@linkspan/concurrency';
import {
  deadlineSetting,
  type LinkspanError,
  type RetryList,
  type RetryOptions,
  retrySettings,
  type RetryScheduleSettings,
  type Setting,
  setting,
  type SettingsTable,
  signalSetting,
} from '@linkspan/core';
import { clockSetting } from './clock-setting.ts';

/** What a `RetryHandler` tells before it waits. */
export interface RetryHandlerNotice {
  readonly error: unknown;
  /** The try that failed: 1 for the first. */
  readonly attempt: number;
  readonly waitMs: number;
}

type HandlerRetryOn = RetryList | ((error: LinkspanError) => boolean | undefined);
type IsRetryable = (error: unknown) => boolean | undefined;
type OnRetry = (notice: RetryHandlerNotice) => void;

/** How a `RetryHandler` tries again: as `retry()` does, but for what belongs to requests. */
export interface RetryHandlerOptions extends Omit<
  RetryOptions,
  'retryOn' | 'onRetry' | 'attemptHeader' | 'idempotencyKeys'
> {
  /**
   * Which failures of Linkspan are worth another try: a list of statuses and kinds, or a function,
   * where `undefined` leaves it to the failure. @default by each failure's `retryable`
   */
  readonly retryOn?: HandlerRetryOn | undefined;
  /**
   * Whether an error that is none of Linkspan's, a `TypeError` of `fetch` say, is worth another try.
   * Nobody else knows: without `true` from here it is thrown at once. It does not tell what was sent,
   * so that a run which is not idempotent ends with it. @default none is
   */
  readonly isRetryable?: IsRetryable | undefined;
  /** Told before each wait. What it throws is reported as a warning and changes nothing. */
  readonly onRetry?: OnRetry | undefined;
  /** @default the platform's monotonic clock */
  readonly clock?: Clock | undefined;
  /** From 0 to 1, for the jitter. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** {@link RetryHandlerOptions}, checked and with defaults. */
export interface RetryHandlerSettings extends RetryScheduleSettings {
  readonly retryOn: HandlerRetryOn | undefined;
  readonly isRetryable: IsRetryable | undefined;
  readonly onRetry: OnRetry | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The table of {@link RetryHandlerOptions}. */
export const retryHandlerSettings: SettingsTable<RetryHandlerSettings, RetryHandlerOptions> = {
  maxRetries: retrySettings.maxRetries,
  baseDelayMs: retrySettings.baseDelayMs,
  maxDelayMs: retrySettings.maxDelayMs,
  backoffFactor: retrySettings.backoffFactor,
  maxRetryAfterMs: retrySettings.maxRetryAfterMs,
  budget: retrySettings.budget,
  // A function of fewer parameters is one of those that are taken.
  retryOn: retrySettings.retryOn as Setting<HandlerRetryOn | undefined, HandlerRetryOn, false>,
  isRetryable: setting.callback<IsRetryable>({ optional: true }),
  onRetry: setting.callback<OnRetry>({ optional: true }),
  clock: clockSetting,
  random: setting.callback<() => number>({ default: Math.random }),
};

/** What bounds one run of a `RetryHandler`. */
export interface RetryRunOptions {
  /** The caller's will: when it aborts, `signal.reason` is thrown, in a try as in a wait. */
  readonly signal?: AbortSignal | undefined;
  /** How long all tries and waits may take together. @default Infinity */
  readonly totalMs?: number | undefined;
  /**
   * The deadline of what this is part of; the earlier of the two holds. Time is then taken from its
   * clock.
   */
  readonly deadline?: Deadline | undefined;
  /**
   * Whether running the function twice has the effect of running it once. Without that, it runs
   * again only after failures which tell that nothing was sent, or nothing was done. @default true
   */
  readonly idempotent?: boolean | undefined;
}

interface RetryRunSettings {
  readonly signal: AbortSignal | undefined;
  readonly totalMs: number;
  readonly deadline: Deadline | undefined;
  readonly idempotent: boolean;
}

/** The table of {@link RetryRunOptions}. */
export const retryRunSettings: SettingsTable<RetryRunSettings, RetryRunOptions> = {
  signal: signalSetting,
  totalMs: setting.durationMs({ default: Infinity, min: 0 }),
  deadline: deadlineSetting,
  idempotent: setting.boolean({ default: true }),
};
