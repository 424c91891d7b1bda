// What keeps calls from harming their peer, and a peer from harming its callers: the limits that a
// service tells, the failure that an answer is, and layers that obey both. Each works alone, over
// every transport, and needs nothing of Node.
export {
  type BucketName,
  type FailedAnswer,
  type LimitedAnswer,
  type RateLimitBucket,
  type RateLimitReading,
  readRateLimit,
  statusError as classifyResponse,
} from '@linkspan/core';
export type {
  CircuitBreakerOptions,
  CircuitChange,
  CircuitState,
} from './breaker/breaker-options.ts';
export type {
  BreakerRule,
  ConsecutiveRule,
  CountRule,
  WindowRule,
} from './breaker/breaker-rule.ts';
export { CircuitBreaker } from './breaker/circuit-breaker.ts';
export {
  circuitBreaker,
  type CircuitBreakerLayerOptions,
} from './breaker/circuit-breaker-layer.ts';
export { saysPeerFailed } from './breaker/says-peer-failed.ts';
export { type OriginBudgets, originBudgets } from './budget/origin-budgets.ts';
export { RetryBudget, type RetryBudgetOptions } from './budget/retry-budget.ts';
export {
  adaptiveConcurrency,
  type AdaptiveConcurrencyOptions,
} from './layers/adaptive-concurrency.ts';
export { bulkhead, type BulkheadOptions } from './layers/bulkhead.ts';
export { answerOf, fallback, type FallbackOptions } from './layers/fallback.ts';
export type { FallbackStream, RestartRule } from './layers/fallback-stream.ts';
export { hedge, type HedgeOptions } from './layers/hedge.ts';
export type { OpenedStream } from './layers/opened-stream.ts';
export { runWithFallback } from './layers/run-with-fallback.ts';
export { streamOf } from './layers/stream-of.ts';
export { streamWithFallback, type StreamWayOptions } from './layers/stream-with-fallback.ts';
export { timeout, type TimeoutOptions } from './layers/timeout.ts';
export type { FallbackNotice, Way, WayLimits, WayOptions } from './layers/way-options.ts';
export type {
  AcquireOptions,
  Cost,
  Priority,
  RateLimiterOptions,
} from './limiter/limiter-options.ts';
export type { RateLimitLease } from './limiter/rate-limit-lease.ts';
export { rateLimit } from './limiter/rate-limit-layer.ts';
export type { RateLimitOptions } from './limiter/rate-limit-options.ts';
export { RateLimiter } from './limiter/rate-limiter.ts';
export { RetryHandler, type RetryTry } from './retry-handler.ts';
export type {
  RetryHandlerNotice,
  RetryHandlerOptions,
  RetryRunOptions,
} from './retry-handler-options.ts';
export { memoryStore } from './store/memory-store.ts';
export type { Share } from './store/share.ts';
export type { Store } from './store/store.ts';
export type { Tally, TallyShape } from './store/tally.ts';
export { standardResilience, type StandardResilienceOptions } from './standard-resilience.ts';
