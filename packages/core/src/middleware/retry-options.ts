import type { FailureKind, LinkspanError } from '../errors/linkspan-error.ts';
import * as setting from '../settings/kinds.ts';
import type { SettingsTable } from '../settings/setting.ts';
import type { TransportRequest } from '../transport.ts';
import { isHeaderName } from '../wire/request-headers.ts';
import { type AttemptBudget, budgetSetting } from './attempt-budget.ts';

/** What a retry tells before it waits. */
export interface RetryNotice {
  readonly error: LinkspanError;
  /** The attempt that failed: 1 for the first. */
  readonly attempt: number;
  readonly waitMs: number;
  /** As it was sent with that attempt. */
  readonly request: TransportRequest;
}

/** Statuses and kinds of failures. */
export type RetryList = readonly (number | FailureKind)[];

/**
 * Which failures are worth another try: a list of statuses and kinds, which takes the place of the
 * failures' own judgement, or a function, where `undefined` leaves it to the failure.
 */
export type RetryOn =
  | RetryList
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
  /**
   * The name of a header that tells the peer which attempt it gets, such as `x-retry-attempt`: 1 with
   * the first, 2 with the first retry. It takes the place of one that the request has. Requests that
   * resume a stream are no such attempts, and go without. @default none
   */
  readonly attemptHeader?: string | undefined;
  /**
   * Whether requests that are not idempotent get an `idempotency-key` header, one per call and the
   * same on every attempt, so that they may be tried again: for peers that know such keys. A request
   * that has a key keeps it; one that says `idempotent: false` gets none. Layers within see the key:
   * a hedge sends such a request twice, too, with that key. Layers around do not. @default false
   */
  readonly idempotencyKeys?: boolean | undefined;
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
  readonly attemptHeader: string | undefined;
  readonly idempotencyKeys: boolean;
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
  attemptHeader: setting.custom<string>({
    optional: true,
    expected: 'the name of a header, such as x-retry-attempt',
    check: (value) =>
      typeof value === 'string' && isHeaderName(value) ? value.toLowerCase() : undefined,
    fromText: (text) => text,
  }),
  idempotencyKeys: setting.boolean({ default: false }),
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
