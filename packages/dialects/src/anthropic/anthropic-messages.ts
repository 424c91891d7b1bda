import type { Dialect } from '@linkspan/core';
import { createLenientSseDecoder, type SseEvent } from '../framing/sse-decoder.ts';
import { bodyError } from '../model/reported-error.ts';
import type { AnthropicEvent } from './anthropic-event.ts';
import { AnthropicMessagesReader, type AnthropicResult } from './anthropic-messages-reader.ts';

/**
 * Anthropic's Messages API as a stream.
 *
 * - The stream ends at `message_stop`, also when the socket stays open. A `message_delta` with its
 *   `stop_reason` is not enough. `finishReason` is that reason: `'max_tokens'`, `'pause_turn'`,
 *   `'refusal'` and `'model_context_window_exceeded'` are complete, and say that there is more to do.
 * - An `error` event fails it, by its `type`. Pings are no events and no progress.
 * - Events are known by the `type` in their data, so that proxies may lose the names of frames.
 * - An event that is not JSON fails it, since what was lost with it may be part of the text; one
 *   that the end of the bytes cut makes it incomplete.
 * - `usage` is what was told last, also after a failure. Its `inputTokens` include those that were
 *   read from a cache or written to it, unlike `input_tokens`.
 * - A `message_start` that repeats is taken once; another message within the first fails the stream.
 *
 * @see https://platform.claude.com/docs/en/build-with-claude/streaming
 */
export const anthropicMessages: Dialect<AnthropicEvent, AnthropicResult, SseEvent> = {
  name: 'anthropic-messages',
  accept: 'text/event-stream',
  contentTypes: ['text/event-stream'],
  decode: createLenientSseDecoder,
  read: (head) => new AnthropicMessagesReader(head),
  classifyError: bodyError,
};
