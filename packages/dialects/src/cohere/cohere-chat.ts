import type { Dialect, LinkspanError, StreamHead } from '@linkspan/core';
import { createLenientSseDecoder, type SseEvent } from '../framing/sse-decoder.ts';
import type { ChatResult } from '../model/chat-result.ts';
import { bodyError, reportedError } from '../model/reported-error.ts';
import { isObject, isText } from '../model/typed-event.ts';
import { CohereChatReader } from './cohere-chat-reader.ts';
import type { CohereEvent } from './cohere-event.ts';

/**
 * Cohere's chat as a stream, version 2 of its API.
 *
 * - The stream ends at `message-end`; the `[DONE]` behind it is not needed, and alone it is no
 *   success. `finishReason` is its `finish_reason`: `'MAX_TOKENS'` is complete, and says that the
 *   text is cut.
 * - A `message-end` with an `error`, or with the reason `ERROR` or `TIMEOUT`, fails it.
 * - An event that is not JSON fails it, since what was lost with it may be part of the text; one
 *   that the end of the bytes cut makes it incomplete.
 * - The plan for tools (`tool-plan-delta`) is part of `reasoning`, as are thoughts.
 *
 * @see https://docs.cohere.com/v2/reference/chat-stream
 */
export const cohereChat: Dialect<CohereEvent, ChatResult, SseEvent> = {
  name: 'cohere-chat',
  accept: 'text/event-stream',
  contentTypes: ['text/event-stream'],
  decode: createLenientSseDecoder,
  read: (head) => new CohereChatReader(head),
  classifyError,
};

/** Cohere reports `{ id, message }`. */
function classifyError(body: unknown, head: StreamHead): LinkspanError | undefined {
  const error = bodyError(body, head);
  if (error !== undefined || !isObject(body) || !isText(body['message'])) return error;
  return reportedError(body, head);
}
