import type { NamedEvent } from '../sse-text.ts';

/** The beginning of a message. */
export const start: NamedEvent = {
  type: 'message_start',
  message: { id: 'msg_1', role: 'assistant', usage: { input_tokens: 10, output_tokens: 1 } },
};
/** The end of a message. */
export const stop: NamedEvent = { type: 'message_stop' };

/** What precedes the end: why, and what was used. */
export function end(reason: string | null, usage: object = { output_tokens: 5 }): NamedEvent {
  return { type: 'message_delta', delta: { stop_reason: reason }, usage };
}

/** The beginning of a block. */
export function block(index: unknown, fields: object): NamedEvent {
  return { type: 'content_block_start', index, content_block: fields };
}

/** A piece of a block. */
export function piece(index: unknown, type: string, fields: object): NamedEvent {
  return { type: 'content_block_delta', index, delta: { type: `${type}_delta`, ...fields } };
}

/** The end of a block. */
export function blockEnd(index: unknown): NamedEvent {
  return { type: 'content_block_stop', index };
}

/** A piece of text. */
export const text = (words: string, index: unknown = 0): NamedEvent =>
  piece(index, 'text', { text: words });
/** The beginning of a call. */
export const call = (index: unknown, id: string, rest: object = {}): NamedEvent =>
  block(index, { type: 'tool_use', id, name: `tool of ${id}`, input: {}, ...rest });
/** A piece of the arguments of a call. */
export const json = (index: unknown, words: string): NamedEvent =>
  piece(index, 'input_json', { partial_json: words });
