import type { Middleware } from './middleware.ts';
import type { RetryOptions } from './retry-options.ts';
import { type RetryPolicy, retryPolicy } from './retry-policy.ts';

/**
 * Tries failed calls again, when that is safe: the failure is one that another try may cure, the
 * payload can be sent again, and a request that is not idempotent has not reached the peer or was
 * certainly not processed.
 *
 * The wait is what the peer asks for, exactly, or else random up to `baseDelayMs`, doubling, up to
 * `maxDelayMs` (full jitter). A wait that reaches past the call's deadline fails the call at once,
 * with the failure that was to be cured, and so does a budget that is used up. Failures say in
 * `attempts` how often the call was tried.
 *
 * @throws ConfigurationError for options that are not right.
 */
export function retry(options: RetryOptions = {}, random: () => number = Math.random): Middleware {
  return retryWith(retryPolicy(options, random));
}

/** {@link retry} by a policy that is there already. */
export function retryWith(policy: RetryPolicy): Middleware {
  return (next) => async (request, context) => {
    const first = policy.begins(request, context);
    try {
      return await next(first, context);
    } catch (error) {
      return await policy.tryAgain(next, first, context, error);
    }
  };
}
