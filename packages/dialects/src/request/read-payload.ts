import type { TransportRequest } from '@linkspan/core';

/** The value that a request carries as JSON, encoded or not; `undefined` when it cannot be told. */
export function readPayload(request: TransportRequest | undefined): unknown {
  const payload = request?.payload;
  if (payload?.kind === 'value') return payload.value;
  if (payload?.kind !== 'bytes') return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(payload.bytes));
  } catch {
    return undefined; // Whoever sent it meant something else: the peer will say so.
  }
}
