import type { Dialect, StreamPlace, TransportRequest } from '@linkspan/core';
import { createLenientSseDecoder, type SseEvent } from '../framing/sse-decoder.ts';
import { bodyError } from '../model/reported-error.ts';
import { withoutPayloadHeaders } from '../request/without-payload-headers.ts';
import { OpenaiResponsesReader, type ResponsesResult } from './openai-responses-reader.ts';
import { readResponseAddress, responseTarget } from './response-address.ts';
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
 * - A response in the background (`background: true`), or one that was asked for by its id, can be
 *   taken up behind the last `sequence_number`, and is cancelled by a request; any other ends with
 *   its wire.
 *
 * @see https://platform.openai.com/docs/api-reference/responses-streaming
 */
export const openaiResponses: Dialect<ResponsesEvent, ResponsesResult, SseEvent> = {
  name: 'openai-responses',
  accept: 'text/event-stream',
  contentTypes: ['text/event-stream'],
  decode: createLenientSseDecoder,
  read: (head) => new OpenaiResponsesReader(head),
  classifyError: bodyError,
  resume: {
    sends: 'rest',
    ids: 'counting',
    request(place) {
      if (!/^\d+$/.test(place.lastEventId)) return undefined;
      const asked = ['stream=true', `starting_after=${place.lastEventId}`];
      return requestTo(place, 'GET', '', asked);
    },
  },
  cancel: (place) => requestTo(place, 'POST', '/cancel', []),
};

/**
 * A request to a background response, whose address is behind that of the collection it was made
 * in. The query of that stays: Azure needs its `api-version`. `undefined` when there is no such
 * address.
 */
function requestTo(
  { request, partial: { id, background } }: StreamPlace<ResponsesResult>,
  operation: string,
  path: string,
  asked: readonly string[],
): TransportRequest | undefined {
  const address = readResponseAddress(request.target);
  // The stream may have been opened as one that is taken up, by the id of its response.
  if (!background || address === undefined || (address.id ?? id) !== id) return undefined;
  const target = responseTarget(address, id, path, asked);
  if (target === undefined) return undefined;
  const headers = withoutPayloadHeaders(request.headers);
  return { operation, target, headers, idempotent: true };
}
