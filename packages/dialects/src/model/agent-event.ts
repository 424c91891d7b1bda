import type { LinkspanError, StreamHead } from '@linkspan/core';
import type { SseEvent } from '../framing/sse-decoder.ts';
import { notJson, parseJson } from './parse-json.ts';
import { findReportedError, reportedError } from './reported-error.ts';
import { isObject, isText, type TypedEvent } from './typed-event.ts';

const WHAT = 'an event of the stream';

/**
 * Reads an event of the protocols of agents: a JSON object that says by its `type` what it is. The
 * name of the frame says nothing in them, and an error is an event among others.
 *
 * Gives the failure of what is no such event: nothing tells what was lost with it, so nobody may go
 * on as if nothing was. A gateway's own `{ error }` is the failure that it reports.
 */
export function readAgentEvent(frame: SseEvent, head: StreamHead): TypedEvent | LinkspanError {
  let event: unknown;
  try {
    event = parseJson(frame.data, WHAT, head.secrets);
  } catch (error) {
    return frame.type === 'error' ? reportedError(frame.data, head) : (error as LinkspanError);
  }
  if (isObject(event) && isText(event['type'])) return event as TypedEvent;
  const reported = findReportedError(event) ?? (frame.type === 'error' ? event : undefined);
  if (reported !== undefined) return reportedError(reported, head);
  return notJson(frame.data, WHAT, 'a JSON object with a type', head.secrets);
}

/** The failure of an event that has a text in such a field, and this one has not. */
export function missingText(
  event: TypedEvent,
  field: string,
  { secrets }: StreamHead,
): LinkspanError {
  return notJson(JSON.stringify(event), WHAT, `a text as its ${field}`, secrets);
}
