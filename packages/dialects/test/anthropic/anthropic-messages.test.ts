import { StreamIncompleteError } from '@linkspan/core';
import { anthropicMessages } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { block, blockEnd, call, end, json, piece, start, stop, text } from './anthropic-events.ts';
import { readStream } from '../read-stream.ts';
import { bytesOf, namedSseOf, sseOf } from '../sse-text.ts';

describe('anthropicMessages', () => {
  it('adds up text, thoughts, tool calls, stop reason and usage', async () => {
    const { partial, outcome, events } = await readStream(
      namedSseOf(
        start,
        { type: 'ping' },
        block(0, { type: 'thinking', thinking: '', signature: '' }),
        piece(0, 'thinking', { thinking: 'Hm.' }),
        piece(0, 'signature', { signature: 'abc' }),
        blockEnd(0),
        block(1, { type: 'redacted_thinking', data: 'xyz' }),
        blockEnd(1),
        block(2, { type: 'text', text: '' }),
        text('Hel', 2),
        text('lo', 2),
        piece(2, 'citations', { citation: { type: 'char_location' } }),
        blockEnd(2),
        block(3, { type: 'server_tool_use', id: 'srv_1', name: 'web_search', input: {} }),
        json(3, '{"query":"a"}'),
        blockEnd(3),
        block(4, { type: 'web_search_tool_result', tool_use_id: 'srv_1', content: [] }),
        blockEnd(4),
        call(5, 'toolu_1'),
        json(5, ''),
        json(5, '{"a":'),
        json(5, '1}'),
        blockEnd(5),
        call(6, 'toolu_2'),
        blockEnd(6),
        end('tool_use', { output_tokens: 42, output_tokens_details: { thinking_tokens: 7 } }),
        stop,
      ),
      anthropicMessages,
    );

    const usage = { inputTokens: 10, outputTokens: 42, reasoningTokens: 7 };
    expect(partial).toEqual({
      text: 'Hello',
      reasoning: 'Hm.',
      toolCalls: [
        { id: 'toolu_1', name: 'tool of toolu_1', arguments: '{"a":1}' },
        { id: 'toolu_2', name: 'tool of toolu_2', arguments: '{}' },
      ],
      serverToolCalls: [{ id: 'srv_1', name: 'web_search', arguments: '{"query":"a"}' }],
      finishReason: 'tool_use',
      usage,
    });
    expect(outcome).toMatchObject({
      status: 'complete',
      terminator: 'message_stop',
      finishReason: 'tool_use',
      usage,
      events: 26,
    });
    expect(events).not.toContainEqual({ type: 'ping' });
  });

  it('needs no names of frames, as proxies lose them', async () => {
    const events = [start, block(0, { type: 'text', text: 'H' }), text('i'), end('end_turn'), stop];

    const named = await readStream(namedSseOf(...events), anthropicMessages);
    const nameless = await readStream(sseOf(...events), anthropicMessages);

    expect(nameless.events).toEqual(named.events);
    expect(nameless.partial).toEqual(named.partial);
    expect(nameless.partial).toMatchObject({ text: 'Hi', finishReason: 'end_turn' });
  });

  it('needs no types in the data where the frames have names', async () => {
    const { partial } = await readStream(
      bytesOf(
        'event: message_start\ndata: {"message":{"id":"m"}}\n\n' +
          'event: content_block_delta\ndata: {"delta":{"type":"text_delta","text":"a"}}\n\n' +
          'event: message_stop\ndata: {}\n\n',
      ),
      anthropicMessages,
    );

    expect(partial.text).toBe('a');
  });

  it('takes a stop reason for no end', async () => {
    const { error, partial, outcome } = await readStream(
      sseOf(start, text('a'), end('end_turn')),
      anthropicMessages,
    );

    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect(partial).toMatchObject({ text: 'a', usage: { inputTokens: 10, outputTokens: 5 } });
    expect(outcome.status).toBe('incomplete');
  });

  it('takes an end without a beginning for none', async () => {
    const { error } = await readStream(sseOf(text('a'), stop), anthropicMessages);

    expect(error).toBeInstanceOf(StreamIncompleteError);
  });

  it.each([
    'max_tokens',
    'stop_sequence',
    'pause_turn',
    'model_context_window_exceeded',
    'new_one',
  ])('is complete with the stop reason %s, and tells it', async (reason) => {
    const { outcome } = await readStream(sseOf(start, end(reason), stop), anthropicMessages);

    expect(outcome).toMatchObject({ status: 'complete', finishReason: reason });
  });

  it('tells why the model refused', async () => {
    const details = { type: 'refusal', category: 'bio', explanation: 'Not that.' };
    const refused = {
      type: 'message_delta',
      delta: { stop_reason: 'refusal', stop_details: details },
    };

    const { partial } = await readStream(sseOf(start, refused, stop), anthropicMessages);

    expect(partial).toMatchObject({ finishReason: 'refusal', refusal: 'Not that.' });
  });

  it('tells what was used last, and counts what a cache held as input', async () => {
    const first = {
      input_tokens: 10,
      cache_read_input_tokens: 200,
      cache_creation_input_tokens: 30,
    };

    const { outcome } = await readStream(
      sseOf(
        { type: 'message_start', message: { usage: { ...first, output_tokens: 1 } } },
        end(null, { output_tokens: 3 }),
        end('end_turn', { input_tokens: 12, cache_read_input_tokens: null, output_tokens: 5 }),
        stop,
      ),
      anthropicMessages,
    );

    expect(outcome.usage).toEqual({
      inputTokens: 242,
      outputTokens: 5,
      cachedInputTokens: 200,
      cacheWriteTokens: 30,
    });
  });

  it('keeps what came of a call that was cut, and does not call an empty one whole', async () => {
    const cut = await readStream(
      sseOf(start, call(0, 'a'), json(0, '{"a":'), call(1, 'b')),
      anthropicMessages,
    );

    expect(cut.partial.toolCalls.map((made) => made.arguments)).toEqual(['{"a":', '']);
  });

  it('takes arguments that come whole at the start', async () => {
    const { partial } = await readStream(
      sseOf(start, call(0, 'a', { input: { x: 1 } }), end('tool_use'), stop),
      anthropicMessages,
    );

    expect(partial.toolCalls[0]?.arguments).toBe('{"x":1}');
  });

  it('passes events, blocks and deltas on that it does not know', async () => {
    const unknown = [
      { type: 'future', wisdom: 1 },
      block(0, { type: 'compaction' }),
      piece(0, 'compaction', { content: 'a' }),
    ];

    const { events, outcome } = await readStream(
      sseOf(start, ...unknown, end('end_turn'), stop),
      anthropicMessages,
    );

    expect(events.slice(1, 4)).toEqual(unknown);
    expect(outcome.status).toBe('complete');
  });

  it('takes a message that begins twice once', async () => {
    const { partial } = await readStream(
      sseOf(start, start, text('a'), start, text('b'), end('end_turn'), stop),
      anthropicMessages,
    );

    expect(partial.text).toBe('ab');
  });

  it('takes another message before the first has content for the message', async () => {
    const other = { type: 'message_start', message: { id: 'msg_2', usage: { input_tokens: 7 } } };

    const { partial, outcome } = await readStream(
      sseOf(start, other, text('a'), end('end_turn'), stop),
      anthropicMessages,
    );

    expect(outcome.status).toBe('complete');
    expect(partial).toMatchObject({ text: 'a', usage: { inputTokens: 7 } });
  });

  it('fails when another message begins within the first', async () => {
    const other = { type: 'message_start', message: { id: 'msg_2' } };
    const block0 = block(0, { type: 'text', text: 'a' });

    const { error } = await readStream(sseOf(start, block0, other, stop), anthropicMessages);

    expect(error).toMatchObject({ name: 'ProtocolError', code: 'message_restarted' });
  });
});
