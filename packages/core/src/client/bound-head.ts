import { TimeoutError } from '../errors/local-errors.ts';
import type { Middleware } from '../middleware/middleware.ts';
import type { CallContext, Send, TransportRequest, TransportResponse } from '../transport.ts';

/**
 * Holds the wait for the head of a stream to `firstEventMs` too: no event comes before the head.
 * Transports know `attemptMs` alone, so that the earlier of the two is what they are given, and the
 * failure is told in the words of the option that it was.
 */
export const boundHead: Middleware = (next) => (request, context) => {
  const firstEventMs = context.call?.firstEventMs ?? Infinity;
  return firstEventMs < context.attemptMs
    ? sendWithin(firstEventMs, next, request, context)
    : next(request, context);
};

async function sendWithin(
  firstEventMs: number,
  next: Send,
  request: TransportRequest,
  context: CallContext,
): Promise<TransportResponse> {
  try {
    return await next(request, { ...context, attemptMs: firstEventMs });
  } catch (error) {
    if (!(error instanceof TimeoutError) || error.clock !== 'attemptMs') throw error;
    const { phase, sent, retryable, limitMs, elapsedMs, transport } = error;
    throw new TimeoutError(
      `Cannot read the stream: no first event within ${limitMs} ms, nor the head of an answer`,
      {
        clock: 'firstEventMs',
        code: 'first_event_timeout',
        limitMs,
        elapsedMs,
        phase,
        sent,
        retryable,
        transport,
      },
    );
  }
}
