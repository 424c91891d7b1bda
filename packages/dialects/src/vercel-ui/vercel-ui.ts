import { defineSettings, type Dialect, parseSettings, setting } from '@linkspan/core';
import { createLenientSseDecoder, type SseEvent } from '../framing/sse-decoder.ts';
import { bodyError } from '../model/reported-error.ts';
import type { VercelUiPart } from './vercel-ui-part.ts';
import {
  VercelUiReader,
  type VercelUiResult,
  type VercelUiTerminator,
} from './vercel-ui-reader.ts';

/** What a server has to send for its stream to be complete. */
export interface VercelUiOptions {
  /**
   * `'finish'`: a `finish` part, since proxies are known to take `[DONE]` away. `'both'`: first the
   * part, then `[DONE]`, as the AI SDK and pydantic-ai do. `'done'`: `[DONE]`, for servers that write
   * their parts by hand and leave `finish` out. `'either'`: one of them.
   *
   * @default 'finish'
   */
  readonly require?: VercelUiTerminator;
}

const settings = defineSettings({
  require: setting.choice<VercelUiTerminator, { readonly default: 'finish'; readonly env: false }>(
    ['finish', 'both', 'done', 'either'],
    { default: 'finish', env: false },
  ),
});

/**
 * Makes a dialect of the AI SDK's UI message stream (`x-vercel-ai-ui-message-stream: v1`), which
 * pydantic-ai's `VercelAIAdapter` speaks too. Its events are the parts.
 *
 * - `[DONE]` says that no more parts come, not that all went well. It ends the stream, also when the
 *   socket stays open; without a `finish` part before it the stream is incomplete.
 * - An `error` part fails the stream. The parts behind it are read first, so that the finish reason
 *   and what the server says of usage are known; so does a finish reason of `'error'`.
 * - An `abort` part, a run that the server cancelled, leaves the stream incomplete: the error is a
 *   `StreamIncompleteError` of the code `'aborted'`. So does a finish reason of `'interrupted'`, which
 *   is its code as well. A finish reason of `'length'` is complete: it says that the text is cut.
 * - `reset-step` drops what came since the last `start-step` from `result()`; its parts were handed
 *   over. The outputs of tools are events, and no part of `result()`.
 * - A part that is not JSON, has no `type`, or lacks its delta fails the stream: what was lost with it
 *   is missing from the rest. Parts of unknown types are passed on.
 *
 * Usage is taken from the metadata of the message, where servers put it by the names of the AI SDK:
 * `{ totalUsage }`, `{ usage }`, or the counts themselves.
 *
 * @see https://ai-sdk.dev/docs/ai-sdk-ui/stream-protocol#data-stream-protocol
 * @throws ConfigurationError when an option is not what it should be.
 */
export function createVercelUi(
  options: VercelUiOptions = {},
): Dialect<VercelUiPart, VercelUiResult, SseEvent> {
  const { require } = parseSettings('createVercelUi()', settings, options);
  return {
    name: 'vercel-ui',
    accept: 'text/event-stream',
    contentTypes: ['text/event-stream'],
    // A server or proxy that leaves out the last blank line has still said what it had to say.
    decode: createLenientSseDecoder,
    read: (head) => new VercelUiReader(require, head),
    classifyError: bodyError,
  };
}

/** The AI SDK's UI message stream, complete with its `finish` part. See {@link createVercelUi}. */
export const vercelUi: Dialect<VercelUiPart, VercelUiResult, SseEvent> = createVercelUi();
