import { type CallContext, TimeoutError } from '@linkspan/core';

/**
 * Waits for something that calls share, for as long as this call may: the thing itself goes on.
 *
 * @throws TimeoutError when the call's deadline comes first; the caller's `signal.reason` when it
 * aborts first; ClosedError when the client closes.
 */
export function waitWithin<Value>(promise: Promise<Value>, context: CallContext): Promise<Value> {
  const { deadline } = context;
  const signal = context.call?.signal ?? context.signal;
  if (signal === undefined && deadline.isUnlimited) return promise;
  return new Promise((resolve, reject) => {
    const { clock } = deadline;
    const startedAt = clock.now();
    const timer = deadline.isUnlimited
      ? undefined
      : clock.setTimeout(() => {
          const elapsedMs = clock.now() - startedAt;
          leave();
          reject(
            new TimeoutError(
              'Cannot authenticate the request: the call ran out of time while it waited for credentials',
              { clock: 'totalMs', limitMs: elapsedMs, elapsedMs, phase: 'queue' },
            ),
          );
        }, deadline.remainingMs);
    const abort = (): void => {
      leave();
      reject(signal?.reason);
    };
    const leave = (): void => {
      if (timer !== undefined) clock.clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    promise.then(resolve, reject).finally(leave);
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort);
  });
}
