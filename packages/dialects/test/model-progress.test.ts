import type { Dialect } from '@linkspan/core';
import {
  anthropicMessages,
  type ChatResult,
  cohereChat,
  gemini,
  openaiChat,
  openaiResponses,
} from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { chatChunk } from './sse-text.ts';

const head = { status: 200, contentType: 'text/event-stream', headers: {}, secrets: [] };

/** What one event is for the clock of events. */
function isProgress(dialect: Dialect<unknown, ChatResult>, event: object): boolean {
  const frame = { type: 'message', data: JSON.stringify(event), id: '' };
  return dialect.read(head).read(frame).progress ?? true;
}

const block = (delta: object): object => ({ type: 'content_block_delta', index: 0, delta });
const part = (...parts: object[]): object => ({ candidates: [{ content: { parts } }] });
const content = (fields: object): object => ({
  type: 'content-delta',
  delta: { message: { content: fields } },
});

type Model = Dialect<unknown, ChatResult>;

/** The cases with what their titles show. */
function named(
  cases: readonly (readonly [Model, object])[],
): { name: string; shown: string; dialect: Model; event: object }[] {
  return cases.map(([dialect, event]) => ({
    name: dialect.name,
    shown: JSON.stringify(event),
    dialect,
    event,
  }));
}

describe('what counts as progress', () => {
  it.each(
    named([
      [openaiChat, chatChunk({ content: 'a' })],
      [openaiChat, chatChunk({}, 'stop')],
      [openaiResponses, { type: 'response.output_text.delta', delta: 'a' }],
      [openaiResponses, { type: 'response.mcp_call_arguments.delta', delta: '{' }],
      [openaiResponses, { type: 'response.output_item.done', item: {} }],
      [openaiResponses, { type: 'response.web_search_call.completed' }],
      [anthropicMessages, { type: 'content_block_start', index: 0, content_block: {} }],
      [anthropicMessages, block({ type: 'text_delta', text: 'a' })],
      [anthropicMessages, block({ type: 'signature_delta', signature: 'a' })],
      [anthropicMessages, { type: 'message_delta', delta: { stop_reason: 'end_turn' } }],
      [gemini, part({ text: 'a' })],
      [gemini, part({ functionCall: { name: 'f' } })],
      [gemini, { promptFeedback: { blockReason: 'SAFETY' } }],
      [cohereChat, content({ text: 'a' })],
      [cohereChat, content({ thinking: 'a' })],
    ]),
  )('$name: $shown is', ({ dialect, event }) => {
    expect(isProgress(dialect, event)).toBe(true);
  });

  it.each(
    named([
      [openaiChat, chatChunk({ content: '' })],
      [openaiChat, { type: 'ping' }],
      [openaiResponses, { type: 'response.created', response: {} }],
      [openaiResponses, { type: 'response.in_progress', response: {} }],
      [openaiResponses, { type: 'response.web_search_call.searching' }],
      [openaiResponses, { type: 'response.output_text.delta', delta: '' }],
      [openaiResponses, { type: 'keepalive' }],
      [anthropicMessages, { type: 'ping' }],
      [anthropicMessages, { type: 'message_start', message: {} }],
      [anthropicMessages, block({ type: 'thinking_delta', thinking: '' })],
      [anthropicMessages, { type: 'content_block_stop', index: 0 }],
      [anthropicMessages, { type: 'message_delta', delta: { stop_reason: null }, usage: {} }],
      [anthropicMessages, { type: 'future' }],
      [gemini, part({ text: '' })],
      [gemini, part({ thought: true, text: '' })],
      [gemini, { usageMetadata: { totalTokenCount: 3 } }],
      [cohereChat, content({ text: '' })],
      [cohereChat, { type: 'message-start' }],
      [cohereChat, { type: 'future' }],
    ]),
  )('$name: $shown is not', ({ dialect, event }) => {
    expect(isProgress(dialect, event)).toBe(false);
  });
});
