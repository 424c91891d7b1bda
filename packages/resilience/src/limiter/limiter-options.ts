import type { Clock, Deadline } from '@linkspan/concurrency';
import { setting, type SettingsTable } from '@linkspan/core';
import { clockSetting } from '../clock-setting.ts';
import { storeSetting } from '../store/store-setting.ts';
import type { Store } from '../store/store.ts';

/** Who goes first when there is not enough for all. */
export type Priority = 'high' | 'normal' | 'low';

/** What one call uses. */
export interface Cost {
  /** @default 1 */
  readonly requests?: number | undefined;
  /** @default 0 */
  readonly inputTokens?: number | undefined;
  /** @default 0 */
  readonly outputTokens?: number | undefined;
}

/** What a permit is for, and how long it may take to get it. */
export interface AcquireOptions extends Cost {
  /** @default 'normal' */
  readonly priority?: Priority | undefined;
  /** Ends the wait; it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** A permit that cannot be had by then is refused at once. */
  readonly deadline?: Deadline | undefined;
}

/** What a {@link RateLimiter} allows; beside it counts what the service tells of its own limits. */
export interface RateLimiterOptions {
  readonly requestsPerMinute?: number | undefined;
  /** How many requests may go at once. @default what ten seconds allow */
  readonly burst?: number | undefined;
  /** Tokens read and written together. */
  readonly tokensPerMinute?: number | undefined;
  readonly inputTokensPerMinute?: number | undefined;
  readonly outputTokensPerMinute?: number | undefined;
  /** How many permits may be held at the same time. @default Infinity */
  readonly maxInFlight?: number | undefined;
  /** How many may wait for a permit; more are refused. @default Infinity */
  readonly maxQueue?: number | undefined;
  /** Where it is kept how large this process's part of the limits is. @default memoryStore(): all */
  readonly store?: Store | undefined;
  /** The name of the limits in the store: limiters of the same name share them. @default 'rate-limit' */
  readonly key?: string | undefined;
  /** @default the platform's monotonic clock */
  readonly clock?: Clock | undefined;
}

/** {@link RateLimiterOptions}, checked and with defaults. */
export interface RateLimiterSettings {
  readonly requestsPerMinute: number | undefined;
  readonly burst: number | undefined;
  readonly tokensPerMinute: number | undefined;
  readonly inputTokensPerMinute: number | undefined;
  readonly outputTokensPerMinute: number | undefined;
  readonly maxInFlight: number;
  readonly maxQueue: number;
  readonly store: Store | undefined;
  readonly key: string;
  readonly clock: Clock;
}

/** The table of {@link RateLimiterOptions}. */
export const rateLimiterSettings: SettingsTable<RateLimiterSettings, RateLimiterOptions> = {
  requestsPerMinute: setting.integer({ optional: true, min: 1 }),
  burst: setting.integer({ optional: true, min: 1 }),
  tokensPerMinute: setting.integer({ optional: true, min: 1 }),
  inputTokensPerMinute: setting.integer({ optional: true, min: 1 }),
  outputTokensPerMinute: setting.integer({ optional: true, min: 1 }),
  maxInFlight: setting.integer({ default: Infinity, min: 1, orInfinity: true }),
  maxQueue: setting.integer({ default: Infinity, min: 0, orInfinity: true }),
  store: storeSetting,
  key: setting.string({ default: 'rate-limit', env: false }),
  clock: clockSetting,
};
