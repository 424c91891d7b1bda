import { isLinkspanError, type Middleware, RateLimiter, standardResilience } from 'linkspan';
import {
  type BreakerRule,
  type CircuitChange,
  type CircuitState,
  type RateLimitReading,
  RetryBudget,
} from 'linkspan/resilience';
import { estimateTokens } from './estimate-tokens.ts';

/** What an upstream is spared, and what it is trusted with. */
export interface GuardSettings {
  /** Requests a minute; `undefined` for what the upstream itself says. */
  readonly requestsPerMinute: number | undefined;
  /** Tokens a minute, read and written; likewise. */
  readonly tokensPerMinute: number | undefined;
  /** When its circuit opens, and for how long. */
  readonly circuit: { readonly rule: BreakerRule; readonly openMs: number };
  /** How many retries a second there may be however few the calls are. */
  readonly retriesPerSecond: number;
}

/** What a guard has seen. */
export interface GuardFacts {
  /** How its circuit is, and how often it has opened. */
  readonly circuit: { readonly state: CircuitState; readonly opened: number };
  /** How many retries were sent, and how often one was refused. */
  readonly retries: { readonly allowed: number; readonly refused: number };
  /** What the upstream has last told of its limits. */
  readonly limits: RateLimitReading['buckets'];
}

/**
 * Stands before one origin, whoever calls it: its circuit breaker, its limits and its budget of
 * retries, which all clients of that origin share.
 */
export class UpstreamGuard {
  /** What retries are taken from. */
  readonly budget: RetryBudget;
  /** What every attempt goes through. */
  readonly layer: Middleware;
  readonly #limiter: RateLimiter;
  #state: CircuitState = 'closed';
  #opened = 0;

  /** @param onCircuit told when the circuit opens, and when it is closed again. */
  constructor(
    baseUrl: string,
    { requestsPerMinute, tokensPerMinute, circuit, retriesPerSecond }: GuardSettings,
    onCircuit: (isOpen: boolean) => void,
  ) {
    this.budget = new RetryBudget({ minPerSecond: retriesPerSecond });
    this.#limiter = new RateLimiter({ requestsPerMinute, tokensPerMinute });
    const onStateChange = ({ from, to }: CircuitChange): void => {
      this.#state = to;
      if (to === 'open') this.#opened += 1;
      // What is between the two is a trial.
      if (from === 'closed' || to === 'closed') onCircuit(to === 'open');
    };
    this.layer = standardResilience({
      baseUrl,
      // Rows are tried again by what surrounds this layer: how often is a matter of the row.
      retry: false,
      circuitBreaker: { ...circuit, onStateChange, isFailure },
      rateLimit: { limiter: this.#limiter, estimate: estimateTokens },
      // Rows in flight are limited already.
      bulkhead: false,
    });
  }

  /** How its circuit is. */
  get circuit(): CircuitState {
    return this.#state;
  }

  facts(): GuardFacts {
    const { allowed, refused } = this.budget;
    return {
      circuit: { state: this.#state, opened: this.#opened },
      retries: { allowed, refused },
      limits: this.#limiter.told(),
    };
  }
}

/** One connection that breaks fails all calls that are on it: they say no more than one of them. */
function isFailure(error: unknown): boolean | undefined {
  return isLinkspanError(error) && error.code === 'channel_ended' ? false : undefined;
}
