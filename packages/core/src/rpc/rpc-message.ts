import { jsonCodec, parseJson } from '../codec/json-codec.ts';
import { isPlainObject } from '../settings/is-plain-object.ts';

/** What a call and its answer have in common. `null` names a call whose id could not be read. */
export type RpcId = string | number | null;

/** What a method is called with: by position, or by name. */
export type RpcParams = readonly unknown[] | object;

/** An error as JSON-RPC writes it. */
export interface RpcErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** The answer to a call, as it is written. */
export type RpcResponse = { readonly jsonrpc: '2.0'; readonly id: RpcId } & (
  | { readonly result: unknown }
  | { readonly error: RpcErrorObject }
);

/** A call that was read; a notification has no id. */
export interface ReadCall {
  readonly kind: 'call';
  readonly id: RpcId | undefined;
  readonly method: string;
  readonly params: RpcParams | undefined;
}

/** The answer to a call of ours that was read, or what it has of one. */
export interface ReadAnswer {
  readonly kind: 'answer';
  readonly id: unknown;
  readonly outcome:
    | { readonly result: unknown }
    | { readonly error: RpcErrorObject }
    | { readonly problem: string };
}

/** What is neither, and has to be answered with an error. */
export interface ReadFault {
  readonly kind: 'fault';
  readonly id: RpcId;
  readonly error: RpcErrorObject;
}

export const PARSE_ERROR: RpcErrorObject = { code: -32700, message: 'Parse error' };
export const METHOD_NOT_FOUND: RpcErrorObject = { code: -32601, message: 'Method not found' };
export const INTERNAL_ERROR: RpcErrorObject = { code: -32603, message: 'Internal error' };

/** The value that a message of a channel holds: text and bytes are parsed, others are values already. */
export function parseMessage(message: unknown): unknown {
  if (typeof message === 'string') return parseJson(message);
  if (ArrayBuffer.isView(message)) {
    return jsonCodec.decode(new Uint8Array(message.buffer, message.byteOffset, message.byteLength));
  }
  return message instanceof ArrayBuffer ? jsonCodec.decode(new Uint8Array(message)) : message;
}

/**
 * Tells what a parsed value is, by the rules of JSON-RPC 2.0, sections 4 and 5. What has a method is
 * a call; what has none and a result or an error is an answer, which is never answered itself.
 */
export function readMessage(value: unknown): ReadCall | ReadAnswer | ReadFault {
  if (!isPlainObject(value)) return fault(null, 'expected an object');
  const { jsonrpc, id, method, params } = value;
  if (method === undefined && ('result' in value || 'error' in value)) {
    return { kind: 'answer', id, outcome: readOutcome(value) };
  }
  if (!isId(id) && id !== undefined) {
    return fault(null, "expected 'id' to be a string, a number or null");
  }
  if (jsonrpc !== '2.0') return fault(id ?? null, "expected 'jsonrpc' to be '2.0'");
  if (typeof method !== 'string') return fault(id ?? null, "expected 'method' to be a string");
  if (params !== undefined && !isParams(params)) {
    return fault(id ?? null, "expected 'params' to be an array or an object");
  }
  return { kind: 'call', id, method, params };
}

/** The error for a message that is no request; section 5.1. */
export function invalidRequest(problem: string): RpcErrorObject {
  return { code: -32600, message: 'Invalid Request', data: problem };
}

/** Whether a value is what a method may be called with. */
export function isParams(value: unknown): value is RpcParams {
  return typeof value === 'object' && value !== null;
}

/** Whether a value names a call. */
export function isId(value: unknown): value is RpcId {
  return value === null || typeof value === 'string' || Number.isFinite(value);
}

function fault(id: RpcId, problem: string): ReadFault {
  return { kind: 'fault', id, error: invalidRequest(problem) };
}

function readOutcome(value: Readonly<Record<string, unknown>>): ReadAnswer['outcome'] {
  const { jsonrpc, result, error } = value;
  if (jsonrpc !== '2.0') return { problem: "expected 'jsonrpc' to be '2.0'" };
  // Many a server writes the other one too, as null.
  if (error === undefined || (error === null && result !== undefined)) return { result };
  if (result !== undefined && result !== null) {
    return { problem: "expected either 'result' or 'error', found both" };
  }
  if (!isPlainObject(error)) return { problem: "expected 'error' to be an object" };
  const { code, message, data } = error;
  if (!Number.isSafeInteger(code))
    return { problem: "expected the 'code' of 'error' to be an integer" };
  if (typeof message !== 'string')
    return { problem: "expected the 'message' of 'error' to be a string" };
  return { error: { code: code as number, message, ...('data' in error && { data }) } };
}
