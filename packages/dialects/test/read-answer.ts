import type { Dialect, Outcome, StreamPlace, TransportRequest } from '@linkspan/core';
import { type ByteSource, decodeStream } from '@linkspan/dialects';

/** What came of a stream. */
export interface AnswerRead<Event, Final> {
  readonly events: Event[];
  readonly error: unknown;
  readonly partial: Final;
  readonly outcome: Outcome;
}

/** Reads the answer to a request as a stream, to its end, whatever that is. */
export async function readAnswer<Event, Final>(
  dialect: Dialect<Event, Final>,
  body: ByteSource,
  answer: { readonly request?: TransportRequest; readonly contentType?: string } = {},
): Promise<AnswerRead<Event, Final>> {
  const { request, contentType = 'text/event-stream' } = answer;
  const headers = { 'content-type': contentType, 'x-request-id': 'req_1' };
  const stream = decodeStream(body, dialect, { status: 200, headers, request });
  const events: Event[] = [];
  let error: unknown;
  try {
    for await (const event of stream) events.push(event);
  } catch (thrown) {
    error = thrown;
  }
  return { events, error, partial: stream.partial, outcome: await stream.outcome };
}

/** A POST with a value, as a client sends it: encoded. */
export function post(target: string, value: unknown, headers: object = {}): TransportRequest {
  return {
    operation: 'POST',
    target,
    headers: { 'content-type': 'application/json', ...headers },
    payload: { kind: 'bytes', bytes: new TextEncoder().encode(JSON.stringify(value)) },
  };
}

/** The value that a request carries. */
export function payloadOf(request: TransportRequest | undefined): unknown {
  const payload = request?.payload;
  return payload?.kind === 'bytes' ? JSON.parse(new TextDecoder().decode(payload.bytes)) : payload;
}

/** Where a stream stands, for the rules that resume and cancel it. */
export function placeOf<Final>(
  request: TransportRequest,
  partial: Final,
  rest: Partial<StreamPlace<Final>> = {},
): StreamPlace<Final> {
  return { request, partial, headers: {}, lastEventId: '', ...rest };
}
