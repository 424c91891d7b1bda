import {
  AuthenticationError,
  DeserializationError,
  InvalidRequestError,
  NotFoundError,
  OverloadedError,
  QuotaExhaustedError,
  RateLimitError,
  ServerError,
  StreamIncompleteError,
} from '@linkspan/core';
import {
  type ChatCompletionChunk,
  type ChatResult,
  createOpenaiChat,
  decodeStream,
  openaiChat,
} from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { bytesOf, chatChunk, sseOf } from './sse-text.ts';

const text = (content: string): object => chatChunk({ content });
const stop = chatChunk({}, 'stop');

async function read(
  bytes: Uint8Array,
  dialect = openaiChat,
): Promise<{
  events: ChatCompletionChunk[];
  error: unknown;
  partial: ChatResult;
  outcome: object;
}> {
  const stream = decodeStream(bytes, dialect, {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-request-id': 'req_1' },
  });
  const events: ChatCompletionChunk[] = [];
  let error: unknown;
  try {
    for await (const event of stream) events.push(event);
  } catch (thrown) {
    error = thrown;
  }
  return { events, error, partial: stream.partial, outcome: await stream.outcome };
}

describe('openaiChat', () => {
  it('adds up text, tool calls, finish reason and usage', async () => {
    const { partial, outcome } = await read(
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
          usage: { prompt_tokens: 3, completion_tokens: 2, prompt_tokens_details: null },
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
      usage: { inputTokens: 3, outputTokens: 2 },
    });
    expect(outcome).toMatchObject({
      status: 'complete',
      terminator: '[DONE]',
      finishReason: 'tool_calls',
      usage: { inputTokens: 3, outputTokens: 2 },
      events: 9,
    });
  });

  it('keeps reasoning and refusal apart from the text', async () => {
    const { partial } = await read(
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
    const { events, outcome } = await read(sseOf(text('a'), stop, '[DONE]', '{oops', text('b')));

    expect(events).toHaveLength(2);
    expect(outcome).toMatchObject({ status: 'complete' });
  });

  it('takes [DONE] from a server that leaves out the last blank line', async () => {
    const { outcome } = await read(bytesOf('data: {"choices":[{"index":0}]}\n\ndata: [DONE]'));

    expect(outcome).toMatchObject({ status: 'complete', terminator: '[DONE]' });
  });

  it('says that a text which reached its length is complete, and cut', async () => {
    const { outcome } = await read(sseOf(text('a'), chatChunk({}, 'length'), '[DONE]'));

    expect(outcome).toMatchObject({ status: 'complete', finishReason: 'length' });
  });

  it('is incomplete when the bytes end before a terminator, and keeps what came', async () => {
    const { events, error, partial, outcome } = await read(sseOf(text('Hel'), text('lo')));

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
    const { error } = await read(bytesOf('data: {"choices":[{"index":0}]}\n\ndata: {"choices":[{'));

    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect((error as Error).cause).toBeInstanceOf(DeserializationError);
  });

  it('fails on an event that is not JSON, after what came before', async () => {
    const { events, error } = await read(sseOf(text('a'), '<html>', stop, '[DONE]'));

    expect(events).toHaveLength(1);
    expect(error).toBeInstanceOf(DeserializationError);
    expect(error).toMatchObject({
      message: 'Cannot decode an event of the stream: expected JSON, found "<html>"',
    });
  });

  it('fails on JSON that is no object', async () => {
    const { error } = await read(sseOf('42'));

    expect(error).toMatchObject({ message: expect.stringContaining('expected a JSON object') });
  });

  it('does not take [DONE] alone for an answer', async () => {
    const { error } = await read(sseOf('[DONE]'));

    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect(error).toMatchObject({ code: 'empty_stream' });
  });

  it('leaves empty events and frames of other kinds out', async () => {
    const { events } = await read(sseOf('', { type: 'ping' }, text('a'), stop, '[DONE]'));

    expect(events).toHaveLength(2);
  });

  it('waits for every choice that began', async () => {
    const other = { choices: [{ index: 1, delta: { content: 'x' }, finish_reason: null }] };

    const { error } = await read(sseOf(text('a'), other, stop));

    expect(error).toBeInstanceOf(StreamIncompleteError);
  });
});

