import type { Clock } from '@linkspan/concurrency';
import {
  applyMiddleware,
  type AttemptBudget,
  type Middleware,
  parseSettings,
  type RetryOptions,
  retryPolicy,
  type Send,
  type Setting,
  setting,
} from '@linkspan/core';
import type { CircuitBreakerOptions } from './breaker/breaker-options.ts';
import { CircuitGate } from './breaker/circuit-breaker-layer.ts';
import { budgetsBy } from './budget/origin-budgets.ts';
import { clockSetting } from './clock-setting.ts';
import type { Gate } from './gate/gate.ts';
import { gated } from './gate/gated.ts';
import { gatesInTurn } from './gate/gates-in-turn.ts';
import { retryThrough } from './gate/retry-through.ts';
import { BulkheadGate, type BulkheadOptions } from './layers/bulkhead.ts';
import { fallback, type FallbackOptions } from './layers/fallback.ts';
import { hedge, type HedgeOptions } from './layers/hedge.ts';
import { timeout } from './layers/timeout.ts';
import { RateLimitGate } from './limiter/rate-limit-layer.ts';
import type { RateLimitOptions } from './limiter/rate-limit-options.ts';
import { OriginReader } from './origin/origin-reader.ts';
import { memoryStore } from './store/memory-store.ts';
import { storeSetting } from './store/store-setting.ts';
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

type Part<Name extends keyof StandardResilienceOptions> = Exclude<
  StandardResilienceOptions[Name],
  false | undefined
>;

/** Each part reads its own options. */
function part<Options extends object>(): Setting<Options | false | undefined, Options, false> {
  return setting.custom<Options | false, Options>({
    optional: true,
    env: false,
    expected: 'an object or false',
    check: (value) =>
      value === false || (typeof value === 'object' && value !== null)
        ? (value as Options | false)
        : undefined,
  });
}

const standardSettings = {
  fallback: part<Part<'fallback'>>(),
  hedge: part<Part<'hedge'>>(),
  totalMs: setting.durationMs({ optional: true }),
  retry: part<Part<'retry'>>(),
  budget: part<Part<'budget'>>(),
  circuitBreaker: part<Part<'circuitBreaker'>>(),
  rateLimit: part<Part<'rateLimit'>>(),
  bulkhead: part<Part<'bulkhead'>>(),
  attemptMs: setting.durationMs({ optional: true }),
  store: storeSetting,
  clock: clockSetting,
};

/**
 * All layers of this package as one, from the outermost: fallback, hedge, total deadline, retry with
 * its budget, circuit breaker, rate limit, bulkhead, attempt clock. Every try goes through what is
 * behind retry: a circuit that opens ends the tries, each of them needs a permit, and the wait for it
 * does not count for the clock of the attempt. A call that succeeds at once costs one promise for retry,
 * breaker, rate limit and bulkhead together.
 *
 * ```ts
 * const client = createHttpClient({ retry: false, middleware: [standardResilience()] });
 * ```
 *
 * @throws ConfigurationError for options that are not right.
 */
export function standardResilience(options: StandardResilienceOptions = {}): Middleware {
  const { baseUrl, ...given } = options;
  const settings = parseSettings('standardResilience()', standardSettings, given);
  const { clock, totalMs, attemptMs, store = memoryStore({ clock }) } = settings;
  const origins = new OriginReader(baseUrl);
  const budget = settings.budget ?? budgetsBy(origins, { store });
  const layers: Middleware[] = [];
  if (settings.fallback) {
    const { send, ...rules } = settings.fallback;
    layers.push(fallback(send, rules));
  }
  if (settings.hedge) layers.push(hedge({ ...settings.hedge, budget: budget || undefined }));
  if (totalMs !== undefined) layers.push(timeout({ totalMs }));
  const shared = { store, clock };
  const gates: Gate[] = [];
  if (settings.circuitBreaker !== false) {
    gates.push(new CircuitGate({ ...settings.circuitBreaker, ...shared }, origins));
  }
  if (settings.rateLimit !== false) {
    gates.push(new RateLimitGate({ ...settings.rateLimit, ...shared }, origins));
  }
  if (settings.bulkhead !== false) gates.push(new BulkheadGate({ ...settings.bulkhead }, origins));
  if (settings.retry !== false) {
    layers.push(retryThrough(gatesInTurn(gates), retryPolicy({ ...settings.retry, budget })));
  } else if (gates.length > 0) layers.push(gated(gatesInTurn(gates)));
  if (attemptMs !== undefined) layers.push(timeout({ attemptMs }));
  return (next) => applyMiddleware(next, layers);
}
