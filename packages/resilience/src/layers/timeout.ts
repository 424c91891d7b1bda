import { Deadline } from '@linkspan/concurrency';
import { type Middleware, parseSettings, setting } from '@linkspan/core';

/** What a {@link timeout} bounds. Only limits that are tighter than those of the call count. */
export interface TimeoutOptions {
  /** All that happens within the layer: queues, tries, the body. @default Infinity */
  readonly totalMs?: number | undefined;
  /** Each attempt until the head of its answer. @default Infinity */
  readonly attemptMs?: number | undefined;
}

const timeoutSettings = {
  totalMs: setting.durationMs({ default: Infinity }),
  attemptMs: setting.durationMs({ default: Infinity }),
};

/**
 * A layer that gives calls less time. It has no timer of its own: the limits travel with the call, and
 * whatever waits within the layer, the transport at last, ends at them and names the one that it was.
 *
 * @throws ConfigurationError for options that are not right.
 */
export function timeout(options: TimeoutOptions): Middleware {
  const { totalMs, attemptMs } = parseSettings('timeout()', timeoutSettings, options);
  return (next) => (request, context) => {
    const { deadline } = context;
    return next(request, {
      ...context,
      deadline:
        totalMs === Infinity ? deadline : deadline.min(Deadline.after(totalMs, deadline.clock)),
      attemptMs: Math.min(attemptMs, context.attemptMs),
    });
  };
}
