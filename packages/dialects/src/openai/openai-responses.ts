import type { Dialect, StreamPlace, TransportRequest } from '@linkspan/core';
import { createSseDecoder, type SseEvent } from '../framing/sse-decoder.ts';
import { bodyError } from '../model/reported-error.ts';
import { withoutPayloadHeaders } from '../request/without-payload-headers.ts';
import { OpenaiResponsesReader, type ResponsesResult } from './openai-responses-reader.ts';
import type { ResponsesEvent } from './responses-event.ts';

/**
 * OpenAI's Responses API as a stream, and that of the servers that are compatible with it.
 *
 * - The stream ends at `response.completed` or `response.incomplete`, also when the socket stays
 *   open. `finishReason` is `'completed'`, or says why the response is cut: `'max_output_tokens'`,
 *   `'content_filter'`. What the response says of itself is looked at too: one that is
 *   incomplete inside, under the name of a completed one, is told as incomplete.
 * - `response.failed`, a response that was cancelled, and an `error` event fail it, by their `code`.
 *   `[DONE]` is not needed, and alone it is no success.
 * - An event that is not JSON fails it, since what was lost with it may be part of the text; one
 *   that the end of the bytes cut makes it incomplete.
 * - Text comes in the order of the output. `toolCalls` are those that the caller has to answer;
 *   tools that the provider runs itself are in the events.
 * - A response in the background (`background: true`) can be taken up behind the last
 *   `sequence_number`, and is cancelled by a request; any other ends with its wire.
 *
 * @see https://platform.openai.com/docs/api-reference/responses-streaming
 */
export const openaiResponses: Dialect<ResponsesEvent, ResponsesResult, SseEvent> = {
  name: 'openai-responses',
  accept: 'text/event-stream',
  contentTypes: ['text/event-stream'],
  decode: (limits) => createSseDecoder({ ...limits, dispatchIncomplete: true }),
  read: (head) => new OpenaiResponsesReader(head),
  classifyError: bodyError,
  resume: {
    sends: 'rest',
    ids: 'counting',
    request(place) {
      if (!/^\d+$/.test(place.lastEventId)) return undefined;
      return requestTo(place, 'GET', '', `stream=true&starting_after=${place.lastEventId}`);
    },
  },
  cancel: (place) => requestTo(place, 'POST', '/cancel', ''),
};

/** Ids become part of a path: one that a path would be read differently for is not used. */
const SAFE_ID = /^\w[\w.:-]{0,255}$/;

/**
 * A request to a background response, whose address is behind that of the collection it was made
 * in. The query of that stays: Azure needs its `api-version`. `undefined` when there is no such
 * address.
 */
function requestTo(
  { request, partial: { id, background } }: StreamPlace<ResponsesResult>,
  operation: string,
  path: string,
  asked: string,
): TransportRequest | undefined {
  if (!background || !SAFE_ID.test(id)) return undefined;
  const [, given = '', query = ''] = /^([^?#]*)(?:\?([^#]*))?/.exec(request.target) ?? [];
  const address = given.replace(/\/$/, '');
  // The stream may have been opened as one that is taken up.
  const collection = address.endsWith(`/${id}`) ? address.slice(0, -id.length - 1) : address;
  if (!/(?:^|\/)responses$/.test(collection)) return undefined;
  const kept = query.split('&').filter((part) => !/^(?:stream|starting_after)=/.test(part));
  const all = [...kept, asked].filter((part) => part !== '').join('&');
  const target = `${collection}/${id}${path}${all === '' ? '' : `?${all}`}`;
  const headers = withoutPayloadHeaders(request.headers);
  return { operation, target, headers, idempotent: true };
}
