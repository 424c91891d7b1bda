import {
  type LinkspanError,
  type StatusError,
  type StreamHead,
  StreamIncompleteError,
} from '@linkspan/core';
import type { SseEvent } from '../framing/sse-decoder.ts';
import { notJson, parseJson } from './parse-json.ts';
import { findReportedError, reportedError } from './reported-error.ts';

/** An event that says in its data what it is. Nothing else of it can be relied on. */
export interface TypedEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/**
 * Reads an event of the protocols whose events are JSON objects with a `type`. Proxies lose one of
 * the two names that such an event has: the one in the data holds, and where that is missing, the
 * one of the frame.
 *
 * Gives the failure of an event that reports an error in a form that all peers share, or that
 * cannot be read: nothing tells what was lost with it, so nobody may go on as if nothing was. The
 * `[DONE]` of some servers ends a stream that has not ended before, and is no success.
 */
export function readTypedEvent(
  frame: SseEvent,
  head: StreamHead,
  dialect: string,
): TypedEvent | LinkspanError {
  if (frame.data.startsWith('[DONE]')) return doneTooSoon(dialect);
  let event: unknown;
  try {
    event = parseJson(frame.data, 'an event of the stream', head.secrets);
  } catch (error) {
    return frame.type === 'error' ? reportedError(frame.data, head) : (error as LinkspanError);
  }
  if (!isObject(event)) {
    return notJson(frame.data, 'an event of the stream', 'a JSON object', head.secrets);
  }
  if (frame.type === 'error' || event['type'] === 'error') return reportedIn(event, head);
  if (typeof event['type'] === 'string') return event as TypedEvent;
  if (findReportedError(event) !== undefined) return reportedIn(event, head);
  return { ...event, type: frame.type };
}

/** The failure of a stream that ends with `[DONE]` and without what its protocol ends it with. */
export function doneTooSoon(dialect: string): StreamIncompleteError {
  return new StreamIncompleteError(
    `Cannot complete the ${dialect} stream: [DONE] came before its terminator`,
  );
}

/** Whether a value has fields. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether there is something in a text. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** The error is in a field of its own, with the name of the request beside it, or is the event. */
function reportedIn(event: Readonly<Record<string, unknown>>, head: StreamHead): StatusError {
  const { type, request_id: requestId } = event;
  const reported = findReportedError(event) ?? { ...event, type: type === 'error' ? null : type };
  const isNamed = isObject(reported) && isText(requestId);
  return reportedError(isNamed ? { ...reported, request_id: requestId } : reported, head);
}
