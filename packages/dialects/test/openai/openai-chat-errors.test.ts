import {
  AuthenticationError,
  InvalidRequestError,
  NotFoundError,
  OverloadedError,
  QuotaExhaustedError,
  RateLimitError,
  ServerError,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { readChat, text } from './read-chat.ts';
import { bytesOf, chatChunk, sseOf } from '../sse-text.ts';

const stop = chatChunk({}, 'stop');

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
    const { error } = await readChat(sseOf({ error: { message: 'Sorry.', ...facts } }, '[DONE]'));

    expect(error).toBeInstanceOf(errorClass);
    expect((error as ServerError).message).toMatch(/^Cannot complete the stream: .*: Sorry$/);
    expect((error as ServerError).requestId).toBe('req_1');
  });

  it('fails it though [DONE] follows, after what came before', async () => {
    const { events, error, outcome } = await readChat(
      sseOf(text('a'), { error: { message: 'x' } }, '[DONE]'),
    );

    expect(events).toHaveLength(1);
    expect(outcome).toMatchObject({ status: 'failed', error });
  });

  it('hands over the chunk that carries it', async () => {
    const { events, error } = await readChat(
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
    const { error } = await readChat(bytesOf(`${wire}data: [DONE]\n\n`));

    expect(error).toBeInstanceOf(ServerError);
  });

  it('shows no credential that the peer echoes', async () => {
    const { error } = await readChat(
      sseOf({ error: { code: 'invalid_api_key', message: 'Incorrect API key: sk-abcdefghijkl.' } }),
    );

    expect(error).toBeInstanceOf(AuthenticationError);
    expect((error as Error).message).not.toContain('abcdefghijkl');
  });
});

describe('hostile tool calls', () => {
  const call = (index: unknown, rest: object = {}): object =>
    chatChunk({ tool_calls: [{ index, ...rest }] });
  const named = (name: string): object => ({ function: { name, arguments: '{}' } });

  it.each([[4_294_967_295], [-1], ['__proto__'], ['constructor'], [1.5], [{}]])(
    'index %j is a name, not a position',
    async (index) => {
      const { partial } = await readChat(sseOf(call(0, named('a')), call(index, named('b')), stop));

      expect(partial.toolCalls.map(({ name }) => name)).toEqual(['a', 'b']);
      expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    },
  );

  it('fails a stream that numbers them without end', async () => {
    const calls = Array.from({ length: 1025 }, (_, index) => call(index));

    const { error } = await readChat(sseOf(...calls, stop));

    expect(error).toMatchObject({ name: 'ProtocolError', code: 'too_many_tool_calls' });
  });

  it('tells calls apart by id where the index is missing or repeats', async () => {
    const { partial } = await readChat(
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
    const { partial } = await readChat(
      sseOf(
        call(0, { id: 'a', function: { name: 'f', arguments: { x: 1 } } }),
        call(0, { id: 'a', function: { name: 'f' } }),
        stop,
      ),
    );

    expect(partial.toolCalls).toEqual([{ id: 'a', name: 'f', arguments: '{"x":1}' }]);
  });

  it('survives deltas and choices of the wrong kind', async () => {
    const { outcome } = await readChat(
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
