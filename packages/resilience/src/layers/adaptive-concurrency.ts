import { CapacityLimiter, type Clock, type Lease } from '@linkspan/concurrency';
import {
  type CallContext,
  ConfigurationError,
  type Middleware,
  OverloadedError,
  parseSettings,
  RateLimitError,
  reportHookError,
  setting,
  TimeoutError,
  type TransportRequest,
  type TransportResponse,
} from '@linkspan/core';
import { saysPeerFailed } from '../breaker/says-peer-failed.ts';
import type { Gate, Pass } from '../gate/gate.ts';
import { gated } from '../gate/gated.ts';
import { OriginReader } from '../origin/origin-reader.ts';
import { PerOrigin } from '../origin/per-origin.ts';
import { enterLimiter } from './enter-limiter.ts';

/** How the limit of calls under way is found. */
export interface AdaptiveConcurrencyOptions {
  /** @default 20 */
  readonly initialLimit?: number | undefined;
  /** @default 1 */
  readonly minLimit?: number | undefined;
  /** @default 200 */
  readonly maxLimit?: number | undefined;
  /** What the limit is multiplied by when the peer has too much. @default 0.9 */
  readonly backoffRatio?: number | undefined;
  /** A head that takes longer says that the peer has too much. @default Infinity */
  readonly latencyMs?: number | undefined;
  /** How many may wait for a place; others are refused. @default 1_000 */
  readonly maxQueue?: number | undefined;
  /** Told of every whole change of a limit. What it throws is reported as a warning. */
  readonly onLimit?: ((origin: string, limit: number) => void) | undefined;
  /** Where requests go whose target is a path. */
  readonly baseUrl?: string | URL | undefined;
}

const adaptiveSettings = {
  initialLimit: setting.integer({ default: 20, min: 1 }),
  minLimit: setting.integer({ default: 1, min: 1 }),
  maxLimit: setting.integer({ default: 200, min: 1 }),
  backoffRatio: setting.number({ default: 0.9, min: 0.1, max: 0.99 }),
  latencyMs: setting.durationMs({ default: Infinity }),
  maxQueue: setting.integer({ default: 1_000, min: 0, orInfinity: true }),
  onLimit: setting.callback<(origin: string, limit: number) => void>({ optional: true }),
};

/**
 * A layer that finds out how many calls an origin can take at a time: the limit grows by one when as
 * many calls as it allows have succeeded, and shrinks by a tenth when the peer says, or shows, that it
 * has too much: 429, 503, 529, no answer in time, a head later than `latencyMs`.
 *
 * It is additive increase and multiplicative decrease, after D.-M. Chiu and R. Jain, "Analysis of the
 * Increase and Decrease Algorithms for Congestion Avoidance in Computer Networks", 1989, as `AIMDLimit`
 * of Netflix's concurrency-limits has it: it only grows while at least half of it is used. Calls that
 * were sent before the limit shrank do not shrink it again.
 *
 * @throws ConfigurationError for options that are not right.
 */
export function adaptiveConcurrency(options: AdaptiveConcurrencyOptions = {}): Middleware {
  return gated(new AdaptiveGate(options));
}

class AdaptiveGate implements Gate {
  readonly #limits: PerOrigin<AdaptiveLimit>;
  readonly #settings: AdaptiveSettings;

  constructor({ baseUrl, ...given }: AdaptiveConcurrencyOptions) {
    const settings = parseSettings('adaptiveConcurrency()', adaptiveSettings, given);
    if (settings.minLimit > settings.maxLimit) throw crossed(settings);
    this.#limits = new PerOrigin(
      (origin) => new AdaptiveLimit(origin, settings),
      new OriginReader(baseUrl),
    );
    this.#settings = settings;
  }

  admit(request: TransportRequest, context: CallContext): Pass | Promise<Pass> {
    const limit = this.#limits.of(request);
    const place = limit.limiter.tryAcquire();
    return place === undefined ? this.#wait(limit, context) : this.#pass(limit, place, context);
  }

  async #wait(limit: AdaptiveLimit, context: CallContext): Promise<Pass> {
    const { maxQueue } = this.#settings;
    const place = await enterLimiter(limit.limiter, maxQueue, context, 'adaptive limit');
    return this.#pass(limit, place, context);
  }

  #pass(limit: AdaptiveLimit, place: Lease, { deadline }: CallContext): Pass {
    const { latencyMs } = this.#settings;
    return new AdaptivePass(limit, place, latencyMs, deadline.clock);
  }
}

