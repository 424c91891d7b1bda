import {
  type CallContext,
  createBody,
  type Middleware,
  parseSettings,
  raiseForStatus,
  reportHookError,
  type Send,
  setting,
  type TransportRequest,
  type TransportResponse,
} from '@linkspan/core';
import { isWorthAnotherWay } from './is-worth-another-way.ts';
import { withFailuresBefore } from './with-failures-before.ts';

/** When a fallback takes over. */
export interface FallbackOptions {
  /**
   * Whether the other way is tried after a failure; `undefined` leaves it to the default: the peer does
   * not work, refuses by a limit, or is not asked because its circuit is open or it has no place.
   */
  readonly when?: ((error: unknown) => boolean | undefined) | undefined;
  /** Told of each call that goes the other way. What it throws is reported as a warning. */
  readonly onFallback?: ((error: unknown, request: TransportRequest) => void) | undefined;
}

const fallbackSettings = {
  when: setting.callback<(error: unknown) => boolean | undefined>({ optional: true }),
  onFallback: setting.callback<(error: unknown, request: TransportRequest) => void>({
    optional: true,
  }),
};

/**
 * A layer that takes another way when a call fails before the head of its answer: another `Send`, that
 * of a transport or of layers over one, or an answer made of a value. Put it outermost. It has the
 * deadline of the call; what fails there, by its status as well, is what the call fails with, and tells
 * of the failure before. A call that its caller aborted goes nowhere.
 *
 * A layer sees a stream until its head alone: its body belongs to the reader, and to the clocks that
 * measure how long the reader waits. A stream that breaks behind its head goes another way with
 * `streamWithFallback()`; and `runWithFallback()` asks another client, or another provider.
 *
 * ```ts
 * fallback(otherTransport.send);
 * fallback((request, context) => answerOf({ items: [] }, context));
 * ```
 *
 * @throws ConfigurationError for options that are not right.
 */
export function fallback(other: Send, options: FallbackOptions = {}): Middleware {
  const { when, onFallback } = parseSettings('fallback()', fallbackSettings, options);
  // Behind this layer statuses are raised by the client; a transport leaves them as they are.
  const send = raiseForStatus(other);
  return (next) => async (request, context) => {
    try {
      return await next(request, context);
    } catch (error) {
      if (context.signal?.aborted === true || context.deadline.expired) throw error;
      if (!(when?.(error) ?? isWorthAnotherWay(error))) throw error;
      try {
        onFallback?.(error, request);
      } catch (hookError) {
        reportHookError('onFallback', hookError);
      }
      // Whatever the call has waited for before, it waits for that answer now.
      if (context.call !== undefined) context.call.phase = 'headers';
      return await send(request, context).catch((otherError: unknown) => {
        if (context.signal?.aborted === true) throw otherError;
        throw withFailuresBefore(otherError, [error]);
      });
    }
  };
}

/** An answer of a value, as JSON, for a fallback that needs no peer. */
export function answerOf(value: unknown, context: CallContext): TransportResponse {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: createBody([bytes], context),
  };
}
