import type { CapacityLimiter, Lease } from '@linkspan/concurrency';
import { type CallContext, deadlineError, PoolExhaustedError, waitSignal } from '@linkspan/core';

/**
 * A place among the calls that are under way; who has to wait is served in the order of coming, within
 * the deadline of the call.
 *
 * @throws PoolExhaustedError when `maxQueue` wait already; TimeoutError at the deadline; the reason of
 * the caller, or of the client that closes.
 */
export async function enterLimiter(
  limiter: CapacityLimiter,
  maxQueue: number,
  context: CallContext,
  name: 'bulkhead' | 'adaptive limit',
): Promise<Lease> {
  const { deadline } = context;
  const signal = waitSignal(context);
  if (limiter.waiting >= maxQueue) {
    throw new PoolExhaustedError(
      `Cannot send the request: ${limiter.borrowedTokens} calls are under way, and ${limiter.waiting} wait already`,
      { code: 'bulkhead_full' },
    );
  }
  try {
    return await limiter.acquire({ signal, deadline });
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    if (!deadline.expired) throw error;
    const missed = `its turn in the ${name} did not come`;
    throw deadlineError(context, { phase: 'queue', sent: 'no', missed });
  }
}
