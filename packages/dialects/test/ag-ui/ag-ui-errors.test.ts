import {
  AuthenticationError,
  DeserializationError,
  RateLimitError,
  ServerError,
  StreamIncompleteError,
} from '@linkspan/core';
import { agUi } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { readStream } from '../read-stream.ts';
import { sseOf } from '../sse-text.ts';

const ids = { threadId: 't1', runId: 'r1' };
const started = { type: 'RUN_STARTED', ...ids };
const text = (delta: string, messageId = 'm1'): object => ({
  type: 'TEXT_MESSAGE_CONTENT',
  messageId,
  delta,
});
const finished = { type: 'RUN_FINISHED', ...ids };

describe('an agUi stream', () => {
  it.each([
    [{ message: 'model exploded' }, ServerError],
    [{ message: 'slow down', code: 'rate_limit_exceeded' }, RateLimitError],
    [{ message: 'who?', code: 'Unauthorized' }, AuthenticationError],
    [{ message: null }, ServerError],
  ])('fails on RUN_ERROR %j by its code', async (facts, errorClass) => {
    const usage = [{ inputTokens: 3 }];
    const { events, error, outcome } = await readStream(
      sseOf(started, text('a'), { type: 'RUN_ERROR', ...facts, usage }, finished),
      agUi,
    );

    expect(events).toHaveLength(3);
    expect(error).toBeInstanceOf(errorClass);
    expect((error as ServerError).requestId).toBe('req_1');
    expect(outcome).toMatchObject({
      status: 'failed',
      error,
      finishReason: 'RUN_ERROR',
      usage: { inputTokens: 3 },
    });
  });

  it('fails on RUN_ERROR as its first event', async () => {
    const { events, error } = await readStream(sseOf({ type: 'RUN_ERROR', message: 'x' }), agUi);

    expect(events).toHaveLength(1);
    expect(error).toMatchObject({ message: expect.stringContaining('reports an error: x') });
  });

  it('goes on when a subagent fails', async () => {
    const { outcome } = await readStream(
      sseOf(started, { type: 'SUBAGENT_ERROR', subagentRunId: 's', message: 'x' }, finished),
      agUi,
    );

    expect(outcome.status).toBe('complete');
  });

  it('is incomplete when the server says that it cancelled the run', async () => {
    const { events, error, outcome } = await readStream(
      sseOf(started, text('a'), { ...finished, outcome: { type: 'cancelled' } }),
      agUi,
    );

    expect(events).toHaveLength(3);
    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect(error).toMatchObject({
      code: 'aborted',
      message: 'Cannot complete the ag-ui stream: the server cancelled the run',
    });
    expect(outcome).toMatchObject({ status: 'incomplete', finishReason: 'cancelled' });
  });

  it('fails on an error in the form of a gateway', async () => {
    const { error } = await readStream(sseOf(started, { error: { code: 502 } }), agUi);

    expect(error).toMatchObject({ status: 502 });
  });

  it.each([
    ['not JSON', '<html>', 'expected JSON, found "<html>"'],
    ['no object', '"x"', 'expected a JSON object with a type'],
    ['without a type', '{"delta":"x"}', 'expected a JSON object with a type'],
    ['a piece of text without its text', '{"type":"TEXT_MESSAGE_CONTENT"}', 'a text as its delta'],
    ['a piece of arguments without its text', '{"type":"TOOL_CALL_ARGS"}', 'a text as its delta'],
    ['a chunk of no text', '{"type":"TOOL_CALL_CHUNK","delta":1}', 'a text as its delta'],
  ])('fails on an event that is %s, after what came before', async (_, data, message) => {
    const { events, error, outcome } = await readStream(sseOf(started, data, finished), agUi);

    expect(events[0]).toEqual(started);
    expect(error).toBeInstanceOf(DeserializationError);
    expect((error as Error).message).toContain(message);
    expect(outcome.status).toBe('failed');
  });

  it.each([['__proto__'], ['constructor'], ['toString'], [1], [null]])(
    'takes the id %j for a name like any other',
    async (id) => {
      const { partial, outcome } = await readStream(
        sseOf(
          started,
          { type: 'TEXT_MESSAGE_START', messageId: id },
          text('a', id as string),
          { type: 'TOOL_CALL_START', toolCallId: id, toolCallName: 'f' },
          { type: 'TOOL_CALL_ARGS', toolCallId: id, delta: '{}' },
          { type: 'TEXT_MESSAGE_CHUNK', messageId: 'm', subagentRunId: id, delta: 'b' },
          { type: 'TEXT_MESSAGE_CHUNK', subagentRunId: id, delta: 'c' },
          finished,
        ),
        agUi,
      );

      expect(partial).toMatchObject({ text: 'abc', toolCalls: [{ name: 'f', arguments: '{}' }] });
      expect(outcome.status).toBe('complete');
      expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    },
  );

  it.each([
    ['too_many_tool_calls', 16_385, (n: number) => ({ type: 'TOOL_CALL_START', toolCallId: n })],
    ['too_many_messages', 16_385, (n: number) => ({ type: 'TEXT_MESSAGE_START', messageId: n })],
    [
      'too_many_reasoning_messages',
      16_385,
      (n: number) => ({ type: 'REASONING_MESSAGE_CHUNK', messageId: n }),
    ],
    [
      'too_many_subagents',
      1_025,
      (n: number) => ({ type: 'TEXT_MESSAGE_CHUNK', messageId: 'm', subagentRunId: `s${n}` }),
    ],
  ])('ends with %s where they are without end', async (code, count, event) => {
    const events = Array.from({ length: count }, (_, index) => event(index));

    const { error } = await readStream(sseOf(started, ...events, finished), agUi);

    expect(error).toMatchObject({ name: 'ProtocolError', code });
  });
});
