import type { FailureKind, LinkspanError } from '../errors/linkspan-error.ts';
import * as setting from '../settings/kinds.ts';
import type { SettingsTable } from '../settings/setting.ts';
import type { TransportRequest } from '../transport.ts';
import { type AttemptBudget, budgetSetting } from './attempt-budget.ts';

/** What a retry tells before it waits. */
export interface RetryNotice {
  readonly error: LinkspanError;
  /** The attempt that failed: 1 for the first. */
  readonly attempt: number;
  readonly waitMs: number;
  readonly request: TransportRequest;
}

/**
 * Which failures are worth another try: a list of statuses and kinds, which takes the place of the
 * failures' own judgement, or a function, where `undefined` leaves it to the failure.
 */
export type RetryOn =
  | readonly (number | FailureKind)[]
  | ((error: LinkspanError, request: TransportRequest) => boolean | undefined);

/** How failed calls are tried again. */
export interface RetryOptions {
  /** How many times a call is tried again; attempts are one more. @default 2 */
  readonly maxRetries?: number | undefined;
  /** The upper end of the first wait; the wait itself is random below it (full jitter). @default 500 */
  readonly baseDelayMs?: number | undefined;
  /** The upper end of every wait that the peer did not ask for. @default 8_000 */
  readonly maxDelayMs?: number | undefined;
  /** How much longer each wait may be than the one before. @default 2 */
  readonly backoffFactor?: number | undefined;
  /**
   * The longest wait that the peer may ask for; a longer one fails the call at once and the message
   * tells how long. @default as long as the deadline allows, 60_000 for calls without a deadline
   */
  readonly maxRetryAfterMs?: number | undefined;
  /** @default by each failure's `retryable` */
  readonly retryOn?: RetryOn | undefined;
  /**
   * Asked before each try but the first. When it refuses, the call fails with what was to be cured.
   * `false` for none. @default none; clients of `@linkspan/http` have a `RetryBudget` for each origin
   */
  readonly budget?: AttemptBudget | false | undefined;
  /** Told before each wait. What it throws is reported as a warning and changes nothing. */
  readonly onRetry?: ((notice: RetryNotice) => void) | undefined;
}

/** {@link RetryOptions}, checked and with defaults. */
export interface RetrySettings {
  readonly maxRetries: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly backoffFactor: number;
  readonly maxRetryAfterMs: number | undefined;
  readonly retryOn: RetryOn | undefined;
  readonly budget: AttemptBudget | false | undefined;
  readonly onRetry: ((notice: RetryNotice) => void) | undefined;
}

/** The table of {@link RetryOptions}. */
export const retrySettings: SettingsTable<RetrySettings, RetryOptions> = {
  maxRetries: setting.integer({ default: 2, min: 0 }),
  baseDelayMs: setting.durationMs({ default: 500, min: 0, finite: true }),
  maxDelayMs: setting.durationMs({ default: 8_000, min: 0, finite: true }),
  backoffFactor: setting.number({ default: 2, min: 1 }),
  maxRetryAfterMs: setting.durationMs({ optional: true, min: 0 }),
  retryOn: setting.custom<RetryOn>({
    optional: true,
    env: false,
    expected: 'a function, or a list of statuses (100 to 599) and kinds of failures',
    check: (value) => (isRetryOn(value) ? value : undefined),
  }),
  budget: budgetSetting,
  onRetry: setting.callback<(notice: RetryNotice) => void>({ optional: true }),
};

/** Does not compile when a kind is left out. */
const KINDS: Readonly<Record<FailureKind, true>> = {
  config: true,
  timeout: true,
  closed: true,
  'circuit-open': true,
  'pool-exhausted': true,
  'rate-limit': true,
  network: true,
  message: true,
  protocol: true,
  'stream-incomplete': true,
  'stream-gap': true,
  http: true,
  rpc: true,
  transport: true,
};

function isRetryOn(value: unknown): value is RetryOn {
  if (typeof value === 'function') return true;
  return (
    Array.isArray(value) &&
    value.every((item) => Object.hasOwn(KINDS, item as string) || isStatus(item))
  );
}

function isStatus(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 599;
}
