import type { TransportRequest } from '@linkspan/core';

/** A request that carries a value as JSON, in the place of another one. */
export function postJson(
  target: string,
  headers: Readonly<Record<string, string>>,
  value: unknown,
): TransportRequest {
  return {
    operation: 'POST',
    target,
    headers: { ...headers, 'content-type': 'application/json' },
    payload: { kind: 'bytes', bytes: new TextEncoder().encode(JSON.stringify(value)) },
    idempotent: true,
  };
}