class AdaptivePass implements Pass {
  readonly #limit: AdaptiveLimit;
  readonly #place: Lease;
  readonly #latencyMs: number;
  readonly #clock: Clock;
  readonly #era: number;
  readonly #sentAt: number;

  constructor(limit: AdaptiveLimit, place: Lease, latencyMs: number, clock: Clock) {
    this.#limit = limit;
    this.#place = place;
    this.#latencyMs = latencyMs;
    this.#clock = clock;
    this.#era = limit.era;
    this.#sentAt = latencyMs === Infinity ? 0 : clock.now();
  }

  answered(response: TransportResponse): TransportResponse {
    if (this.#isSlow() || isRefusal(response.status)) this.#limit.shrink(this.#era);
    else this.#limit.grow();
    response.body.onClose(() => this.#place.release());
    return response;
  }

  failed(error: unknown): void {
    this.#place.release();
    if (saysTooMuch(error)) this.#limit.shrink(this.#era);
  }

  #isSlow(): boolean {
    return this.#latencyMs < Infinity && this.#clock.now() - this.#sentAt > this.#latencyMs;
  }
}

/** The limit of one origin. */
class AdaptiveLimit {
  readonly limiter: CapacityLimiter;
  /** Counts the times that the limit shrank. */
  era = 0;
  readonly #origin: string;
  readonly #settings: AdaptiveSettings;
  #limit: number;

  constructor(origin: string, settings: AdaptiveSettings) {
    const { initialLimit, minLimit, maxLimit } = settings;
    this.#origin = origin;
    this.#settings = settings;
    this.#limit = Math.min(Math.max(initialLimit, minLimit), maxLimit);
    this.limiter = new CapacityLimiter(this.#limit);
  }

  grow(): void {
    // What is not used says nothing about whether there could be more.
    if (this.limiter.borrowedTokens * 2 < this.#limit) return;
    this.#set(Math.min(this.#settings.maxLimit, this.#limit + 1 / this.#limit));
  }

  shrink(era: number): void {
    if (era !== this.era) return;
    this.era += 1;
    this.#set(Math.max(this.#settings.minLimit, this.#limit * this.#settings.backoffRatio));
  }

  #set(limit: number): void {
    this.#limit = limit;
    const whole = Math.floor(limit);
    if (whole === this.limiter.totalTokens) return;
    this.limiter.totalTokens = whole;
    try {
      this.#settings.onLimit?.(this.#origin, whole);
    } catch (error) {
      reportHookError('onLimit', error);
    }
  }
}

interface AdaptiveSettings {
  readonly initialLimit: number;
  readonly minLimit: number;
  readonly maxLimit: number;
  readonly backoffRatio: number;
  readonly latencyMs: number;
  readonly maxQueue: number;
  readonly onLimit: ((origin: string, limit: number) => void) | undefined;
}

function crossed({ minLimit, maxLimit }: AdaptiveSettings): ConfigurationError {
  const message = `expected at most maxLimit (${maxLimit}), found ${minLimit}`;
  return new ConfigurationError(`Cannot configure adaptiveConcurrency(): minLimit: ${message}`, {
    issues: [{ option: 'minLimit', message }],
  });
}

function isRefusal(status: number | undefined): boolean {
  return status === 429 || status === 503 || status === 529;
}

function saysTooMuch(error: unknown): boolean {
  return (
    error instanceof RateLimitError ||
    error instanceof OverloadedError ||
    (error instanceof TimeoutError && saysPeerFailed(error))
  );
}
