import { type Middleware, parseSettings, StatusError } from '@linkspan/core';
import { PerOrigin } from '../origin/per-origin.ts';
import { memoryStore } from '../store/memory-store.ts';
import { type CircuitBreakerOptions, circuitBreakerSettings } from './breaker-options.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { isServerFailure } from './says-peer-failed.ts';

/**
 * A layer with a {@link CircuitBreaker} for each origin. Put it inside of what retries, so that a
 * circuit that opens ends the tries. An answer counts when its head is there.
 *
 * ```ts
 * const client = createHttpClient({ middleware: [circuitBreaker({ rule: { consecutive: 5 } })] });
 * ```
 *
 * The layer rejects with `CircuitOpenError`, whose `retryAfterMs` says how long the circuit stays open.
 *
 * @throws ConfigurationError for options that are not right.
 */
export function circuitBreaker(
  options: CircuitBreakerOptions & {
    /** Where requests go whose target is a path. */
    readonly baseUrl?: string | URL | undefined;
  } = {},
): Middleware {
  const { baseUrl, ...given } = options;
  const settings = parseSettings('circuitBreaker()', circuitBreakerSettings, given);
  const store = settings.store ?? memoryStore({ clock: settings.clock });
  const breakers = new PerOrigin(
    (origin) => new CircuitBreaker(origin, { ...settings, store }),
    baseUrl,
  );
  return (next) => async (request, context) => {
    const breaker = breakers.of(request);
    const era = breaker.enter();
    try {
      const response = await next(request, context);
      const { status, headers } = response;
      if (status === undefined || !isServerFailure(status)) breaker.succeed(era);
      else breaker.fail(era, new StatusError(`Status ${status}`, { status, headers }));
      return response;
    } catch (error) {
      breaker.fail(era, error);
      throw error;
    }
  };
}
