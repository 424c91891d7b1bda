import type { Body } from '../body.ts';
import type { Dialect } from '../dialect.ts';
import { EventStream, type EventStreamOptions } from './event-stream.ts';
import { isForeignHead, streamHead } from './stream-head.ts';

/**
 * Reads a body as the events of a dialect. Nothing is read until the first event is asked for; what
 * the head shows to be no stream of the dialect fails there.
 */
export function createEventStream<Event, Final>(
  body: Body,
  dialect: Dialect<Event, Final>,
  options: EventStreamOptions,
): EventStream<Event, Final> {
  return new EventStream(body, dialect, options);
}

/**
 * Like {@link createEventStream}, but an answer whose head shows that it is no stream of the
 * dialect (an HTML page, a JSON error, "no content") rejects here, before there is a stream.
 */
export async function openEventStream<Event, Final>(
  body: Body,
  dialect: Dialect<Event, Final>,
  options: EventStreamOptions,
): Promise<EventStream<Event, Final>> {
  const stream = new EventStream(body, dialect, options);
  if (isForeignHead(streamHead(options), dialect)) await stream.result();
  return stream;
}
