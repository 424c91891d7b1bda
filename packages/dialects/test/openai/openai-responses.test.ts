import {
  InvalidRequestError,
  RateLimitError,
  ServerError,
  StatusError,
  StreamIncompleteError,
} from '@linkspan/core';
import { openaiResponses } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { namedSseOf, sseOf } from '../sse-text.ts';
import { readStream } from '../read-stream.ts';

const completed = { type: 'response.completed', response: { id: 'resp_1', status: 'completed' } };

const delta = (
  type: string,
  text: string,
  outputIndex: unknown = 0,
  rest: object = {},
): object => ({
  type: `response.${type}.delta`,
  output_index: outputIndex,
  delta: text,
  ...rest,
});

const item = (event: 'added' | 'done', outputIndex: unknown, fields: object): object => ({
  type: `response.output_item.${event}`,
  output_index: outputIndex,
  item: fields,
});

describe('openaiResponses', () => {
  it('adds up text, reasoning, tool calls, finish reason and usage', async () => {
    const { partial, outcome } = await readStream(
      sseOf(
        { type: 'response.created', response: { id: 'resp_1', status: 'in_progress' } },
        item('added', 0, { type: 'reasoning', id: 'rs_1', summary: [] }),
        delta('reasoning_summary_text', 'Let ', 0, { summary_index: 0 }),
        delta('reasoning_summary_text', 'me see.', 0, { summary_index: 0 }),
        delta('reasoning_summary_text', 'Yes.', 0, { summary_index: 1 }),
        item('added', 1, { type: 'message', content: [] }),
        delta('output_text', 'Hel', 1),
        delta('output_text', 'lo', 1),
        item('added', 2, { type: 'function_call', call_id: 'call_1', name: 'add', arguments: '' }),
        delta('function_call_arguments', '{"a":', 2),
        item('added', 3, { type: 'custom_tool_call', call_id: 'call_2', name: 'sh', input: '' }),
        delta('custom_tool_call_input', 'ls', 3),
        delta('function_call_arguments', '1}', 2),
        {
          type: 'response.completed',
          response: {
            id: 'resp_1',
            status: 'completed',
            usage: {
              input_tokens: 9,
              output_tokens: 5,
              total_tokens: 14,
              input_tokens_details: { cached_tokens: 4, cache_write_tokens: 1 },
              output_tokens_details: { reasoning_tokens: 3 },
            },
          },
        },
      ),
      openaiResponses,
    );

    const usage = {
      inputTokens: 9,
      outputTokens: 5,
      totalTokens: 14,
      cachedInputTokens: 4,
      cacheWriteTokens: 1,
      reasoningTokens: 3,
    };
    expect(partial).toEqual({
      id: 'resp_1',
      background: false,
      text: 'Hello',
      reasoning: 'Let me see.\n\nYes.',
      toolCalls: [
        { id: 'call_1', name: 'add', arguments: '{"a":1}' },
        { id: 'call_2', name: 'sh', arguments: 'ls' },
      ],
      finishReason: 'completed',
      usage,
    });
    expect(outcome).toMatchObject({
      status: 'complete',
      terminator: 'response.completed',
      finishReason: 'completed',
      usage,
      events: 14,
    });
  });

  it('keeps a refusal, and reasoning that is shown as it is, apart from the text', async () => {
    const { partial } = await readStream(
      sseOf(delta('reasoning_text', 'hm'), delta('refusal', 'No.', 1), completed),
      openaiResponses,
    );

    expect(partial).toMatchObject({ text: '', reasoning: 'hm', refusal: 'No.' });
  });

  it('takes the end of an item for its word over the pieces', async () => {
    const { partial } = await readStream(
      sseOf(
        delta('output_text', 'Hel'),
        delta('function_call_arguments', '{', 1),
        item('done', 0, { type: 'message', content: [{ type: 'output_text', text: 'Hello' }] }),
        item('done', 1, { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' }),
        completed,
      ),
      openaiResponses,
    );

    expect(partial).toMatchObject({
      text: 'Hello',
      toolCalls: [{ id: 'c', name: 'f', arguments: '{}' }],
    });
  });

  it('takes the last event at its word where no pieces came', async () => {
    const output = [
      { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Easy.' }] },
      { type: 'message', content: [{ type: 'output_text', text: 'Hello' }] },
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
    ];

    const { partial } = await readStream(
      sseOf({ type: 'response.completed', response: { ...completed.response, output } }),
      openaiResponses,
    );

    expect(partial).toMatchObject({
      text: 'Hello',
      reasoning: 'Easy.',
      toolCalls: [{ id: 'c', name: 'f', arguments: '{}' }],
    });
  });

  it.each([
    ['response.incomplete', { incomplete_details: { reason: 'max_output_tokens' } }],
    ['response.completed', { incomplete_details: { reason: 'max_output_tokens' } }],
    [
      'response.completed',
      { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
    ],
  ])('says why a response is cut, under the name %s', async (type, response) => {
    const { outcome } = await readStream(
      sseOf(delta('output_text', 'Hel'), { type, response }),
      openaiResponses,
    );

    expect(outcome).toMatchObject({ status: 'complete', finishReason: 'max_output_tokens' });
    expect(outcome.terminator).toBe(type);
  });

  it.each([
    ['without a reason', [{ type: 'response.incomplete', response: { id: 'resp_1' } }]],
    ['in the status alone', [{ type: 'response.completed', response: { status: 'incomplete' } }]],
    ['in an item alone', [item('done', 0, { type: 'message', status: 'incomplete' }), completed]],
    [
      'in the output alone',
      [{ type: 'response.completed', response: { output: [{ status: 'incomplete' }] } }],
    ],
  ])('calls a response incomplete that says so %s', async (_, events) => {
    const { outcome } = await readStream(
      sseOf(delta('output_text', 'a'), ...events),
      openaiResponses,
    );

    expect(outcome).toMatchObject({ status: 'complete', finishReason: 'incomplete' });
  });

  it.each([
    [
      'an error event, nested as it is sent',
      { type: 'error', error: { code: 'rate_limit_exceeded', message: 'Slow down.' } },
      RateLimitError,
    ],
    [
      'an error event, flat as it is documented',
      { type: 'error', code: 'rate_limit_exceeded', message: 'Slow down.', param: null },
      RateLimitError,
    ],
    [
      'response.failed',
      { type: 'response.failed', response: { error: { code: 'invalid_prompt', message: 'No.' } } },
      InvalidRequestError,
    ],
    ['response.failed without an error', { type: 'response.failed' }, ServerError],
    [
      'a failure under the name of a completed response',
      {
        type: 'response.completed',
        response: { status: 'failed', error: { code: 'server_error' } },
      },
      ServerError,
    ],
    [
      'a response that was cancelled',
      { type: 'response.completed', response: { status: 'cancelled' } },
      StatusError,
    ],
    ['response.cancelled', { type: 'response.cancelled', response: {} }, StatusError],
  ])('fails at %s', async (_, event, errorClass) => {
    const { error, outcome, partial } = await readStream(
      sseOf(delta('output_text', 'a'), event, completed),
      openaiResponses,
    );

    expect(error).toBeInstanceOf(errorClass);
    expect(outcome).toMatchObject({ status: 'failed', events: 1 });
    expect(partial).toMatchObject({ text: 'a', finishReason: undefined });
  });

  it('tells what a failed response used', async () => {
    const response = { error: { code: 'server_error' }, usage: { input_tokens: 3 } };

    const { outcome } = await readStream(
      sseOf({ type: 'response.failed', response }),
      openaiResponses,
    );

    expect(outcome.usage).toEqual({ inputTokens: 3 });
  });

  it('takes no retry for a cure of a cancelled response', async () => {
    const { error } = await readStream(sseOf({ type: 'response.cancelled' }), openaiResponses);

    expect(error).toMatchObject({ status: 499, retryable: 'no' });
  });

  it('does not take [DONE] for the end of a response', async () => {
    const { error } = await readStream(sseOf(delta('output_text', 'a'), '[DONE]'), openaiResponses);

    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect(error).toMatchObject({ message: expect.stringContaining('[DONE] came before') });
  });

  it('passes events on that it does not know', async () => {
    const future = { type: 'response.future.delta', sequence_number: 1, wisdom: { deep: true } };

    const { events } = await readStream(namedSseOf(future, completed), openaiResponses);

    expect(events).toEqual([future, completed]);
  });

  it('knows an event by the name of its frame when its data has none', async () => {
    const { partial, outcome } = await readStream(
      new TextEncoder().encode(
        'event: response.output_text.delta\ndata: {"output_index":0,"delta":"a"}\n\n' +
          'event: response.completed\ndata: {"response":{"status":"completed"}}\n\n',
      ),
      openaiResponses,
    );

    expect(partial.text).toBe('a');
    expect(outcome.status).toBe('complete');
  });

  it.each([[4_294_967_295], [-1], ['__proto__'], ['constructor'], [1.5], [{}], [null]])(
    'takes the index %j for a name, not a position',
    async (index) => {
      const { partial } = await readStream(
        sseOf(delta('output_text', 'a', 0), delta('output_text', 'b', index), completed),
        openaiResponses,
      );

      expect(partial.text).toBe('ab');
      expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    },
  );

  it('fails a stream that numbers its output without end', async () => {
    const deltas = Array.from({ length: 1025 }, (_, index) => delta('output_text', 'a', index));

    const { error } = await readStream(sseOf(...deltas, completed), openaiResponses);

    expect(error).toMatchObject({ name: 'ProtocolError', code: 'too_many_output_items' });
  });
});
