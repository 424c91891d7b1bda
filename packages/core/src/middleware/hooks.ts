import { TransportError } from '../errors/transport-error.ts';
import type { Middleware } from './middleware.ts';
import { reportHookError } from './report-hook-error.ts';
import type { CallContext, TransportRequest, TransportResponse } from '../transport.ts';

/** What an `onResponse` hook decides instead of an answer: whether the call is tried again. */
export interface RetryDecision {
  readonly retry: boolean;
  /** How long to wait before the next try. @default what the answer asks for, or the usual backoff */
  readonly afterMs?: number;
}

/** Sees, and may replace, the request of every attempt. */
export type OnRequest = (
  request: TransportRequest,
  context: CallContext,
) => TransportRequest | undefined | void | Promise<TransportRequest | undefined | void>;

/** Sees the head of every answer, of whatever status, and may replace it or decide about a retry. */
export type OnResponse = (
  response: TransportResponse,
  request: TransportRequest,
  context: CallContext,
) =>
  | TransportResponse
  | RetryDecision
  | undefined
  | void
  | Promise<TransportResponse | RetryDecision | undefined | void>;

/** Told of what a call is about to fail with. */
export type OnError = (
  error: unknown,
  request: TransportRequest,
  context: CallContext,
) => void | Promise<void>;

/**
 * A layer that lets a hook see and replace requests. The hook takes part in the call: what it
 * throws, the call fails with, and nothing is sent.
 */
export function onRequest(hook: OnRequest): Middleware {
  return (next) => async (request, context) =>
    await next((await hook(request, context)) ?? request, context);
}

/**
 * A layer that lets a hook see and replace answers, and ask for another try. The hook takes part in
 * the call: what it throws, the call fails with, and the answer's wire is freed.
 *
 * A decision overrides what the failure says of itself, for methods that are not idempotent too;
 * the limits of the retry layer hold.
 */
export function onResponse(hook: OnResponse): Middleware {
  return (next) => async (request, context) => {
    const response = await next(request, context);
    try {
      const answer = (await hook(response, request, context)) ?? response;
      return 'retry' in answer ? decide(answer, response, context) : answer;
    } catch (error) {
      // The failure that is told is the hook's, not another of the cleanup.
      await response.body.cancel(error).catch(() => {});
      throw error;
    }
  };
}

/**
 * A layer that tells a hook of failures. The hook only looks: what it throws is reported as a
 * warning, and the call fails with its own failure.
 */
export function onError(hook: OnError): Middleware {
  return (next) => async (request, context) => {
    try {
      return await next(request, context);
    } catch (error) {
      try {
        await hook(error, request, context);
      } catch (hookError) {
        reportHookError('onError', hookError);
      }
      throw error;
    }
  };
}

function decide(
  { retry, afterMs }: RetryDecision,
  response: TransportResponse,
  context: CallContext,
): TransportResponse {
  const { status } = response;
  if (status !== undefined && !context.acceptStatus(status)) {
    // The status becomes a failure further out; these headers say there what is to be done with it.
    const headers = { ...response.headers, 'x-should-retry': String(retry) };
    return {
      ...response,
      headers:
        afterMs === undefined
          ? headers
          : { ...headers, 'retry-after-ms': String(Math.ceil(afterMs)) },
    };
  }
  if (!retry) return response;
  throw new TransportError(
    `Cannot take the answer${status === undefined ? '' : ` (status ${status})`}: the onResponse hook asks for another try`,
    {
      code: 'retry_requested',
      phase: 'headers',
      retryable: 'yes',
      sent: 'yes',
      retryAfterMs: afterMs,
    },
  );
}
