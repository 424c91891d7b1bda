import {
  type CallContext,
  type Middleware,
  redactUrl,
  reportHookError,
  type TransportRequest,
} from '@linkspan/core';
import type { Clock, TimerHandle } from '@linkspan/concurrency';

/** A call that has been under way for a long time, and still is. */
export interface SlowCall {
  readonly method: string;
  /** Without user, password, fragment and the values of the query. */
  readonly url: string;
  /** The attempt that is under way: 1 for the first. */
  readonly attempt: number;
  /** Since the call began, queueing and retries included. */
  readonly elapsedMs: number;
  readonly streaming: boolean;
}

/**
 * Tells of each call that is still under way `slowMs` after it began, once; the call itself goes on.
 * A body that is still being read counts. What `onSlow` throws becomes a process warning.
 */
export function watchSlowCalls(slowMs: number, onSlow: (call: SlowCall) => void): Middleware {
  const told = new WeakSet<object>();
  return (next) => async (request, context) => {
    const call = context.call ?? context;
    if (told.has(call)) return await next(request, context);
    const watch = startWatch(request, context, slowMs, (slow) => {
      told.add(call);
      try {
        onSlow(slow);
      } catch (error) {
        reportHookError('onSlow', error);
      }
    });
    try {
      const response = await next(request, context);
      response.body.onClose(watch.stop);
      return response;
    } catch (error) {
      watch.stop();
      throw error;
    }
  };
}

function startWatch(
  request: TransportRequest,
  context: CallContext,
  slowMs: number,
  tell: (call: SlowCall) => void,
): { readonly stop: () => void } {
  const { clock }: { readonly clock: Clock } = context.deadline;
  const startedAt = context.call?.startedAt ?? clock.now();
  const timer: TimerHandle = clock.setTimeout(
    () => {
      tell({
        method: request.operation,
        url: redactUrl(request.target),
        attempt: context.attempt,
        elapsedMs: clock.now() - startedAt,
        streaming: context.streaming,
      });
    },
    Math.max(0, startedAt + slowMs - clock.now()),
  );
  return { stop: () => clock.clearTimeout(timer) };
}
