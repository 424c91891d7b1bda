import type { StatusError, StreamHead } from '@linkspan/core';
import { reportedError } from '../model/reported-error.ts';
import { isObject } from '../model/typed-event.ts';

/** What an error code of JSON-RPC is called, and the status that means the same. */
export type JsonRpcErrorCodes = Readonly<Record<number, readonly [name: string, status: number]>>;

/** The codes of JSON-RPC 2.0 itself, section 5.1. */
const STANDARD: JsonRpcErrorCodes = {
  [-32700]: ['ParseError', 400],
  [-32600]: ['InvalidRequest', 400],
  [-32601]: ['MethodNotFound', 404],
  [-32602]: ['InvalidParams', 400],
  [-32603]: ['InternalError', 500],
};

/**
 * The failure that an error of JSON-RPC stands for: the class of the status that means the same, by
 * the codes of a protocol and those of JSON-RPC. Its `body` is the error, with its `data`. A code
 * that neither knows is a `ServerError`, unless it is itself a status.
 */
export function jsonRpcFailure(
  error: unknown,
  codes: JsonRpcErrorCodes,
  head: StreamHead,
): StatusError {
  const code = isObject(error) ? error['code'] : undefined;
  const known = typeof code === 'number' ? (codes[code] ?? STANDARD[code]) : undefined;
  if (known === undefined || !isObject(error)) return reportedError(error, head);
  const [type, status] = known;
  return reportedError({ ...error, type }, head, status);
}
