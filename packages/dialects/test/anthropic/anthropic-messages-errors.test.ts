import {
  AuthenticationError,
  ConflictError,
  GatewayTimeoutError,
  InvalidRequestError,
  NotFoundError,
  OverloadedError,
  PermissionError,
  QuotaExhaustedError,
  RateLimitError,
  ServerError,
} from '@linkspan/core';
import { anthropicMessages } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { block, call, end, json, start, stop } from './anthropic-events.ts';
import { readStream } from '../read-stream.ts';
import { namedSseOf, sseOf } from '../sse-text.ts';

describe('an error inside an anthropicMessages stream', () => {
  it.each([
    ['invalid_request_error', InvalidRequestError, 'no'],
    ['authentication_error', AuthenticationError, 'no'],
    ['billing_error', QuotaExhaustedError, 'no'],
    ['permission_error', PermissionError, 'no'],
    ['not_found_error', NotFoundError, 'no'],
    ['conflict_error', ConflictError, 'no'],
    ['rate_limit_error', RateLimitError, 'yes'],
    ['timeout_error', GatewayTimeoutError, 'if-idempotent'],
    ['api_error', ServerError, 'if-idempotent'],
    ['overloaded_error', OverloadedError, 'yes'],
  ])('%s is classified by its type', async (type, errorClass, retryable) => {
    const { error } = await readStream(
      namedSseOf(start, { type: 'error', error: { type, message: 'Sorry.' } }, stop),
      anthropicMessages,
    );

    expect(error).toBeInstanceOf(errorClass);
    expect(error).toMatchObject({ retryable, requestId: 'req_1' });
  });

  it('names the request that the peer names', async () => {
    const { error } = await readStream(
      sseOf({ type: 'error', error: { type: 'api_error' }, request_id: 'req_body' }),
      anthropicMessages,
      { 'x-request-id': '' },
    );

    expect(error).toMatchObject({ requestId: 'req_body' });
  });

  it('is no event: before it, nothing was handed over', async () => {
    const { events } = await readStream(
      sseOf({ type: 'error', error: { type: 'overloaded_error' } }),
      anthropicMessages,
    );

    expect(events).toEqual([]);
  });
});

describe('hostile content of an anthropicMessages stream', () => {
  it.each([[4_294_967_295], [-1], ['__proto__'], ['constructor'], [1.5], [{}], [null]])(
    'takes the index %j for a name, not a position',
    async (index) => {
      const { partial } = await readStream(
        sseOf(start, call(0, 'a'), call(index, 'b'), json(0, '{"a":1}'), stop),
        anthropicMessages,
      );

      expect(partial.toolCalls.map(({ id }) => id)).toEqual(['a', 'b']);
      expect(partial.toolCalls[0]?.arguments).toBe('{"a":1}');
      expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    },
  );

  it('keeps usage with a hostile name to itself', async () => {
    const usage = JSON.parse('{"__proto__":{"input_tokens":9},"output_tokens":1}') as object;

    const { outcome } = await readStream(
      sseOf({ type: 'message_start', message: {} }, end('end_turn', usage), stop),
      anthropicMessages,
    );

    expect(outcome.usage).toEqual({ outputTokens: 1 });
  });

  it('fails a stream that begins blocks without end', async () => {
    const blocks = Array.from({ length: 1025 }, (_, index) => block(index, { type: 'text' }));

    const { error } = await readStream(sseOf(start, ...blocks, stop), anthropicMessages);

    expect(error).toMatchObject({ name: 'ProtocolError', code: 'too_many_content_blocks' });
  });

  it('tells calls apart that share an index, and takes one that repeats once', async () => {
    const { partial } = await readStream(
      sseOf(start, call(0, 'a'), call(0, 'a'), json(0, '{}'), call(0, 'b'), json(0, '[]'), stop),
      anthropicMessages,
    );

    expect(partial.toolCalls.map(({ id, arguments: args }) => [id, args])).toEqual([
      ['a', '{}'],
      ['b', '[]'],
    ]);
  });

  it('fails when the beginning of a call is missing', async () => {
    const { error } = await readStream(sseOf(start, json(0, '{}'), stop), anthropicMessages);

    expect(error).toMatchObject({ name: 'ProtocolError', code: 'unknown_block' });
  });
});
