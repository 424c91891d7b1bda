import { tracingChannel } from 'node:diagnostics_channel';
import { type Middleware, redactUrl } from '@linkspan/core';

/**
 * What subscribers of the tracing channel `linkspan:http:request` are given: one object per attempt,
 * the same for all its events. It holds no header, no body, and no value of a query.
 */
export interface HttpRequestTrace {
  readonly method: string;
  /** Without user, password, fragment and the values of the query. */
  readonly url: string;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly streaming: boolean;
  /** Of the answer; there from `asyncStart` on. */
  status?: number;
  /** What the attempt failed with: a `LinkspanError`, or the reason of the caller's abort. */
  error?: unknown;
}

const channel = tracingChannel<unknown, HttpRequestTrace>('linkspan:http:request');

/**
 * Publishes every attempt on the tracing channel `linkspan:http:request` of `node:diagnostics_channel`:
 * `start` and `end` around sending it, `asyncStart` and `asyncEnd` when the head of the answer is
 * there, `error` when it fails. A store that is bound to `start` holds for what the attempt does.
 * Without subscribers it costs one look.
 */
export const traceCalls: Middleware = (next) => (request, context) => {
  if (!channel.hasSubscribers) return next(request, context);
  const trace: HttpRequestTrace = {
    method: request.operation,
    url: redactUrl(request.target),
    attempt: context.attempt,
    streaming: context.streaming,
  };
  const answer = channel.start.runStores(trace, () => next(request, context));
  channel.end.publish(trace);
  return answer.then(
    (response) => {
      if (response.status !== undefined) trace.status = response.status;
      channel.asyncStart.publish(trace);
      channel.asyncEnd.publish(trace);
      return response;
    },
    (error: unknown) => {
      trace.error = error;
      if (hasStatus(error)) trace.status = error.status;
      channel.error.publish(trace);
      channel.asyncStart.publish(trace);
      channel.asyncEnd.publish(trace);
      throw error;
    },
  );
};

function hasStatus(error: unknown): error is { readonly status: number } {
  return typeof error === 'object' && error !== null && 'status' in error;
}
