import type { CallContext } from '../transport.ts';
import { waitSignal } from './wait-signal.ts';

/**
 * Waits on behalf of a call, on its clock. Timer and listener are gone when it ends.
 *
 * @throws the caller's `signal.reason`, or ClosedError when the client closes meanwhile.
 */
export function pause(ms: number, context: CallContext): Promise<void> {
  const signal = waitSignal(context);
  const { clock } = context.deadline;
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      clock.clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
