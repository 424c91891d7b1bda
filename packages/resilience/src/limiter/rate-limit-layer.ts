import {
  type Middleware,
  OverloadedError,
  parseSettings,
  RateLimitError,
  readAnswerUsage,
  readRateLimit,
  type ResponseHeaders,
  setting,
  StatusError,
  type TransportRequest,
  waitSignal,
  withMeter,
} from '@linkspan/core';
import { PerOrigin } from '../origin/per-origin.ts';
import { type AnswerUsageReader, LeaseMeter } from './lease-meter.ts';
import {
  type Cost,
  type Priority,
  type RateLimiterOptions,
  rateLimiterSettings,
} from './limiter-options.ts';
import type { RateLimitLease } from './rate-limit-lease.ts';
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

const layerSettings = {
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

/** The headers of which one is there when a service tells anything of its limits. */
const TELLTALES = [
  'x-ratelimit-remaining-requests',
  'x-ratelimit-remaining-tokens',
  'anthropic-ratelimit-requests-remaining',
  'anthropic-ratelimit-tokens-remaining',
  'x-ratelimit-remaining',
  'ratelimit',
  'ratelimit-remaining',
];

/**
 * A layer that lets calls go as fast as their limits allow, with a {@link RateLimiter} for each
 * origin. It learns from every answer what the service says is left, and a refusal that asks to wait
 * holds back all calls to the origin, not the one that was refused. Put it inside of what retries.
 *
 * A call that cannot go before its deadline is refused at once with `RateLimitExceededError`, whose
 * `retryAfterMs` says when it could. A place among those in flight is free when the body is closed.
 *
 * Where tokens are limited, what a call was estimated to use is replaced by what it used: when its
 * stream is over, or its JSON was decoded. A call that never reached the service, or that it refused,
 * used nothing. What nobody tells stays as it was estimated: all of a call that broke off or was
 * aborted without a word of it, and the output of a stream that did not come to its end.
 *
 * @throws ConfigurationError for options that are not right.
 */
export function rateLimit(options: RateLimitOptions = {}): Middleware {
  const { baseUrl, ...given } = options;
  const table = { ...rateLimiterSettings, ...layerSettings };
  const settings = parseSettings('rateLimit()', table, given);
  const { limiter: shared, estimate, usage, priority, learn, ...limits } = settings;
  const limiters = new PerOrigin(
    (origin) => shared ?? new RateLimiter({ ...limits, key: `${limits.key} ${origin}` }),
    baseUrl,
  );

  return (next) => async (request, context) => {
    const limiter = limiters.of(request);
    const cost = estimate?.(request);
    let lease = limiter.tryAcquire(cost);
    if (lease === undefined) {
      const level = priority?.(request);
      const { deadline } = context;
      const signal = waitSignal(context);
      lease = await limiter.acquire({ ...cost, priority: level, signal, deadline });
    }
    try {
      const response = await next(request, context);
      const { status = 200, headers, body } = response;
      if (learn && tellsLimits(headers)) {
        limiter.learn(readRateLimit({ status, headers }), lease);
      }
      body.onClose(release(lease));
      return limiter.countsTokens ? withMeter(response, new LeaseMeter(lease, usage)) : response;
    } catch (error) {
      lease.release();
      if (limiter.countsTokens) new LeaseMeter(lease, usage).failed(error);
      if (learn && error instanceof StatusError) learnFrom(error, limiter, lease);
      throw error;
    }
  };
}

function tellsLimits(headers: ResponseHeaders): boolean {
  for (const name of TELLTALES) if (headers[name] !== undefined) return true;
  return false;
}

function release(lease: RateLimitLease): () => void {
  return () => lease.release();
}

/** A refusal tells what is left, and when it is for too many requests, how long all have to wait. */
function learnFrom(error: StatusError, limiter: RateLimiter, lease: RateLimitLease): void {
  const { status, headers } = error;
  const isLimit = error instanceof RateLimitError || error instanceof OverloadedError;
  const { buckets } = readRateLimit({ status, headers });
  limiter.learn({ buckets, waitMs: isLimit ? error.retryAfterMs : undefined }, lease);
}
