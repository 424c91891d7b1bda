import {
  DeserializationError,
  InvalidRequestError,
  ServerError,
  StreamIncompleteError,
} from '@linkspan/core';
import { a2a, createA2a } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../read-answer.ts';
import { splitBySize } from '../split-bytes.ts';
import { bytesOf, sseOf } from '../sse-text.ts';
import { agentMessage, artifact, bindings, status, task } from './a2a-responses.ts';

describe.each(bindings)('a2a over $binding', ({ wire }) => {
  it('adds a task up and is complete when the task is', async () => {
    const responses = [
      task('TASK_STATE_SUBMITTED'),
      status('TASK_STATE_WORKING', 'Thinking.'),
      artifact('a', 'Hel'),
      artifact('b', 'other', { lastChunk: true }),
      artifact('a', 'lo', { append: true, lastChunk: true }),
      status('TASK_STATE_COMPLETED'),
    ];

    for (const chunks of [[wire(...responses)], splitBySize(wire(...responses), 1)]) {
      // oxlint-disable-next-line no-await-in-loop -- one split after another
      const { events, partial, outcome } = await readAnswer(a2a, chunks);

      expect(events).toEqual(responses);
      expect(partial).toEqual({
        text: 'Hello\nother',
        state: 'TASK_STATE_COMPLETED',
        taskId: 'task-1',
        contextId: 'context-1',
        artifacts: [
          { artifactId: 'a', parts: [{ text: 'Hel' }, { text: 'lo' }], lastChunk: true },
          { artifactId: 'b', parts: [{ text: 'other' }], lastChunk: true },
        ],
        message: undefined,
      });
      expect(outcome).toMatchObject({
        status: 'complete',
        terminator: 'TASK_STATE_COMPLETED',
        finishReason: 'TASK_STATE_COMPLETED',
        events: 6,
      });
    }
  });

  it('is complete at a message that is the whole answer', async () => {
    const { partial, outcome } = await readAnswer(a2a, wire({ message: agentMessage('Hi.') }));

    expect(partial).toMatchObject({
      text: 'Hi.',
      state: undefined,
      message: agentMessage('Hi.'),
      artifacts: [],
    });
    expect(outcome).toMatchObject({ status: 'complete', terminator: 'message', events: 1 });
    expect(outcome.finishReason).toBeUndefined();
  });

  it('is not complete at a message in the middle of a task', async () => {
    const { error, outcome } = await readAnswer(
      a2a,
      wire(task('TASK_STATE_WORKING'), { message: agentMessage('Still here.') }),
    );

    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect(outcome).toMatchObject({ status: 'incomplete', events: 2 });
  });

  it('is incomplete wherever its bytes end before the task does, and keeps what came', async () => {
    const bytes = wire(
      task('TASK_STATE_WORKING'),
      artifact('a', 'Hel'),
      status('TASK_STATE_COMPLETED'),
    );

    for (let length = 0; length < bytes.length; length += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one cut after another
      const { events, error, partial, outcome } = await readAnswer(a2a, bytes.slice(0, length));

      expect(error).toBeInstanceOf(StreamIncompleteError);
      expect(outcome.status).toBe('incomplete');
      expect(outcome.finishReason).toBeUndefined();
      expect(partial.text).toBe(events.length === 2 ? 'Hel' : '');
    }
  });

  it('ends with the task, whatever follows', async () => {
    const done = wire(task('TASK_STATE_COMPLETED'));
    const { events, outcome } = await readAnswer(a2a, [done, sseOf('{oops', 'x')]);

    expect(events).toHaveLength(1);
    expect(outcome.status).toBe('complete');
  });

  it.each([
    ['TASK_STATE_FAILED', ServerError, 500],
    ['TASK_STATE_REJECTED', InvalidRequestError, 400],
  ])('tells nobody of success when the task is %s', async (state, errorClass, code) => {
    const { events, error, partial, outcome } = await readAnswer(
      a2a,
      wire(task('TASK_STATE_WORKING'), artifact('a', 'half'), status(state, 'No more money.')),
    );

    expect(events).toHaveLength(3);
    expect(error).toBeInstanceOf(errorClass);
    expect(error).toMatchObject({
      message: `Cannot complete the stream: the peer reports ${state}: No more money`,
      status: code,
    });
    expect(partial).toMatchObject({ text: 'half', state });
    expect(outcome).toMatchObject({ status: 'failed', finishReason: state, error });
  });

  it('is incomplete when the task was cancelled', async () => {
    const { error, outcome } = await readAnswer(
      a2a,
      wire(task('TASK_STATE_WORKING'), status('TASK_STATE_CANCELED')),
    );

    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect(error).toMatchObject({ code: 'aborted', requestId: 'req_1' });
    expect(outcome).toMatchObject({
      status: 'incomplete',
      finishReason: 'TASK_STATE_CANCELED',
      events: 2,
    });
  });

  it.each([['TASK_STATE_INPUT_REQUIRED'], ['TASK_STATE_AUTH_REQUIRED']])(
    'is complete, and says so, when the task is %s',
    async (state) => {
      const { partial, outcome } = await readAnswer(
        a2a,
        wire(task('TASK_STATE_WORKING'), status(state, 'Where to?')),
      );

      expect(partial).toMatchObject({ text: 'Where to?', message: agentMessage('Where to?') });
      expect(outcome).toMatchObject({ status: 'complete', finishReason: state, terminator: state });
    },
  );

  it('goes on with a task that was authorised another way', async () => {
    const before = [task('TASK_STATE_AUTH_REQUIRED'), status('TASK_STATE_WORKING')];

    const cut = await readAnswer(a2a, wire(...before));
    const whole = await readAnswer(a2a, wire(...before, status('TASK_STATE_COMPLETED')));

    expect(cut.error).toBeInstanceOf(StreamIncompleteError);
    expect(whole.outcome).toMatchObject({ status: 'complete', events: 3 });
  });

  it('passes on what it does not know, and ends only at what it knows', async () => {
    const unknown = [
      { ofNextYear: { x: 1 } },
      status('TASK_STATE_PAUSED'),
      status('x'),
      { task: 'x' },
    ];

    const { events, outcome } = await readAnswer(
      a2a,
      wire(...unknown, status('TASK_STATE_COMPLETED')),
    );
    const cut = await readAnswer(a2a, wire(...unknown));

    expect(events.slice(0, 4)).toEqual(unknown);
    expect(outcome).toMatchObject({ status: 'complete', events: 5 });
    expect(cut.error).toBeInstanceOf(StreamIncompleteError);
  });

  it.each([
    [
      'an event of the kind',
      { kind: 'status-update', final: true, status: { state: 'completed' } },
    ],
    ['an event of the kind', { kind: 'message', parts: [{ kind: 'text', text: 'Hi.' }] }],
    ['the state', { statusUpdate: { status: { state: 'completed' }, final: true } }],
  ])('refuses an agent that speaks A2A 0.3: %s', async (what, older) => {
    const { error, outcome } = await readAnswer(a2a, wire(older));

    expect(error).toMatchObject({ name: 'ProtocolError', code: 'a2a_version' });
    expect((error as Error).message).toContain(`expected A2A 1.0, found ${what}`);
    expect(outcome.status).toBe('failed');
  });
});

