import { StreamIncompleteError, type TransportRequest } from '@linkspan/core';
import { agUi, decodeStream } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { openSocket } from '../open-socket.ts';
import { post, readAnswer } from '../read-answer.ts';
import { readStream } from '../read-stream.ts';
import { bytesOf, sseOf } from '../sse-text.ts';

const run = (runId: string, delta: string): object[] => [
  { type: 'RUN_STARTED', threadId: 't1', runId },
  { type: 'TEXT_MESSAGE_START', messageId: runId, role: 'assistant' },
  { type: 'TEXT_MESSAGE_CONTENT', messageId: runId, delta },
  { type: 'TOOL_CALL_START', toolCallId: `${runId}-c`, toolCallName: 'f' },
  { type: 'TEXT_MESSAGE_END', messageId: runId },
];
const finished = (runId: string, outcome?: object): object => ({
  type: 'RUN_FINISHED',
  threadId: 't1',
  runId,
  outcome,
});
const error = { type: 'RUN_ERROR', message: 'x' };

/** The status of the stream when it is cut behind each of its bytes. */
async function statuses(bytes: Uint8Array): Promise<string[]> {
  const cuts = Array.from({ length: bytes.length + 1 }, (_, length) => bytes.subarray(0, length));
  return await Promise.all(cuts.map(async (cut) => (await readStream(cut, agUi)).outcome.status));
}

describe('an agUi stream that is cut', () => {
  it.each([
    ['RUN_FINISHED', finished('r1'), 'complete'],
    ['RUN_ERROR', error, 'failed'],
    ['RUN_FINISHED of a cancelled run', finished('r1', { type: 'cancelled' }), 'incomplete'],
  ])('is incomplete before its %s is there, wherever that is', async (_, last, status) => {
    const bytes = sseOf(...run('r1', 'Hé'), last);
    const enough = bytesOf(new TextDecoder().decode(bytes).trimEnd()).length;

    const outcomes = await statuses(bytes);

    expect(new Set(outcomes.slice(0, enough))).toEqual(new Set(['incomplete']));
    expect(new Set(outcomes.slice(enough))).toEqual(new Set([status]));
  });
});

describe('an agUi stream whose socket stays open', () => {
  it('ends at RUN_FINISHED, and leaves the socket', async () => {
    const { body, left } = openSocket(sseOf(...run('r1', 'a'), finished('r1'), 'trailing'));
    const stream = decodeStream(body, agUi);

    await stream.result();
    await left;

    expect((await stream.outcome).status).toBe('complete');
  });
});

describe('an agUi stream that repeats the runs before the one that was asked for', () => {
  const request = post('/agent', { threadId: 't1', runId: 'r2', messages: [] });
  const history = [...run('r1', 'old'), finished('r1')];

  it('ends with the run of the request, and result() is about that one', async () => {
    const { body, left } = openSocket(
      sseOf(...history, ...run('r2', 'new'), finished('r2'), ...run('r3', 'late')),
    );

    const { events, partial, outcome } = await readAnswer(agUi, body, { request });
    await left;

    expect(events).toHaveLength(12);
    expect(partial).toMatchObject({
      text: 'new',
      toolCalls: [{ id: 'r2-c' }],
      finished: { runId: 'r2' },
    });
    expect(outcome).toMatchObject({ status: 'complete', terminator: 'RUN_FINISHED' });
  });

  it('is incomplete when that run is cut', async () => {
    const { error: thrown, partial } = await readAnswer(
      agUi,
      sseOf(...history, ...run('r2', 'half')),
      { request },
    );

    expect(thrown).toBeInstanceOf(StreamIncompleteError);
    expect(partial).toMatchObject({ text: 'half', finishReason: undefined });
  });

  it('is not ended by a run before it that was cancelled', async () => {
    const cancelled = finished('r1', { type: 'cancelled' });
    const { partial, outcome } = await readAnswer(
      agUi,
      sseOf(...run('r1', 'old'), cancelled, ...run('r2', 'new'), finished('r2')),
      { request },
    );

    expect(partial.text).toBe('new');
    expect(outcome.status).toBe('complete');
  });

  it.each<[string, TransportRequest]>([
    ['gives runs names of its own', request],
    ['is asked in a way that names no run', { ...request, payload: { kind: 'value', value: 1 } }],
  ])('is complete with one run when the server %s', async (_, asked) => {
    const { outcome } = await readAnswer(agUi, sseOf(...run('own', 'a'), finished('own')), {
      request: asked,
    });

    expect(outcome).toMatchObject({ status: 'complete', terminator: 'RUN_FINISHED' });
  });
});
