import { CapacityLimiter, type Lease } from '@linkspan/concurrency';
import {
  type CallContext,
  type Middleware,
  parseSettings,
  setting,
  type TransportRequest,
  type TransportResponse,
} from '@linkspan/core';
import type { Gate, Pass } from '../gate/gate.ts';
import { gated } from '../gate/gated.ts';
import { OriginReader } from '../origin/origin-reader.ts';
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
  return gated(new BulkheadGate(options));
}

/** The gate of {@link bulkhead}. */
export class BulkheadGate implements Gate {
  readonly #limiters: PerOrigin<CapacityLimiter>;
  readonly #maxQueue: number;

  /** @param origins shared with what sees the same requests. */
  constructor(
    { baseUrl, ...given }: BulkheadOptions,
    origins: OriginReader = new OriginReader(baseUrl),
  ) {
    const { limit, maxQueue } = parseSettings('bulkhead()', bulkheadSettings, given);
    this.#limiters = new PerOrigin(() => new CapacityLimiter(limit), origins);
    this.#maxQueue = maxQueue;
  }

  admit(request: TransportRequest, context: CallContext): Pass | Promise<Pass> {
    const limiter = this.#limiters.of(request);
    const place = limiter.tryAcquire();
    return place === undefined ? this.#wait(limiter, context) : new PlacePass(place);
  }

  async #wait(limiter: CapacityLimiter, context: CallContext): Promise<Pass> {
    return new PlacePass(await enterLimiter(limiter, this.#maxQueue, context, 'bulkhead'));
  }
}

class PlacePass implements Pass {
  readonly #place: Lease;

  constructor(place: Lease) {
    this.#place = place;
  }

  answered(response: TransportResponse): TransportResponse {
    response.body.onClose(() => this.#place.release());
    return response;
  }

  failed(): void {
    this.#place.release();
  }
}
