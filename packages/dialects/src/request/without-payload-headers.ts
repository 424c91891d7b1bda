import type { TransportRequest } from '@linkspan/core';

/** About the payload of a request, or about that one request: not for another in its place. */
const OF_ONE_REQUEST = new Set([
  'content-type',
  'content-length',
  'content-encoding',
  'content-md5',
  'content-digest',
  'expect',
  'idempotency-key',
]);

/** The headers of a request for another one in its place: credentials, versions, sessions. */
export function withoutPayloadHeaders(
  headers: TransportRequest['headers'] = {},
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_ONE_REQUEST.has(name)));
}
