import { deadlineError, type TimeoutPlace } from '../authoring/call-timeout.ts';
import type { CallContext } from '../transport.ts';
import { waitSignal } from './wait-signal.ts';

/**
 * Waits for something that is not the call's own, for as long as the call may: the thing itself
 * goes on. Timer and listener are gone when it ends.
 *
 * @param place where the call is, for the failure at its deadline.
 * @throws TimeoutError when the call's deadline comes first; the caller's `signal.reason` when it
 * aborts first; ClosedError when the client closes.
 */
export async function waitWithin<Value>(
  promise: PromiseLike<Value>,
  context: CallContext,
  place: TimeoutPlace = { phase: 'queue', sent: 'no' },
): Promise<Value> {
  const { deadline } = context;
  const signal = waitSignal(context);
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal?.reason);
  const timer = deadline.isUnlimited
    ? undefined
    : deadline.clock.setTimeout(() => reject(deadlineError(context, place)), deadline.remainingMs);
  if (signal?.aborted === true) abort();
  else signal?.addEventListener('abort', abort);
  try {
    return await Promise.race([promise, ended]);
  } finally {
    if (timer !== undefined) deadline.clock.clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
