import type { TransportRequest } from '../transport.ts';

/** RFC 9110, section 9.2.2. */
const IDEMPOTENT_METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'PUT',
  'DELETE',
]);

/**
 * Whether doing a request twice has the effect of doing it once: it says so itself, its method does
 * by RFC 9110, or it carries an `idempotency-key` header.
 */
export function isIdempotent(request: TransportRequest): boolean {
  if (request.idempotent !== undefined) return request.idempotent;
  return (
    IDEMPOTENT_METHODS.has(request.operation) || request.headers?.['idempotency-key'] !== undefined
  );
}
