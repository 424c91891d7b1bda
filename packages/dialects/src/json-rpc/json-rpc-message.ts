import { isObject } from '../model/typed-event.ts';

/** What JSON-RPC tells calls apart by. */
export type JsonRpcId = string | number;

/** A call that wants an answer. */
export interface JsonRpcRequest {
  readonly jsonrpc: '2.0';
  readonly id: JsonRpcId;
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** A call that wants none. */
export interface JsonRpcNotification {
  readonly jsonrpc: '2.0';
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** The answer to a call. */
export interface JsonRpcResultResponse {
  readonly jsonrpc: '2.0';
  readonly id: JsonRpcId;
  readonly result: Readonly<Record<string, unknown>>;
}

/** The answer to a call that failed. */
export interface JsonRpcErrorResponse {
  readonly jsonrpc: '2.0';
  /** Absent or `null` when the call could not be read. */
  readonly id?: JsonRpcId | null;
  readonly error: JsonRpcError;
}

export interface JsonRpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/**
 * A message of JSON-RPC 2.0. They are told apart by their members: `'method' in message`, and with
 * it `'id' in message`; `'result' in message`; `'error' in message`.
 */
export type JsonRpcMessage =
  | JsonRpcRequest
  | JsonRpcNotification
  | JsonRpcResultResponse
  | JsonRpcErrorResponse;

/** Whether a value that was parsed is a message of JSON-RPC. */
export function isJsonRpcMessage(value: unknown): value is JsonRpcMessage {
  if (!isObject(value)) return false;
  if (typeof value['method'] === 'string') return true;
  return isObject(value['error']) || (value['result'] !== undefined && value['id'] !== undefined);
}

/** Whether a value is a call that wants an answer. */
export function isJsonRpcRequest(value: unknown): value is JsonRpcRequest {
  if (!isObject(value) || typeof value['method'] !== 'string') return false;
  return typeof value['id'] === 'string' || typeof value['id'] === 'number';
}
