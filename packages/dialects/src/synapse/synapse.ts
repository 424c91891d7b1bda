import type { DecodeLimits, Dialect, Reading } from '@linkspan/core';
import type { ChatResult } from '../model/chat-result.ts';
import { bodyError, reportedError } from '../model/reported-error.ts';
import { createSynapseDecoder, type SynapseFrame } from './synapse-decoder.ts';

/**
 * What Synapse's pydantic-ai wrapper streams: pieces of text, then `[DONE]`. The events are the
 * pieces.
 *
 * The wrapper reports an error as a line `error: <text>`, sends `[DONE]` behind it all the same, and
 * answers 200: here the error fails the stream, and `[DONE]` ends it only when there was none. Line
 * breaks within a piece, which break its framing, are put back.
 */
export const synapse: Dialect<string, ChatResult, SynapseFrame> = {
  name: 'synapse',
  accept: 'text/event-stream',
  contentTypes: ['text/event-stream'],
  decode: (limits?: DecodeLimits) => createSynapseDecoder(limits),
  read(head) {
    let text = '';
    return {
      read(frame): Reading<string> {
        if (frame.kind === 'error') return { error: reportedError(frame.text, head) };
        if (frame.text === '[DONE]') return { terminal: 'ends', terminator: '[DONE]' };
        text += frame.text;
        return { event: frame.text };
      },
      get partial(): ChatResult {
        return { text, toolCalls: [], finishReason: undefined, usage: undefined };
      },
    };
  },
  classifyError: bodyError,
};
