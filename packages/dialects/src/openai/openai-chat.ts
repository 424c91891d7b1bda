import { defineSettings, type Dialect, parseSettings, setting } from '@linkspan/core';
import type { ChatCompletionChunk } from './chat-completion-chunk.ts';
import type { ChatResult } from '../model/chat-result.ts';
import { type ChatTerminator, OpenaiChatReader } from './openai-chat-reader.ts';
import { bodyError } from '../model/reported-error.ts';
import { createLenientSseDecoder, type SseEvent } from '../framing/sse-decoder.ts';

/** What a server has to send for its stream to be complete. */
export interface OpenaiChatOptions {
  /**
   * `'either'`: a `finish_reason` or `[DONE]`, since compatible servers leave out one or the other.
   * `'finish'`, `'done'`: that one. `'both'`: first the reason, then `[DONE]`, as OpenAI does.
   *
   * @default 'either'
   */
  readonly require?: ChatTerminator;
}

const settings = defineSettings({
  require: setting.choice<ChatTerminator, { readonly default: 'either'; readonly env: false }>(
    ['either', 'both', 'done', 'finish'],
    { default: 'either', env: false },
  ),
});

/**
 * Makes a dialect of OpenAI's chat completions as a stream, for the servers that are known to keep
 * more, or less, of the protocol than others.
 *
 * - The stream ends at `[DONE]`, also when the socket stays open.
 * - An error in it fails it, by its `code` and `type`, also where `[DONE]` follows.
 * - A frame that is not JSON fails it; one that the end of the bytes cut makes it incomplete.
 * - A finish reason of `'length'` is complete: `finishReason` says that the text is cut.
 * - `result()` is about the first choice. Fields that are not known are left alone.
 *
 * @throws ConfigurationError when an option is not what it should be.
 */
export function createOpenaiChat(
  options: OpenaiChatOptions = {},
): Dialect<ChatCompletionChunk, ChatResult, SseEvent> {
  const { require } = parseSettings('createOpenaiChat()', settings, options);
  return {
    name: 'openai-chat',
    accept: 'text/event-stream',
    contentTypes: ['text/event-stream'],
    decode: createLenientSseDecoder,
    read: (head) => new OpenaiChatReader(require, head),
    classifyError: bodyError,
  };
}

/** OpenAI's chat completions as a stream, and those of the servers that are compatible with it. */
export const openaiChat: Dialect<ChatCompletionChunk, ChatResult, SseEvent> = createOpenaiChat();
