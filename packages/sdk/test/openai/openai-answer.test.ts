import type { ChatResponse } from '@linkspan/sdk';
import { decodeStream } from '@linkspan/dialects';
import { DeserializationError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { openaiChatDialect, readCompletion } from '../../src/openai/openai-answer.ts';
import { openaiResponsesDialect, readResponse } from '../../src/openai/responses-answer.ts';

const head = { status: 200, contentType: 'application/json', headers: {}, secrets: [] };

/** A stream of these frames. */
function streamOf(...frames: readonly object[]): string {
  return [...frames.map((frame) => JSON.stringify(frame)), '[DONE]']
    .map((data) => `data: ${data}\n\n`)
    .join('');
}

const delta = (value: object, reason: string | null = null): object => ({
  id: 'c1',
  model: 'm',
  choices: [{ index: 0, delta: value, finish_reason: reason }],
});

async function read(text: string): Promise<ChatResponse> {
  return await decode(text).result();
}
const decode = (text: string) =>
  decodeStream([new TextEncoder().encode(text)], openaiChatDialect('either'));

describe('the stream of a chat completion', () => {
  it('puts tools together whose server leaves indexes out, or repeats them', async () => {
    const call = (more: object): object => delta({ tool_calls: [more] });
    const withoutIndex = await read(
      streamOf(
        call({ id: 'a', function: { name: 'one', arguments: '{"x"' } }),
        call({ function: { arguments: ':1}' } }),
        call({ id: 'b', function: { name: 'two', arguments: { y: 2 } } }),
        delta({}, 'tool_calls'),
      ),
    );
    const repeated = await read(
      streamOf(
        call({ index: 0, id: 'a', function: { name: 'one', arguments: '{"x"' } }),
        call({ index: 0, id: 'a', function: { name: 'one', arguments: ':1}' } }),
        call({ index: 0, id: 'b', function: { name: 'two', arguments: '{"y":2}' } }),
        delta({}, 'tool_calls'),
      ),
    );

    const expected = [
      { id: 'a', name: 'one', arguments: '{"x":1}' },
      { id: 'b', name: 'two', arguments: '{"y":2}' },
    ];
    expect(withoutIndex.toolCalls).toEqual(expected);
    expect(repeated.toolCalls).toEqual(expected);
  });

  it('says that the model refused, which ends as any answer does', async () => {
    const refused = await read(streamOf(delta({ refusal: 'No.' }), delta({}, 'stop')));

    expect(refused).toMatchObject({ refusal: 'No.', finishReason: 'refusal', text: '' });
    expect(refused.providerReason).toBe('stop');
  });

  it('keeps the word of a provider that is not known', async () => {
    const answer = await read(streamOf(delta({ content: 'Hi' }), delta({}, 'tired')));

    expect(answer).toMatchObject({ finishReason: 'other', providerReason: 'tired' });
  });

  it('is of the first choice', async () => {
    const other = {
      id: 'c1',
      choices: [{ index: 1, delta: { content: 'B' }, finish_reason: 'stop' }],
    };

    expect((await read(streamOf(delta({ content: 'A' }), other, delta({}, 'stop')))).text).toBe(
      'A',
    );
  });

  it('hands over what came before an error, and then fails', async () => {
    const stream = decode(
      streamOf(delta({ content: 'A' }), {
        error: { code: 'rate_limit_exceeded', message: 'Slow' },
      }),
    );
    const texts: string[] = [];
    const reading = (async () => {
      for await (const event of stream) if (event.type === 'text') texts.push(event.text);
    })();

    await expect(reading).rejects.toMatchObject({ status: 429 });
    expect(texts).toEqual(['A']);
    expect(stream.partial).toMatchObject({ text: 'A', id: 'c1', model: 'm' });
  });
});

describe('readCompletion() and readResponse()', () => {
  it.each([undefined, null, 1, 'text', [], {}, { choices: [] }, { object: 'list', data: [] }])(
    'fail on %o, which is no answer',
    (answer) => {
      expect(() => readCompletion(answer, head)).toThrow(DeserializationError);
      expect(() => readResponse(answer, head)).toThrow(DeserializationError);
    },
  );

  it('fail with the error that is in the place of an answer', () => {
    const error = { error: { message: 'No', code: 'insufficient_quota', type: 'quota' } };

    expect(() => readCompletion(error, head)).toThrow(/insufficient_quota/);
    expect(() => readResponse(error, head)).toThrow(/insufficient_quota/);
  });

  it('fail with the error of a response that failed', () => {
    const failed = { id: 'r', status: 'failed', output: [], error: { code: 'server_error' } };

    expect(() => readResponse(failed, head)).toThrow(/server_error/);
  });

  it('read a response that was cut', () => {
    const response = readResponse(
      {
        id: 'r',
        model: 'm',
        status: 'incomplete',
        incomplete_details: { reason: 'max_output_tokens' },
        output: [{ type: 'message', content: [{ type: 'output_text', text: 'Once' }] }],
      },
      head,
    );

    expect(response).toMatchObject({ text: 'Once', finishReason: 'length', id: 'r' });
  });

  it('read the arguments of a call that came whole, with its end', async () => {
    const item = { type: 'function_call', call_id: 'a', name: 'look' };
    const events = [
      { type: 'response.output_item.added', output_index: 0, item: { ...item, arguments: '' } },
      {
        type: 'response.output_item.done',
        output_index: 0,
        item: { ...item, arguments: '{"x":1}' },
      },
      {
        type: 'response.completed',
        response: { id: 'r', model: 'm', status: 'completed', output: [] },
      },
    ];
    const text = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
    const stream = decodeStream([new TextEncoder().encode(text)], openaiResponsesDialect);

    expect(await stream.result()).toMatchObject({
      toolCalls: [{ id: 'a', name: 'look', arguments: '{"x":1}' }],
      finishReason: 'tool-calls',
    });
  });
});
