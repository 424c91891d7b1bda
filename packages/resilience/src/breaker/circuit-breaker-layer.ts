import {
  type Middleware,
  parseSettings,
  StatusError,
  type TransportRequest,
  type TransportResponse,
} from '@linkspan/core';
import type { Gate, Pass } from '../gate/gate.ts';
import { gated } from '../gate/gated.ts';
import { OriginReader } from '../origin/origin-reader.ts';
import { PerOrigin } from '../origin/per-origin.ts';
import { memoryStore } from '../store/memory-store.ts';
import { type CircuitBreakerOptions, circuitBreakerSettings } from './breaker-options.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { isServerFailure } from './says-peer-failed.ts';

/** How a layer breaks circuits. */
export interface CircuitBreakerLayerOptions extends CircuitBreakerOptions {
  /** Where requests go whose target is a path. */
  readonly baseUrl?: string | URL | undefined;
}

/**
 * A layer with a {@link CircuitBreaker} for each origin. Put it inside of what retries, so that a
 * circuit that opens ends the tries. An answer counts when its head is there.
 *
 * ```ts
 * const client = createHttpClient({ middleware: [circuitBreaker({ rule: { consecutive: 5 } })] });
 * ```
 *
 * The layer rejects with `CircuitOpenError`, whose `retryAfterMs` says how long the circuit stays open.
 * It is undefined while a trial is under way, so that what retries takes its own jittered backoff.
 *
 * @throws ConfigurationError for options that are not right.
 */
export function circuitBreaker(options: CircuitBreakerLayerOptions = {}): Middleware {
  return gated(new CircuitGate(options));
}

/** The gate of {@link circuitBreaker}. */
export class CircuitGate implements Gate {
  readonly #breakers: PerOrigin<CircuitBreaker>;

  /** @param origins shared with what sees the same requests. */
  constructor(
    { baseUrl, ...given }: CircuitBreakerLayerOptions,
    origins: OriginReader = new OriginReader(baseUrl),
  ) {
    const settings = parseSettings('circuitBreaker()', circuitBreakerSettings, given);
    const store = settings.store ?? memoryStore({ clock: settings.clock });
    this.#breakers = new PerOrigin(
      (origin) => new CircuitBreaker(origin, { ...settings, store }),
      origins,
    );
  }

  admit(request: TransportRequest): Pass {
    const breaker = this.#breakers.of(request);
    return new CircuitPass(breaker, breaker.enter());
  }
}

class CircuitPass implements Pass {
  readonly #breaker: CircuitBreaker;
  readonly #era: number;

  constructor(breaker: CircuitBreaker, era: number) {
    this.#breaker = breaker;
    this.#era = era;
  }

  answered(response: TransportResponse): TransportResponse {
    const { status, headers } = response;
    if (status === undefined || !isServerFailure(status)) this.#breaker.succeed(this.#era);
    else this.failed(new StatusError(`Status ${status}`, { status, headers }));
    return response;
  }

  failed(error: unknown): void {
    this.#breaker.fail(this.#era, error);
  }
}
