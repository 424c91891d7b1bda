import type { ManualClock } from '@linkspan/concurrency';
import type { CallContext, Middleware, Send, TransportResponse } from '@linkspan/core';
import {
  adaptiveConcurrency,
  answerOf,
  bulkhead,
  circuitBreaker,
  fallback,
  hedge,
  rateLimit,
  RateLimiter,
  standardResilience,
  timeout,
} from '@linkspan/resilience';
import { retry } from '@linkspan/core';
import * as fc from 'fast-check';
import type { Place } from './call-trace.ts';

/** One layer and its numbers. */
export interface LayerPlan {
  readonly place: Exclude<Place, 'wire' | 'hedging standard'>;
  /** How many permits, places, retries or hedges there are. */
  readonly count: number;
  readonly ms: number;
  readonly choice: boolean;
}

export const layerPlans: fc.Arbitrary<LayerPlan> = fc.record({
  place: fc.constantFrom(
    'rate limit',
    'bulkhead',
    'adaptive concurrency',
    'retry',
    'hedge',
    'fallback',
    'circuit breaker',
    'timeout',
    'standard',
  ),
  count: fc.integer({ min: 1, max: 3 }),
  ms: fc.constantFrom(10, 60, 250, 1200),
  choice: fc.boolean(),
});

/** A layer, and what shows that it holds nothing any more. */
export interface BuiltLayer {
  readonly place: Place;
  readonly middleware: Middleware;
  readonly limiter?: RateLimiter;
  /** How many requests have to get through it at once. */
  readonly places?: number;
}

export interface BuildFacts {
  readonly clock: ManualClock;
  readonly random: () => number;
  /** Where a fallback goes. */
  readonly other: Send;
}

/** Makes a layer. */
export function buildLayer(plan: LayerPlan, { clock, random, other }: BuildFacts): BuiltLayer {
  const { place, count, ms, choice } = plan;
  const layer = (middleware: Middleware, checks: Partial<BuiltLayer> = {}): BuiltLayer => ({
    place,
    middleware,
    ...checks,
  });
  const retries = { maxRetries: count, baseDelayMs: ms, maxDelayMs: 4 * ms };
  switch (place) {
    case 'rate limit': {
      const limiter = makeLimiter(plan, clock);
      return layer(rateLimit({ limiter, clock }), { limiter });
    }
    case 'bulkhead':
      return layer(bulkhead({ limit: count, maxQueue: choice ? 10 : 1 }), { places: count });
    case 'adaptive concurrency':
      return layer(adaptiveConcurrency({ initialLimit: count, minLimit: count, latencyMs: ms }), {
        places: count,
      });
    case 'retry':
      return layer(retry(retries, random));
    case 'hedge':
      return layer(hedge({ delayMs: ms, maxHedges: count }));
    case 'fallback':
      return layer(
        choice ? fallback(other, { when: () => true }) : fallback(async (_, to) => answerOf(1, to)),
      );
    case 'circuit breaker':
      return layer(circuitBreaker({ rule: { consecutive: count }, openMs: ms, clock }));
    case 'timeout':
      return layer(timeout(choice ? { totalMs: ms } : { attemptMs: ms }));
    case 'standard': {
      const limiter = new RateLimiter({ clock, maxInFlight: count + 1 });
      const middleware = standardResilience({
        clock,
        retry: retries,
        hedge: choice && { delayMs: ms, maxHedges: count },
        fallback: choice && { send: other },
        circuitBreaker: false,
        rateLimit: { limiter },
        bulkhead: { limit: count },
        attemptMs: 4 * ms,
      });
      const name = choice ? 'hedging standard' : place;
      return layer(middleware, { limiter, places: count, place: name });
    }
  }
}

function makeLimiter({ count, ms, choice }: LayerPlan, clock: ManualClock): RateLimiter {
  return choice
    ? new RateLimiter({ clock, requestsPerMinute: 60_000 / ms, burst: count })
    : new RateLimiter({ clock, maxInFlight: count });
}

/** How many requests get through a layer at once: as many as there are places when all are free. */
export async function freePlaces(
  { middleware, places = 0 }: BuiltLayer,
  context: CallContext,
  clock: ManualClock,
): Promise<number> {
  let through = 0;
  const send = middleware(() => {
    through += 1;
    return new Promise<TransportResponse>(() => {});
  });
  const request = { operation: 'POST', target: '/' };
  for (let each = 0; each < places; each += 1) void send(request, context);
  await clock.advance(0);
  return through;
}
