import { GatewayTimeoutError, NotFoundError, ServerError } from '@linkspan/core';
import { cohereChat } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { readStream } from '../read-stream.ts';
import { bytesOf, type NamedEvent, namedSseOf, sseOf } from '../sse-text.ts';

const start: NamedEvent = {
  type: 'message-start',
  id: 'c_1',
  delta: { message: { role: 'assistant' } },
};

function content(fields: object): NamedEvent {
  return { type: 'content-delta', index: 0, delta: { message: { content: fields } } };
}

function call(kind: 'start' | 'delta', index: unknown, calls: unknown): NamedEvent {
  return { type: `tool-call-${kind}`, index, delta: { message: { tool_calls: calls } } };
}

function end(reason: string, rest: object = {}): NamedEvent {
  return { type: 'message-end', delta: { finish_reason: reason, ...rest } };
}

describe('cohereChat', () => {
  it('adds up text, plan and thoughts, tool calls, finish reason and usage', async () => {
    const { partial, outcome, events } = await readStream(
      namedSseOf(
        start,
        { type: 'tool-plan-delta', delta: { message: { tool_plan: 'I look. ' } } },
        content({ thinking: 'Hm.' }),
        { ...content({ type: 'text', text: 'Hel' }), type: 'content-start' },
        content({ text: 'lo' }),
        {
          type: 'citation-start',
          index: 0,
          delta: { message: { citations: { start: 0, end: 5, text: 'Hello', sources: [] } } },
        },
        { type: 'citation-end', index: 0 },
        { type: 'content-end', index: 0 },
        call('start', 0, { id: 'a', type: 'function', function: { name: 'add', arguments: '' } }),
        call('delta', 0, { function: { arguments: '{"a":' } }),
        call('start', 1, [{ id: 'b', function: { name: 'sub', arguments: '{}' } }]),
        call('delta', 0, { function: { arguments: '1}' } }),
        { type: 'tool-call-end', index: 0 },
        end('TOOL_CALL', {
          usage: {
            billed_units: { input_tokens: 1, output_tokens: 1 },
            tokens: { input_tokens: 12, output_tokens: 5 },
            cached_tokens: 4,
          },
        }),
      ),
      cohereChat,
    );

    const usage = { inputTokens: 12, outputTokens: 5, cachedInputTokens: 4 };
    expect(partial).toEqual({
      text: 'Hello',
      reasoning: 'I look. Hm.',
      toolCalls: [
        { id: 'a', name: 'add', arguments: '{"a":1}' },
        { id: 'b', name: 'sub', arguments: '{}' },
      ],
      finishReason: 'TOOL_CALL',
      usage,
    });
    expect(outcome).toMatchObject({ status: 'complete', terminator: 'message-end', usage });
    expect(events).toHaveLength(14);
  });

  it('tells what was billed where nothing else is told', async () => {
    const billed = { billed_units: { input_tokens: 1, output_tokens: 2 } };

    const { outcome } = await readStream(
      sseOf(start, end('COMPLETE', { usage: billed })),
      cohereChat,
    );

    expect(outcome.usage).toEqual({ inputTokens: 1, outputTokens: 2 });
  });

  it('says that a text which reached its length is complete, and cut', async () => {
    const { outcome } = await readStream(
      sseOf(start, content({ text: 'a' }), end('MAX_TOKENS')),
      cohereChat,
    );

    expect(outcome).toMatchObject({ status: 'complete', finishReason: 'MAX_TOKENS' });
  });

  it.each([
    ['ERROR', {}, ServerError],
    ['TIMEOUT', {}, GatewayTimeoutError],
    ['ERROR', { error: 'model not found' }, ServerError],
    ['COMPLETE', { error: 'boom' }, ServerError],
  ])('fails at the end %s %j', async (reason, rest, errorClass) => {
    const { error, outcome, partial } = await readStream(
      sseOf(start, content({ text: 'a' }), end(reason, rest), '[DONE]'),
      cohereChat,
    );

    expect(error).toBeInstanceOf(errorClass);
    expect(outcome).toMatchObject({ status: 'failed', events: 2 });
    expect(partial.text).toBe('a');
  });

  it('fails on an error of its own form in the place of the stream', async () => {
    const body = bytesOf('{"id":"7","message":"model not found","code":"not_found"}');

    const { error } = await readStream(body, cohereChat, { 'content-type': 'application/json' });

    expect(error).toBeInstanceOf(NotFoundError);
  });

  it('passes events on that it does not know', async () => {
    const future = { type: 'debug', prompt: 'x' };

    const { events } = await readStream(sseOf(start, future, end('COMPLETE')), cohereChat);

    expect(events[1]).toEqual(future);
  });

  it('fails a stream that numbers its calls without end', async () => {
    const calls = Array.from({ length: 1025 }, (_, index) => call('start', index, {}));

    const { error } = await readStream(sseOf(start, ...calls), cohereChat);

    expect(error).toMatchObject({ name: 'ProtocolError', code: 'too_many_tool_calls' });
  });
});
