import {
  readAnswerUsage,
  setting,
  type SettingsTable,
  type TransportRequest,
} from '@linkspan/core';
import type { AnswerUsageReader } from './lease-meter.ts';
import {
  type Cost,
  type Priority,
  type RateLimiterOptions,
  type RateLimiterSettings,
  rateLimiterSettings,
} from './limiter-options.ts';
import { RateLimiter } from './rate-limiter.ts';

/** How a layer limits calls. */
export interface RateLimitOptions extends RateLimiterOptions {
  /**
   * One limiter for all calls, which others may share, in place of one of these options for each
   * origin.
   */
  readonly limiter?: RateLimiter | undefined;
  /**
   * What a call will use beside its request: reserved until it is known what it used. @default no
   * tokens, so that they count when they are used
   */
  readonly estimate?: ((request: TransportRequest) => Omit<Cost, 'requests'>) | undefined;
  /**
   * Reads out of the value of a whole answer what the call used; `undefined` leaves the estimate as it
   * is. Streams of events and chat clients know that of themselves. @default readAnswerUsage()
   */
  readonly usage?: AnswerUsageReader | undefined;
  /** @default 'normal' for all */
  readonly priority?: ((request: TransportRequest) => Priority | undefined) | undefined;
  /** Whether what the service says of its limits counts, too. @default true */
  readonly learn?: boolean | undefined;
  /** Where requests go whose target is a path. */
  readonly baseUrl?: string | URL | undefined;
}

/** What a layer asks of a call, and reads out of its answer. */
export interface CallTerms {
  readonly estimate: ((request: TransportRequest) => Omit<Cost, 'requests'>) | undefined;
  readonly usage: AnswerUsageReader;
  readonly priority: ((request: TransportRequest) => Priority | undefined) | undefined;
  readonly learn: boolean;
}

/** {@link RateLimitOptions} but the base URL, checked and with defaults. */
export interface RateLimitSettings extends RateLimiterSettings, CallTerms {
  readonly limiter: RateLimiter | undefined;
}

/** The table of {@link RateLimitOptions} but the base URL. */
export const rateLimitSettings: SettingsTable<
  RateLimitSettings,
  Omit<RateLimitOptions, 'baseUrl'>
> = {
  ...rateLimiterSettings,
  limiter: setting.custom<RateLimiter>({
    optional: true,
    expected: 'a RateLimiter',
    check: (value) => (value instanceof RateLimiter ? value : undefined),
  }),
  estimate: setting.callback<(request: TransportRequest) => Omit<Cost, 'requests'>>({
    optional: true,
  }),
  usage: setting.callback<AnswerUsageReader>({ default: readAnswerUsage }),
  priority: setting.callback<(request: TransportRequest) => Priority | undefined>({
    optional: true,
  }),
  learn: setting.boolean({ default: true }),
};