describe('a2a', () => {
  it.each([['<html>'], ['{"task":'], ['42'], ['[]'], ['null']])(
    'fails on an event that is no JSON object, after what came before: %s',
    async (data) => {
      const { events, error } = await readAnswer(
        a2a,
        sseOf(task('TASK_STATE_WORKING'), data, task('TASK_STATE_COMPLETED')),
      );

      expect(events).toHaveLength(1);
      expect(error).toBeInstanceOf(DeserializationError);
    },
  );

  it('is incomplete when nothing came, or nothing but comments', async () => {
    for (const bytes of [bytesOf(''), bytesOf(': ping\n\n: ping\n\n'), sseOf('')]) {
      // oxlint-disable-next-line no-await-in-loop -- one answer after another
      const { error } = await readAnswer(a2a, bytes);

      expect(error).toBeInstanceOf(StreamIncompleteError);
    }
  });

  it.each([['application/json'], ['application/a2a+json']])(
    'reads an answer of %s as a stream of one event',
    async (contentType) => {
      const answer = { jsonrpc: '2.0', id: 1, result: task('TASK_STATE_COMPLETED') };
      const bytes = bytesOf(JSON.stringify(answer));
      const alone = bytesOf(
        JSON.stringify({ id: 'task-1', status: { state: 'TASK_STATE_FAILED' } }),
      );

      const whole = await readAnswer(a2a, bytes, { contentType });
      const cut = await readAnswer(a2a, bytes.slice(0, -1), { contentType });
      const failed = await readAnswer(a2a, alone, { contentType });

      expect(whole.outcome).toMatchObject({ status: 'complete', events: 1 });
      expect(cut.error).toBeInstanceOf(StreamIncompleteError);
      expect(failed.events).toEqual([
        { task: { id: 'task-1', status: { state: 'TASK_STATE_FAILED' } } },
      ]);
      expect(failed.error).toBeInstanceOf(ServerError);
    },
  );

  it('fails as a proxy says that answers in its own JSON', async () => {
    const { events, error } = await readAnswer(a2a, bytesOf('{"detail":"Slow down."}'), {
      contentType: 'application/json',
    });

    expect(events).toEqual([]);
    expect(error).toBeInstanceOf(ServerError);
    expect(String(error)).toContain('Slow down');
  });

  it('counts as progress what changes the task', () => {
    const reader = a2a.read({ status: 200, contentType: undefined, headers: {}, secrets: [] });
    const isProgress = (response: object): boolean =>
      reader.read({ type: 'message', data: JSON.stringify(response), id: '' }).progress !== false;

    expect(isProgress(task('TASK_STATE_WORKING'))).toBe(true);
    expect(isProgress(status('TASK_STATE_WORKING'))).toBe(false);
    expect(isProgress(task('TASK_STATE_WORKING'))).toBe(false);
    expect(isProgress(status('TASK_STATE_WORKING', 'Reading.'))).toBe(true);
    expect(isProgress(artifact('a', 'x'))).toBe(true);
  });
});

describe("createA2a({ interrupted: 'wait' })", () => {
  const waiting = createA2a({ interrupted: 'wait' });

  it.each([['TASK_STATE_INPUT_REQUIRED'], ['TASK_STATE_AUTH_REQUIRED']])(
    'goes on behind %s until the task is over',
    async (state) => {
      const cut = await readAnswer(waiting, sseOf(task(state)));
      const whole = await readAnswer(
        waiting,
        sseOf(task(state), status('TASK_STATE_WORKING'), status('TASK_STATE_COMPLETED')),
      );

      expect(cut.error).toBeInstanceOf(StreamIncompleteError);
      expect(whole.outcome).toMatchObject({ status: 'complete', events: 3 });
    },
  );

  it('names a word that it does not know', () => {
    expect(() => createA2a({ interrupted: 'waits' as never })).toThrow(
      /interrupted: expected one of 'end', 'wait'.*found "waits"/,
    );
  });
});
