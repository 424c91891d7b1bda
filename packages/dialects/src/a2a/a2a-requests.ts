import {
  type LinkspanError,
  StatusError,
  type StreamPlace,
  type TransportRequest,
} from '@linkspan/core';
import { isJsonRpcRequest } from '../json-rpc/json-rpc-message.ts';
import { postJson } from '../request/post-json.ts';
import { readPayload } from '../request/read-payload.ts';
import { withoutPayloadHeaders } from '../request/without-payload-headers.ts';
import type { A2aResult } from './a2a-reader.ts';

/** What is asked of the agent about a task that a stream is about. */
type Operation = 'SubscribeToTask' | 'GetTask' | 'CancelTask';

/** More than any agent needs to name a task, and little enough for a path. */
const MAX_ID_LENGTH = 1024;

/** What follows the address of an agent in the requests that open a stream over HTTP and JSON. */
const STREAM_PATH = /\/(?:message:stream|tasks\/[^/?#]*:subscribe)(?=[?#]|$)/;

/** How the REST binding writes each operation. */
const REST = {
  SubscribeToTask: { method: 'POST', verb: ':subscribe' },
  GetTask: { method: 'GET', verb: '' },
  CancelTask: { method: 'POST', verb: ':cancel' },
} as const;

/**
 * The request for an operation on the task of a stream, in the binding of the request that opened
 * it; `undefined` when no task is known, or the binding is none that is known.
 */
export function taskRequest(
  operation: Operation,
  { request, partial }: StreamPlace<A2aResult>,
): TransportRequest | undefined {
  const { taskId } = partial;
  if (taskId === undefined || taskId.length > MAX_ID_LENGTH || !taskId.isWellFormed()) {
    return undefined;
  }
  const headers = {
    ...withoutPayloadHeaders(request.headers),
    ...(operation !== 'SubscribeToTask' && { accept: 'application/json, application/a2a+json' }),
  };
  const call = readPayload(request);
  if (isJsonRpcRequest(call)) {
    const tenant = call.params?.['tenant'];
    const params = { id: taskId, ...(typeof tenant === 'string' && { tenant }) };
    const { id } = call;
    return postJson(request.target, headers, { jsonrpc: '2.0', id, method: operation, params });
  }
  const opened = STREAM_PATH.exec(request.target);
  if (opened === null) return undefined;
  const { method, verb } = REST[operation];
  const path = `/tasks/${encodeURIComponent(taskId)}${verb}`;
  const before = request.target.slice(0, opened.index);
  const behind = request.target.slice(opened.index + opened[0].length);
  return { operation: method, target: `${before}${path}${behind}`, headers, idempotent: true };
}

/**
 * What is asked for where an agent refuses to be listened to: the task itself, when it is over, or
 * not found, as some agents say then; over REST the subscription by GET, as the protocol buffers of
 * the specification have it, when POST is not allowed.
 */
export function insteadOfSubscribing(
  place: StreamPlace<A2aResult>,
  refusal: LinkspanError,
): TransportRequest | undefined {
  if (!(refusal instanceof StatusError)) return undefined;
  if (refusal.status === 404 || isUnsupported(refusal)) return taskRequest('GetTask', place);
  const request = refusal.status === 405 ? taskRequest('SubscribeToTask', place) : undefined;
  if (request === undefined || request.payload !== undefined) return undefined;
  return { ...request, operation: 'GET' };
}

/** UnsupportedOperationError, by its code in the one binding and by its reason in the other. */
function isUnsupported({ body = '' }: StatusError): boolean {
  return /"code" *: *-32004\b|"UNSUPPORTED_OPERATION"/.test(body);
}
