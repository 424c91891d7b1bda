import { type Dialect, type LinkspanError, ProtocolError, type StreamHead } from '@linkspan/core';
import { parseSseSettings } from '../framing/decode-limits.ts';
import { EventDecoder, type SseEvent } from '../framing/sse-decoder.ts';
import type { ChatResult } from '../model/chat-result.ts';
import { bodyError } from '../model/reported-error.ts';
import { isObject } from '../model/typed-event.ts';
import { BareJson } from './bare-json.ts';
import type { GeminiChunk } from './gemini-chunk.ts';
import { GeminiReader } from './gemini-reader.ts';

/**
 * Google's Gemini as a stream: `streamGenerateContent?alt=sse` of the Gemini API and of Vertex AI.
 *
 * - The protocol has no last event. The bytes may end once every candidate that began has a
 *   `finishReason`, and after that, what may still come is waited for at most 5 s. Any reason is
 *   complete, and `finishReason` tells it: `'MAX_TOKENS'`, `'SAFETY'`, `'MALFORMED_FUNCTION_CALL'`.
 *   Models before 2.0 give one in every chunk: there, a cut is only seen where the wire tells.
 * - A prompt that was blocked is complete too, with the terminator `promptFeedback`, the
 *   `blockReason` as `finishReason` and no text. It is an answer: the provider gives it with status
 *   200 and its usage, Google's SDK does not throw it, and no retry would change it.
 * - An error object fails it, also in a list, and also where Google's servers write it between the
 *   events, as JSON without `data:`.
 * - An event that is not JSON fails it, since what was lost with it may be part of the text; one
 *   that the end of the bytes cut makes it incomplete.
 * - An answer in JSON is no stream of this dialect: without `alt=sse` Google sends a list.
 * - `result()` is about the first candidate. Calls that come in pieces (`partialArgs`) are put
 *   together. `outputTokens` include thoughts, unlike `candidatesTokenCount`.
 *
 * @see https://ai.google.dev/api/generate-content
 */
export const gemini: Dialect<GeminiChunk, ChatResult, SseEvent> = {
  name: 'gemini',
  accept: 'text/event-stream',
  contentTypes: ['text/event-stream'],
  decode(limits) {
    const settings = parseSseSettings('gemini', { ...limits, dispatchIncomplete: true });
    const between = new BareJson();
    return new EventDecoder(settings, (line) => between.take(line));
  },
  read: (head) => new GeminiReader(head),
  classifyError,
};

function classifyError(body: unknown, head: StreamHead): LinkspanError | undefined {
  const first: unknown = Array.isArray(body) ? body[0] : body;
  const error = bodyError(first, head);
  if (error !== undefined || !isObject(first)) return error;
  if (!('candidates' in first) && !('promptFeedback' in first)) return undefined;
  return new ProtocolError(
    'Cannot read the stream: expected text/event-stream, found the answer as JSON; ask for ?alt=sse',
    { code: 'sse_content_type', phase: 'headers' },
  );
}
