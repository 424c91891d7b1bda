import { type AnswerHeaders, jsonAnswer, type ValueAnswer } from './answer.ts';
import { fieldsOf } from './json-body.ts';

/** The id of a JSON-RPC request. */
export type RpcId = string | number | null;

/** A JSON-RPC request, as far as it is one. */
export interface RpcRequest {
  readonly id: RpcId | undefined;
  readonly method: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

/** An error of JSON-RPC: https://www.jsonrpc.org/specification#error_object */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** The codes that JSON-RPC itself has. */
export const rpcErrors = {
  parse: { code: -32700, message: 'Parse error' },
  invalidRequest: { code: -32600, message: 'Invalid Request' },
  methodNotFound: { code: -32601, message: 'Method not found' },
  invalidParams: { code: -32602, message: 'Invalid params' },
  internal: { code: -32603, message: 'Internal error' },
} as const;

/** Reads a body as one request or notification. */
export function readRpc(body: unknown): RpcRequest {
  const { id, method, params } = fieldsOf(body);
  return {
    id: typeof id === 'string' || typeof id === 'number' || id === null ? id : undefined,
    method: typeof method === 'string' ? method : undefined,
    params: fieldsOf(params),
  };
}

/** A response with a result. */
export function rpcResult(id: RpcId | undefined, result: unknown): object {
  return { jsonrpc: '2.0', id: id ?? null, result };
}

/** A response with an error. */
export function rpcFailure(id: RpcId | undefined, error: RpcError): object {
  return { jsonrpc: '2.0', id: id ?? null, error };
}

/** An answer with an error. */
export function rpcErrorAnswer(
  status: number,
  id: RpcId | undefined,
  error: RpcError,
  headers: AnswerHeaders = {},
): ValueAnswer {
  return jsonAnswer(status, rpcFailure(id, error), headers);
}