describe('an error inside an openaiChat stream', () => {
  it.each([
    [{ code: 'rate_limit_exceeded', type: 'requests' }, RateLimitError],
    [{ code: 'insufficient_quota', type: 'insufficient_quota' }, QuotaExhaustedError],
    [{ type: 'overloaded_error' }, OverloadedError],
    [{ code: 503, type: 'ServiceUnavailable' }, OverloadedError],
    [{ code: '400', type: null }, InvalidRequestError],
    [{ type: 'invalid_request_error', code: 'context_length_exceeded' }, InvalidRequestError],
    [{ type: 'invalid_request_error', code: 'invalid_api_key' }, AuthenticationError],
    [{ type: 'NotFoundError', code: 404 }, NotFoundError],
    [{ type: 'server_error', code: null }, ServerError],
    [{}, ServerError],
  ])('%j is classified by code and type', async (facts, errorClass) => {
    const { error } = await read(sseOf({ error: { message: 'Sorry.', ...facts } }, '[DONE]'));

    expect(error).toBeInstanceOf(errorClass);
    expect((error as ServerError).message).toMatch(/^Cannot complete the stream: .*: Sorry$/);
    expect((error as ServerError).requestId).toBe('req_1');
  });

  it('fails it though [DONE] follows, after what came before', async () => {
    const { events, error, outcome } = await read(
      sseOf(text('a'), { error: { message: 'x' } }, '[DONE]'),
    );

    expect(events).toHaveLength(1);
    expect(outcome).toMatchObject({ status: 'failed', error });
  });

  it('hands over the chunk that carries it', async () => {
    const { events, error } = await read(
      sseOf({ ...text('a'), error: { code: 502, message: 'x' } }, '[DONE]'),
    );

    expect(events).toHaveLength(1);
    expect(error).toMatchObject({ status: 502 });
  });

  it.each([
    [
      'as an event of the type error',
      'event: error\ndata: {"message":"x","type":"server_error"}\n\n',
    ],
    ['as an event of the type error that is no JSON', 'event: error\ndata: boom\n\n'],
    ['as text', 'data: {"error":"x"}\n\n'],
    ['in the form of vLLM', 'data: {"object":"error","message":"x","code":500}\n\n'],
    ['as a finish reason', 'data: {"choices":[{"index":0,"finish_reason":"error"}]}\n\n'],
  ])('is seen %s', async (_, wire) => {
    const { error } = await read(bytesOf(`${wire}data: [DONE]\n\n`));

    expect(error).toBeInstanceOf(ServerError);
  });

  it('shows no credential that the peer echoes', async () => {
    const { error } = await read(
      sseOf({ error: { code: 'invalid_api_key', message: 'Incorrect API key: sk-abcdefghijkl.' } }),
    );

    expect(error).toBeInstanceOf(AuthenticationError);
    expect((error as Error).message).not.toContain('abcdefghijkl');
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

    expect((await read(withReason, dialect)).outcome).toMatchObject({ status: reason });
    expect((await read(withDone, dialect)).outcome).toMatchObject({ status: done });
    expect((await read(withBoth, dialect)).outcome).toMatchObject({ status: both });
  });

  it('names a word that it does not know', () => {
    expect(() => createOpenaiChat({ require: 'all' as never })).toThrow(
      /require: expected one of 'either'.*found "all"/,
    );
  });
});

describe('hostile tool calls', () => {
  const call = (index: unknown, rest: object = {}): object =>
    chatChunk({ tool_calls: [{ index, ...rest }] });
  const named = (name: string): object => ({ function: { name, arguments: '{}' } });

  it.each([[4_294_967_295], [-1], ['__proto__'], ['constructor'], [1.5], [{}]])(
    'index %j is a name, not a position',
    async (index) => {
      const { partial } = await read(sseOf(call(0, named('a')), call(index, named('b')), stop));

      expect(partial.toolCalls.map(({ name }) => name)).toEqual(['a', 'b']);
      expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    },
  );

  it('fails a stream that numbers them without end', async () => {
    const calls = Array.from({ length: 1025 }, (_, index) => call(index));

    const { error } = await read(sseOf(...calls, stop));

    expect(error).toMatchObject({ name: 'ProtocolError', code: 'too_many_tool_calls' });
  });

  it('tells calls apart by id where the index is missing or repeats', async () => {
    const { partial } = await read(
      sseOf(
        call(undefined, { id: 'a', ...named('one') }),
        call(undefined, { id: 'b', ...named('two') }),
        call(0, { id: 'c', ...named('three') }),
        call(0, { id: 'd', ...named('four') }),
        stop,
      ),
    );

    expect(partial.toolCalls.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('takes a name that repeats once, and arguments that are an object', async () => {
    const { partial } = await read(
      sseOf(
        call(0, { id: 'a', function: { name: 'f', arguments: { x: 1 } } }),
        call(0, { id: 'a', function: { name: 'f' } }),
        stop,
      ),
    );

    expect(partial.toolCalls).toEqual([{ id: 'a', name: 'f', arguments: '{"x":1}' }]);
  });

  it('survives deltas and choices of the wrong kind', async () => {
    const { outcome } = await read(
      sseOf(
        {
          choices: [
            null,
            1,
            { index: 0, delta: null },
            { index: 0, delta: { tool_calls: [null] } },
          ],
        },
        stop,
      ),
    );

    expect(outcome).toMatchObject({ status: 'complete' });
  });
});
