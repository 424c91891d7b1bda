import type { Dialect, Outcome } from '@linkspan/core';
import { type ByteSource, decodeStream } from '@linkspan/dialects';

/** What came of a stream. */
export interface ReadStream<Event, Final> {
  readonly events: Event[];
  readonly error: unknown;
  readonly partial: Final;
  readonly outcome: Outcome;
}

/** Reads a stream to its end, whatever that is. */
export async function readStream<Event, Final>(
  bytes: ByteSource,
  dialect: Dialect<Event, Final>,
  headers: Readonly<Record<string, string>> = {},
): Promise<ReadStream<Event, Final>> {
  const stream = decodeStream(bytes, dialect, {
    status: 200,
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'x-request-id': 'req_1',
      ...headers,
    },
  });
  const events: Event[] = [];
  let error: unknown;
  try {
    for await (const event of stream) events.push(event);
  } catch (thrown) {
    error = thrown;
  }
  return { events, error, partial: stream.partial, outcome: await stream.outcome };
}
