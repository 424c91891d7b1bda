import type { StreamPlace, TransportRequest } from '@linkspan/core';
import { withoutPayloadHeaders } from '../request/without-payload-headers.ts';

/** No server needs more for a name, and every request carries it. */
const MAX_ID_BYTES = 1024;

const CONTROLS = /\p{Cc}/u;

const utf8 = new TextEncoder();

/**
 * The GET that takes a stream of server-sent events up behind the last id: the same target and
 * headers, but for those that are about a payload, and those that are given here. `undefined` where
 * there is no id that can be sent.
 */
export function resumeByLastEventId(
  { request, lastEventId }: StreamPlace,
  other: Readonly<Record<string, string>> = {},
): TransportRequest | undefined {
  const id = lastEventIdValue(lastEventId);
  if (id === undefined) return undefined;
  const headers = { ...withoutPayloadHeaders(request.headers), ...other, 'last-event-id': id };
  return { operation: 'GET', target: request.target, headers, idempotent: true };
}

/**
 * A last event id as the value of a `last-event-id` header: its UTF-8 bytes, as browsers send it
 * (WHATWG HTML, section 9.2.4), each in one character, which is how header values are written.
 *
 * `undefined` for an id that would not arrive as it is: it is empty, longer than 1 KiB, has control
 * characters, or spaces at its ends, which a receiver drops.
 */
function lastEventIdValue(id: string): string | undefined {
  if (id === '' || id.length > MAX_ID_BYTES || CONTROLS.test(id)) return undefined;
  if (id.startsWith(' ') || id.endsWith(' ') || !id.isWellFormed()) return undefined;
  const bytes = utf8.encode(id);
  return bytes.length > MAX_ID_BYTES ? undefined : String.fromCharCode(...bytes);
}
