import type { InFlightCall } from '../client/in-flight-call.ts';
import type { TransportRequest } from '../transport.ts';
import { isIdempotent } from './is-idempotent.ts';

/**
 * The request with an `idempotency-key` header, unless it has one, or is idempotent without, or says
 * that it is not. All that is sent for one call carries the same key.
 */
export function withIdempotencyKey(
  request: TransportRequest,
  call: InFlightCall | undefined,
): TransportRequest {
  if (request.idempotent !== undefined || isIdempotent(request)) return request;
  const key = call?.idempotencyKey ?? crypto.randomUUID();
  if (call !== undefined) call.idempotencyKey = key;
  return { ...request, headers: { ...request.headers, 'idempotency-key': key } };
}
