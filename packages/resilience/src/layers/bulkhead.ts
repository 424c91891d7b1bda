import { CapacityLimiter } from '@linkspan/concurrency';
import { type Middleware, parseSettings, setting } from '@linkspan/core';
import { PerOrigin } from '../origin/per-origin.ts';
import { enterLimiter } from './enter-limiter.ts';

/** How a bulkhead divides. */
export interface BulkheadOptions {
  /** How many calls to an origin may be under way, until their bodies are closed. @default 50 */
  readonly limit?: number | undefined;
  /** How many more may wait for a place; others are refused. @default 1_000 */
  readonly maxQueue?: number | undefined;
  /** Where requests go whose target is a path. */
  readonly baseUrl?: string | URL | undefined;
}

const bulkheadSettings = {
  limit: setting.integer({ default: 50, min: 1 }),
  maxQueue: setting.integer({ default: 1_000, min: 0, orInfinity: true }),
};

/**
 * A layer that keeps one slow peer from taking all there is: so many calls to an origin are under way,
 * so many wait in the order of their coming, the rest is refused with `PoolExhaustedError`. The wait
 * counts for the deadline of the call.
 *
 * @throws ConfigurationError for options that are not right.
 */
export function bulkhead(options: BulkheadOptions = {}): Middleware {
  const { baseUrl, ...given } = options;
  const { limit, maxQueue } = parseSettings('bulkhead()', bulkheadSettings, given);
  const limiters = new PerOrigin(() => new CapacityLimiter(limit), baseUrl);
  return (next) => async (request, context) => {
    const limiter = limiters.of(request);
    const lease = limiter.tryAcquire() ?? (await enterLimiter(limiter, maxQueue, context));
    try {
      const response = await next(request, context);
      response.body.onClose(() => lease.release());
      return response;
    } catch (error) {
      lease.release();
      throw error;
    }
  };
}
