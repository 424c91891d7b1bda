import type { Middleware, RetryPolicy, TransportRequest } from '@linkspan/core';
import type { Gate } from './gate.ts';
import { gated } from './gated.ts';

/**
 * `retry()` around the layer of a gate, in one step: a call that succeeds at once, as nearly all do,
 * costs one promise for both.
 */
export function retryThrough(gate: Gate, policy: RetryPolicy): Middleware {
  return (next) => {
    const again = gated(gate)(next);
    const first = gated(gate, (request, context, error) =>
      policy.tryAgain(again, request, context, error),
    )(next);
    return (request, context) => {
      let begun: TransportRequest;
      try {
        begun = policy.begins(request, context);
      } catch (error) {
        return Promise.reject(error);
      }
      return first(begun, context);
    };
  };
}
