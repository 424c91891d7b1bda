import type { TransportRequest } from '@linkspan/core';
import { isObject } from '../model/typed-event.ts';
import { readPayload } from '../request/read-payload.ts';

/** Which parameter of a method is mirrored into `mcp-name`. */
const NAMED_BY: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

/** What a header may hold as it is: visible ASCII, with spaces inside. */
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

const SENTINEL = /^=\?base64\?.*\?=$/;

/**
 * The headers in which a request of revision 2026-07-28 repeats its own body, for those on the way
 * that do not read it.
 */
export function mcp2026Headers(request: TransportRequest): Readonly<Record<string, string>> {
  const headers = { 'mcp-protocol-version': '2026-07-28' };
  const call = readPayload(request);
  if (!isObject(call) || typeof call['method'] !== 'string') return headers;
  const { method, params } = call;
  const parameter = Object.hasOwn(NAMED_BY, method) ? NAMED_BY[method] : undefined;
  const name = isObject(params) && parameter !== undefined ? params[parameter] : undefined;
  return {
    ...headers,
    'mcp-method': headerValue(method),
    ...(typeof name === 'string' && { 'mcp-name': headerValue(name) }),
  };
}

/** A value as it is, or in base64 where a header cannot hold it, or it looks like that itself. */
function headerValue(value: string): string {
  if (PLAIN.test(value) && !SENTINEL.test(value)) return value;
  const bytes = Array.from(new TextEncoder().encode(value), (byte) => String.fromCharCode(byte));
  return `=?base64?${btoa(bytes.join(''))}?=`;
}
