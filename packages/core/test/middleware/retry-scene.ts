import { Deadline, ManualClock } from '@linkspan/concurrency';
import {
  applyMiddleware,
  type CallContext,
  ConnectionRefusedError,
  ConnectionResetError,
  type LinkspanError,
  memoryTransport,
  retry,
  type RetryOptions,
  statusError,
  type TransportRequest,
} from '@linkspan/core';

export const get: TransportRequest = { operation: 'GET', target: '/' };
export const post: TransportRequest = { operation: 'POST', target: '/' };

interface Scene {
  readonly fails: readonly (() => unknown)[];
  readonly retry?: RetryOptions;
  readonly totalMs?: number;
  readonly signal?: AbortSignal;
  readonly random?: () => number;
}

/** Sends through a retry layer to a handler that fails in turn, then answers. */
export function send(request: TransportRequest, scene: Scene) {
  const clock = new ManualClock();
  const attempts: { readonly atMs: number; readonly attempt: number }[] = [];
  const transport = memoryTransport((_request, { context: { attempt } }) => {
    attempts.push({ atMs: clock.now(), attempt });
    const fail = scene.fails[attempts.length - 1];
    if (fail !== undefined) throw fail();
    return { body: 'done' };
  });
  const context: CallContext = {
    signal: scene.signal,
    deadline: Deadline.after(scene.totalMs, clock),
    attempt: 1,
    streaming: false,
    attemptMs: Infinity,
    idleMs: Infinity,
    acceptStatus: (status) => status < 400,
  };
  const layer = retry(scene.retry, scene.random ?? (() => 1));
  const answer = applyMiddleware(transport.send, [layer])(request, context);
  answer.catch(() => {});
  return { answer, attempts, clock };
}

export const refused = (): unknown => new ConnectionRefusedError('Cannot connect');
export const reset = (): unknown => new ConnectionResetError('Cannot read: reset');
export const status =
  (code: number, headers: Record<string, string> = {}) =>
  (): unknown =>
    statusError({ status: code, headers });

/** What a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<LinkspanError> {
  try {
    await promise;
  } catch (error) {
    return error as LinkspanError;
  }
  throw new Error('Expected a failure');
}
