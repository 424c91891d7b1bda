import { DeserializationError, StreamIncompleteError } from '@linkspan/core';
import { createOpenaiChat } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { readChat, text } from './read-chat.ts';
import { bytesOf, chatChunk, sseOf } from '../sse-text.ts';

const stop = chatChunk({}, 'stop');

describe('openaiChat', () => {
  it('adds up text, tool calls, finish reason and usage', async () => {
    const { partial, outcome } = await readChat(
      sseOf(
        chatChunk({ role: 'assistant', content: '' }),
        text('Hel'),
        text('lo'),
        chatChunk({
          tool_calls: [{ index: 0, id: 'call_1', function: { name: 'add', arguments: '' } }],
        }),
        chatChunk({ tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] }),
        chatChunk({
          tool_calls: [{ index: 1, id: 'call_2', function: { name: 'sub', arguments: '{}' } }],
        }),
        chatChunk({ tool_calls: [{ index: 0, function: { arguments: '1}' } }] }),
        chatChunk({}, 'tool_calls'),
        {
          choices: [],
          usage: {
            prompt_tokens: 3,
            completion_tokens: 2,
            prompt_tokens_details: { cache_write_tokens: 1 },
            completion_tokens_details: null,
          },
        },
        '[DONE]',
      ),
    );

    expect(partial).toEqual({
      text: 'Hello',
      toolCalls: [
        { id: 'call_1', name: 'add', arguments: '{"a":1}' },
        { id: 'call_2', name: 'sub', arguments: '{}' },
      ],
      finishReason: 'tool_calls',
      usage: { inputTokens: 3, outputTokens: 2, cacheWriteTokens: 1 },
    });
    expect(outcome).toMatchObject({
      status: 'complete',
      terminator: '[DONE]',
      finishReason: 'tool_calls',
      usage: { inputTokens: 3, outputTokens: 2, cacheWriteTokens: 1 },
      events: 9,
    });
  });

  it('keeps reasoning and refusal apart from the text', async () => {
    const { partial } = await readChat(
      sseOf(
        chatChunk({ reasoning_content: 'hm' }),
        chatChunk({ reasoning: 'm' }),
        chatChunk({ refusal: 'no' }),
        stop,
      ),
    );

    expect(partial).toMatchObject({ text: '', reasoning: 'hmm', refusal: 'no' });
  });

  it('ends at [DONE], whatever follows it', async () => {
    const { events, outcome } = await readChat(
      sseOf(text('a'), stop, '[DONE]', '{oops', text('b')),
    );

    expect(events).toHaveLength(2);
    expect(outcome).toMatchObject({ status: 'complete' });
  });

  it('takes [DONE] from a server that leaves out the last blank line', async () => {
    const { outcome } = await readChat(bytesOf('data: {"choices":[{"index":0}]}\n\ndata: [DONE]'));

    expect(outcome).toMatchObject({ status: 'complete', terminator: '[DONE]' });
  });

  it('says that a text which reached its length is complete, and cut', async () => {
    const { outcome } = await readChat(sseOf(text('a'), chatChunk({}, 'length'), '[DONE]'));

    expect(outcome).toMatchObject({ status: 'complete', finishReason: 'length' });
  });

  it('is incomplete when the bytes end before a terminator, and keeps what came', async () => {
    const { events, error, partial, outcome } = await readChat(sseOf(text('Hel'), text('lo')));

    expect(events).toHaveLength(2);
    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect(error).toMatchObject({
      message:
        'Cannot complete the openai-chat stream: the bytes ended before its terminator, after 2 events',
      requestId: 'req_1',
    });
    expect(partial.text).toBe('Hello');
    expect(outcome).toMatchObject({ status: 'incomplete', events: 2, error });
  });

  it('is incomplete, not malformed, when its last event was cut', async () => {
    const { error } = await readChat(
      bytesOf('data: {"choices":[{"index":0}]}\n\ndata: {"choices":[{'),
    );

    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect((error as Error).cause).toBeInstanceOf(DeserializationError);
  });

  it('fails on an event that is not JSON, after what came before', async () => {
    const { events, error } = await readChat(sseOf(text('a'), '<html>', stop, '[DONE]'));

    expect(events).toHaveLength(1);
    expect(error).toBeInstanceOf(DeserializationError);
    expect(error).toMatchObject({
      message: 'Cannot decode an event of the stream: expected JSON, found "<html>"',
    });
  });

  it('fails on JSON that is no object', async () => {
    const { error } = await readChat(sseOf('42'));

    expect(error).toMatchObject({ message: expect.stringContaining('expected a JSON object') });
  });

  it('does not take [DONE] alone for an answer', async () => {
    const { error } = await readChat(sseOf('[DONE]'));

    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect(error).toMatchObject({ code: 'empty_stream' });
  });

  it('leaves empty events and frames of other kinds out', async () => {
    const { events } = await readChat(sseOf('', { type: 'ping' }, text('a'), stop, '[DONE]'));

    expect(events).toHaveLength(2);
  });

  it('waits for every choice that began', async () => {
    const other = { choices: [{ index: 1, delta: { content: 'x' }, finish_reason: null }] };

    for (const events of [
      [other, stop],
      [stop, other],
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one order after the other
      const { error } = await readChat(sseOf(text('a'), ...events));

      expect(error).toBeInstanceOf(StreamIncompleteError);
    }
  });
});

describe('createOpenaiChat({ require })', () => {
  const withReason = sseOf(text('a'), stop);
  const withDone = sseOf(text('a'), '[DONE]');
  const withBoth = sseOf(text('a'), stop, '[DONE]');

  it.each([
    ['either', 'complete', 'complete', 'complete'],
    ['finish', 'complete', 'incomplete', 'complete'],
    ['done', 'incomplete', 'complete', 'complete'],
    ['both', 'incomplete', 'incomplete', 'complete'],
  ] as const)('%s: reason %s, [DONE] %s, both %s', async (require, reason, done, both) => {
    const dialect = createOpenaiChat({ require });

    expect((await readChat(withReason, dialect)).outcome).toMatchObject({ status: reason });
    expect((await readChat(withDone, dialect)).outcome).toMatchObject({ status: done });
    expect((await readChat(withBoth, dialect)).outcome).toMatchObject({ status: both });
  });

  it('names a word that it does not know', () => {
    expect(() => createOpenaiChat({ require: 'all' as never })).toThrow(
      /require: expected one of 'either'.*found "all"/,
    );
  });
});
