import {
  type CallContext,
  type Middleware,
  OverloadedError,
  parseSettings,
  RateLimitError,
  readRateLimit,
  type ResponseHeaders,
  StatusError,
  type TransportRequest,
  type TransportResponse,
  waitSignal,
  withMeter,
} from '@linkspan/core';
import type { Gate, Pass } from '../gate/gate.ts';
import { gated } from '../gate/gated.ts';
import { OriginReader } from '../origin/origin-reader.ts';
import { PerOrigin } from '../origin/per-origin.ts';
import { LeaseMeter } from './lease-meter.ts';
import type { Cost } from './limiter-options.ts';
import { type CallTerms, type RateLimitOptions, rateLimitSettings } from './rate-limit-options.ts';
import type { RateLimitLease } from './rate-limit-lease.ts';
import { RateLimiter } from './rate-limiter.ts';

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
  return gated(new RateLimitGate(options));
}

/** The gate of {@link rateLimit}. */
export class RateLimitGate implements Gate {
  readonly #limiters: PerOrigin<RateLimiter>;
  readonly #terms: CallTerms;

  /** @param origins shared with what sees the same requests. */
  constructor(
    { baseUrl, ...given }: RateLimitOptions,
    origins: OriginReader = new OriginReader(baseUrl),
  ) {
    const settings = parseSettings('rateLimit()', rateLimitSettings, given);
    const { limiter: shared, estimate, usage, priority, learn, ...limits } = settings;
    this.#limiters = new PerOrigin(
      (origin) => shared ?? new RateLimiter({ ...limits, key: `${limits.key} ${origin}` }),
      origins,
    );
    this.#terms = { estimate, usage, priority, learn };
  }

  admit(request: TransportRequest, context: CallContext): Pass | Promise<Pass> {
    const limiter = this.#limiters.of(request);
    const cost = this.#terms.estimate?.(request);
    const lease = limiter.tryAcquire(cost);
    return lease === undefined
      ? this.#wait(limiter, cost, request, context)
      : new PermitPass(limiter, lease, this.#terms);
  }

  async #wait(
    limiter: RateLimiter,
    cost: Omit<Cost, 'requests'> | undefined,
    request: TransportRequest,
    context: CallContext,
  ): Promise<Pass> {
    const priority = this.#terms.priority?.(request);
    const { deadline } = context;
    const signal = waitSignal(context);
    const lease = await limiter.acquire({ ...cost, priority, signal, deadline });
    return new PermitPass(limiter, lease, this.#terms);
  }
}

class PermitPass implements Pass {
  readonly #limiter: RateLimiter;
  readonly #lease: RateLimitLease;
  readonly #terms: CallTerms;

  constructor(limiter: RateLimiter, lease: RateLimitLease, terms: CallTerms) {
    this.#limiter = limiter;
    this.#lease = lease;
    this.#terms = terms;
  }

  answered(response: TransportResponse): TransportResponse {
    const { status = 200, headers, body } = response;
    if (this.#terms.learn && tellsLimits(headers)) {
      this.#limiter.learn(readRateLimit({ status, headers }), this.#lease);
    }
    body.onClose(() => this.#lease.release());
    return this.#limiter.countsTokens ? withMeter(response, this.#meter()) : response;
  }

  failed(error: unknown): void {
    this.#lease.release();
    if (this.#limiter.countsTokens) this.#meter().failed(error);
    if (this.#terms.learn && error instanceof StatusError) {
      learnFrom(error, this.#limiter, this.#lease);
    }
  }

  #meter(): LeaseMeter {
    return new LeaseMeter(this.#lease, this.#terms.usage);
  }
}

/**
 * Whether a service tells anything of its limits. Each name is written where it is looked up: in a loop
 * over a list, this would cost as much as all other gates of a call.
 */
function tellsLimits(headers: ResponseHeaders): boolean {
  return (
    headers['x-ratelimit-remaining-requests'] !== undefined ||
    headers['x-ratelimit-remaining-tokens'] !== undefined ||
    headers['anthropic-ratelimit-requests-remaining'] !== undefined ||
    headers['anthropic-ratelimit-tokens-remaining'] !== undefined ||
    headers['x-ratelimit-remaining'] !== undefined ||
    headers['ratelimit'] !== undefined ||
    headers['ratelimit-remaining'] !== undefined
  );
}

/** A refusal tells what is left, and when it is for too many requests, how long all have to wait. */
function learnFrom(error: StatusError, limiter: RateLimiter, lease: RateLimitLease): void {
  const { status, headers } = error;
  const isLimit = error instanceof RateLimitError || error instanceof OverloadedError;
  const { buckets } = readRateLimit({ status, headers });
  limiter.learn({ buckets, waitMs: isLimit ? error.retryAfterMs : undefined }, lease);
}
