import { DeserializationError, StreamIncompleteError } from '@linkspan/core';
import { createVercelUi, vercelUi } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { readStream } from '../read-stream.ts';
import { bytesOf, sseOf } from '../sse-text.ts';

const start = { type: 'start', messageId: 'm1' };
const delta = (text: string, id = 't1'): object => ({ type: 'text-delta', id, delta: text });
const finish = { type: 'finish', finishReason: 'stop' };

describe('vercelUi', () => {
  it('adds up texts, reasoning, tool calls, metadata and usage', async () => {
    const { events, partial, outcome } = await readStream(
      sseOf(
        { ...start, messageMetadata: { model: 'small', tags: { a: 1 } } },
        { type: 'start-step' },
        { type: 'reasoning-start', id: 'r1' },
        { type: 'reasoning-delta', id: 'r1', delta: 'hm' },
        { type: 'tool-input-start', toolCallId: 'c1', toolName: 'add' },
        { type: 'tool-input-delta', toolCallId: 'c1', inputTextDelta: '{"a":' },
        { type: 'tool-input-delta', toolCallId: 'c1', inputTextDelta: ' 1}' },
        { type: 'tool-input-available', toolCallId: 'c1', toolName: 'add', input: { a: 1 } },
        { type: 'tool-output-available', toolCallId: 'c1', output: 2 },
        { type: 'finish-step' },
        { type: 'start-step' },
        { type: 'text-start', id: 't1' },
        delta('Hel'),
        delta('lo'),
        { type: 'text-end', id: 't1' },
        { type: 'message-metadata', messageMetadata: { tags: { b: 2 } } },
        { type: 'finish-step' },
        { ...finish, messageMetadata: { totalUsage: { inputTokens: 3, outputTokens: 2 } } },
        '[DONE]',
      ),
      vercelUi,
    );

    const usage = { inputTokens: 3, outputTokens: 2 };
    expect(partial).toEqual({
      text: 'Hello',
      reasoning: 'hm',
      toolCalls: [{ id: 'c1', name: 'add', arguments: '{"a": 1}' }],
      finishReason: 'stop',
      usage,
      messageId: 'm1',
      metadata: { model: 'small', tags: { a: 1, b: 2 }, totalUsage: usage },
    });
    expect(outcome).toMatchObject({
      status: 'complete',
      terminator: '[DONE]',
      finishReason: 'stop',
      usage,
      events: 18,
    });
    expect(events.map(({ type }) => type)).toContain('tool-output-available');
  });

  it.each([
    [{ usage: { inputTokens: 1 } }, { inputTokens: 1 }],
    [{ totalTokens: 5 }, { totalTokens: 5 }],
    [
      {
        totalUsage: {
          inputTokens: 9,
          inputTokenDetails: { cacheReadTokens: 4, cacheWriteTokens: 1 },
          outputTokenDetails: { reasoningTokens: 2 },
        },
      },
      { inputTokens: 9, cachedInputTokens: 4, cacheWriteTokens: 1, reasoningTokens: 2 },
    ],
    [{ usage: { inputTokens: '3' } }, undefined],
    [{ pydantic_ai: { timestamp: '2026-11-21' } }, undefined],
  ])('takes usage from the metadata %j', async (messageMetadata, usage) => {
    const { outcome } = await readStream(sseOf({ ...finish, messageMetadata }, '[DONE]'), vercelUi);

    expect(outcome.usage).toEqual(usage);
  });

  it('puts texts that come side by side together by their ids, in the order of their beginnings', async () => {
    const { partial } = await readStream(
      sseOf(
        { type: 'text-start', id: 'a' },
        { type: 'text-start', id: 'b' },
        delta('1', 'a'),
        delta('3', 'b'),
        delta('2', 'a'),
        { type: 'text-start', id: 'a' },
        delta('4', 'a'),
        finish,
      ),
      vercelUi,
    );

    expect(partial.text).toBe('1234');
  });

  it('drops what came since the last start-step at a reset-step', async () => {
    const call = (toolCallId: string): object => ({
      type: 'tool-input-available',
      toolCallId,
      toolName: 'f',
      input: {},
    });
    const { events, partial } = await readStream(
      sseOf(
        { type: 'start-step' },
        delta('kept '),
        call('c1'),
        { type: 'start-step' },
        { type: 'text-start', id: 't2' },
        delta('draft', 't2'),
        { type: 'reasoning-delta', id: 'r', delta: 'draft' },
        call('c2'),
        { type: 'reset-step' },
        { type: 'text-start', id: 't2' },
        delta('answer', 't2'),
        finish,
      ),
      vercelUi,
    );

    expect(partial).toMatchObject({ text: 'kept answer', toolCalls: [{ id: 'c1' }] });
    expect(partial.reasoning).toBeUndefined();
    expect(events).toHaveLength(12);
  });

  it.each([
    ['the whole input, where no pieces came', [], { a: 1 }, '{"a":1}'],
    ['the pieces as the model wrote them', ['{"a": 1}'], { a: 1 }, '{"a": 1}'],
    [
      'digits that a parser loses',
      ['{"a":12345678901234567890}'],
      { a: 12345678901234567890 }, // oxlint-disable-line no-loss-of-precision
      '{"a":12345678901234567890}',
    ],
    ['the whole input, where it was repaired', ['{"a":'], { a: 1 }, '{"a":1}'],
    ['an input that is text', ['SELECT'], 'SELECT 1', 'SELECT 1'],
    ['the pieces, where the input is left out', ['{}'], undefined, '{}'],
  ])('gives as arguments %s', async (_, pieces, input, expected) => {
    const { partial } = await readStream(
      sseOf(
        { type: 'tool-input-start', toolCallId: 'c', toolName: 'f' },
        ...pieces.map((piece) => ({
          type: 'tool-input-delta',
          toolCallId: 'c',
          inputTextDelta: piece,
        })),
        // Written by hand: JSON.stringify has lost the digits already.
        `{"type":"tool-input-available","toolCallId":"c","toolName":"f"${
          input === undefined ? '' : `,"input":${JSON.stringify(input)}`
        }}`,
        finish,
      ),
      vercelUi,
    );

    expect(partial.toolCalls).toEqual([{ id: 'c', name: 'f', arguments: expected }]);
  });

  it('keeps a call whose input the server could not read', async () => {
    const { partial, outcome } = await readStream(
      sseOf(
        {
          type: 'tool-input-error',
          toolCallId: 'c',
          toolName: 'f',
          input: '{"a":',
          errorText: 'Invalid JSON',
        },
        finish,
      ),
      vercelUi,
    );

    expect(partial.toolCalls).toEqual([{ id: 'c', name: 'f', arguments: '{"a":' }]);
    expect(outcome.status).toBe('complete');
  });

  it('ends at [DONE], whatever follows it', async () => {
    const { events, outcome } = await readStream(
      sseOf(delta('a'), finish, '[DONE]', '{oops', delta('b')),
      vercelUi,
    );

    expect(events).toHaveLength(2);
    expect(outcome).toMatchObject({ status: 'complete', terminator: '[DONE]' });
  });

  it('takes [DONE] from a server that leaves out the last blank line', async () => {
    const { outcome } = await readStream(
      bytesOf(`data: ${JSON.stringify(finish)}\n\ndata: [DONE]`),
      createVercelUi({ require: 'both' }),
    );

    expect(outcome).toMatchObject({ status: 'complete', terminator: '[DONE]' });
  });

  it('is complete without a reason, and cut where the reason is length', async () => {
    const bare = await readStream(sseOf(delta('a'), { type: 'finish' }, '[DONE]'), vercelUi);
    const cut = await readStream(sseOf({ type: 'finish', finishReason: 'length' }), vercelUi);

    expect(bare.outcome).toMatchObject({ status: 'complete', finishReason: 'finish' });
    expect(cut.outcome).toMatchObject({ status: 'complete', finishReason: 'length' });
  });

  it('passes on parts that it does not know, and fields', async () => {
    const hologram = { type: 'hologram', id: 1 };
    const { events, outcome } = await readStream(
      sseOf(hologram, { type: 'data-weather', data: { t: 21 } }, { ...finish, extra: true }),
      vercelUi,
    );

    expect(events).toEqual([
      hologram,
      { type: 'data-weather', data: { t: 21 } },
      { ...finish, extra: true },
    ]);
    expect(outcome.status).toBe('complete');
  });

  it.each([
    [delta('a'), undefined],
    [delta(''), false],
    [{ type: 'reasoning-delta', id: 'r', delta: '' }, false],
    [{ type: 'tool-input-delta', toolCallId: 'c', inputTextDelta: '' }, false],
  ])('tells that %j is progress: %s', (part, progress) => {
    const head = { status: 200, contentType: undefined, headers: {}, secrets: [] };
    const frame = { type: 'message', id: '', data: JSON.stringify(part) };

    expect(vercelUi.read(head).read(frame).progress).toBe(progress);
  });

  it('leaves empty events out', async () => {
    const { events } = await readStream(sseOf('', delta('a'), finish), vercelUi);

    expect(events).toHaveLength(2);
  });

  it('does not take [DONE] alone for an answer', async () => {
    const { error } = await readStream(sseOf('[DONE]'), vercelUi);

    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect(error).toMatchObject({ code: 'empty_stream' });
  });

  it('is incomplete when its last part was cut, and keeps what came', async () => {
    const { error, partial } = await readStream(
      bytesOf(`data: ${JSON.stringify(delta('Hel'))}\n\ndata: {"type":"text-delta","id":"t1","del`),
      vercelUi,
    );

    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect((error as Error).cause).toBeInstanceOf(DeserializationError);
    expect(partial.text).toBe('Hel');
  });

  it.each([
    ['not JSON', '<html>', 'expected JSON, found "<html>"'],
    ['no object', '[1]', 'expected a JSON object with a type, found "[1]"'],
    ['without a type', '{"delta":"x"}', 'expected a JSON object with a type'],
    ['a piece of text without its text', '{"type":"text-delta","id":"t"}', 'a text as its delta'],
    [
      'a piece of an input without its text',
      '{"type":"tool-input-delta","toolCallId":"c","inputTextDelta":{}}',
      'a text as its inputTextDelta',
    ],
  ])('fails on a part that is %s, after what came before', async (_, data, message) => {
    const { events, error, outcome } = await readStream(
      sseOf(delta('a'), data, finish, '[DONE]'),
      vercelUi,
    );

    expect(events[0]).toEqual(delta('a'));
    expect(error).toBeInstanceOf(DeserializationError);
    expect((error as Error).message).toContain(message);
    expect(outcome.status).toBe('failed');
  });
});
