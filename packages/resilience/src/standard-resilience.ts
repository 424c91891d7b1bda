import {
  applyMiddleware,
  type AttemptBudget,
  type Middleware,
  retry,
  type RetryOptions,
  type Send,
} from '@linkspan/core';
import type { Clock } from '@linkspan/concurrency';
import type { CircuitBreakerOptions } from './breaker/breaker-options.ts';
import { circuitBreaker } from './breaker/circuit-breaker-layer.ts';
import { originBudgets } from './budget/origin-budgets.ts';
import { bulkhead, type BulkheadOptions } from './layers/bulkhead.ts';
import { fallback, type FallbackOptions } from './layers/fallback.ts';
import { hedge, type HedgeOptions } from './layers/hedge.ts';
import { timeout } from './layers/timeout.ts';
import { rateLimit, type RateLimitOptions } from './limiter/rate-limit-layer.ts';
import { memoryStore } from './store/memory-store.ts';
import type { Store } from './store/store.ts';

/** What {@link standardResilience} puts together; each part is left out with `false`. */
export interface StandardResilienceOptions {
  /** The way that is taken when all else has failed. @default none */
  readonly fallback?: (FallbackOptions & { readonly send: Send }) | false | undefined;
  /** @default false */
  readonly hedge?: Omit<HedgeOptions, 'budget'> | false | undefined;
  /** How long a call may take, tries and waits included. @default as long as the call itself may */
  readonly totalMs?: number | undefined;
  /** @default {} */
  readonly retry?: Omit<RetryOptions, 'budget'> | false | undefined;
  /** What retries and hedges have together. @default a RetryBudget for each origin */
  readonly budget?: AttemptBudget | false | undefined;
  /** @default {} */
  readonly circuitBreaker?: Omit<CircuitBreakerOptions, 'store' | 'clock'> | false | undefined;
  /** @default {}: what the service says of its limits */
  readonly rateLimit?: Omit<RateLimitOptions, 'store' | 'clock' | 'baseUrl'> | false | undefined;
  /** @default {} */
  readonly bulkhead?: Omit<BulkheadOptions, 'baseUrl'> | false | undefined;
  /** How long an attempt may take until the head of its answer. @default as long as the call says */
  readonly attemptMs?: number | undefined;
  /** Where requests go whose target is a path. */
  readonly baseUrl?: string | URL | undefined;
  /** Where budgets, breakers and limiters keep what they share. @default memoryStore() on the clock */
  readonly store?: Store | undefined;
  /** @default the platform's monotonic clock */
  readonly clock?: Clock | undefined;
}

/**
 * All layers of this package as one, from the outermost: fallback, hedge, total deadline, retry with
 * its budget, circuit breaker, rate limit, bulkhead, attempt clock. Every try goes through what is
 * behind retry: a circuit that opens ends the tries, each of them needs a permit, and the wait for it
 * does not count for the clock of the attempt.
 *
 * ```ts
 * const client = createHttpClient({ retry: false, middleware: [standardResilience()] });
 * ```
 *
 * @throws ConfigurationError for options that are not right.
 */
export function standardResilience(options: StandardResilienceOptions = {}): Middleware {
  const { clock, baseUrl, totalMs, attemptMs } = options;
  const store = options.store ?? memoryStore({ clock });
  const budget = options.budget ?? originBudgets({ store, baseUrl });
  const layers: Middleware[] = [];
  if (options.fallback) {
    const { send, ...given } = options.fallback;
    layers.push(fallback(send, given));
  }
  if (options.hedge) layers.push(hedge({ ...options.hedge, budget: budget || undefined }));
  if (totalMs !== undefined) layers.push(timeout({ totalMs }));
  if (options.retry !== false) layers.push(retry({ ...options.retry, budget }));
  if (options.circuitBreaker !== false) {
    layers.push(circuitBreaker({ ...options.circuitBreaker, store, clock, baseUrl }));
  }
  if (options.rateLimit !== false) {
    layers.push(rateLimit({ ...options.rateLimit, store, clock, baseUrl }));
  }
  if (options.bulkhead !== false) layers.push(bulkhead({ ...options.bulkhead, baseUrl }));
  if (attemptMs !== undefined) layers.push(timeout({ attemptMs }));
  return (next) => applyMiddleware(next, layers);
}
