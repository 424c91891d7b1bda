import {
  AuthenticationError,
  InvalidRequestError,
  NotFoundError,
  RateLimitError,
  ServerError,
  type StatusError,
} from '@linkspan/core';
import { a2a } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { readAnswer } from '../read-answer.ts';
import { bytesOf, sseOf } from '../sse-text.ts';
import { artifact, status, task } from './a2a-responses.ts';

describe('an error inside an a2a stream', () => {
  it.each([
    [-32_001, 'TaskNotFoundError', NotFoundError],
    [-32_002, 'TaskNotCancelableError', InvalidRequestError],
    [-32_003, 'PushNotificationNotSupportedError', InvalidRequestError],
    [-32_004, 'UnsupportedOperationError', InvalidRequestError],
    [-32_005, 'ContentTypeNotSupportedError', InvalidRequestError],
    [-32_006, 'InvalidAgentResponseError', ServerError],
    [-32_007, 'ExtendedAgentCardNotConfiguredError', InvalidRequestError],
    [-32_008, 'ExtensionSupportRequiredError', InvalidRequestError],
    [-32_009, 'VersionNotSupportedError', InvalidRequestError],
    [-32_601, 'MethodNotFound', NotFoundError],
    [-32_603, 'InternalError', ServerError],
  ])('of the code %i is %s', async (code, name, errorClass) => {
    const error = { code, message: 'Sorry.', data: [{ why: 'because' }] };
    const read = await readAnswer(
      a2a,
      sseOf(
        { jsonrpc: '2.0', id: 1, result: task('TASK_STATE_WORKING') },
        { jsonrpc: '2.0', id: 1, error },
        { jsonrpc: '2.0', id: 1, result: status('TASK_STATE_COMPLETED') },
      ),
    );

    expect(read.events).toHaveLength(1);
    expect(read.error).toBeInstanceOf(errorClass);
    expect(read.error).toMatchObject({
      message: `Cannot complete the stream: the peer reports ${code}, ${name}: Sorry`,
      requestId: 'req_1',
    });
    expect((read.error as StatusError).body).toContain('because');
    expect(read.outcome).toMatchObject({ status: 'failed', error: read.error });
  });

  it.each([
    [{ code: 404, status: 'NOT_FOUND', message: 'Gone.' }, NotFoundError],
    [{ code: 400, status: 'FAILED_PRECONDITION', message: 'No.' }, InvalidRequestError],
    [{ code: 401, status: 'UNAUTHENTICATED', message: 'Who?' }, AuthenticationError],
    [{ code: 429, message: 'Slowly.' }, RateLimitError],
    [{ message: 'Hm.' }, ServerError],
    ['boom', ServerError],
  ])('is classified over REST too: %j', async (error, errorClass) => {
    const plain = await readAnswer(a2a, sseOf({ error }));
    const typed = await readAnswer(
      a2a,
      bytesOf(`event: error\ndata: ${JSON.stringify({ error })}\n\n`),
    );

    expect(plain.error).toBeInstanceOf(errorClass);
    expect(typed.error).toBeInstanceOf(errorClass);
  });

  it('is seen as an event of the type error, whatever it holds', async () => {
    for (const data of [
      'boom',
      '{"message":"boom"}',
      JSON.stringify(task('TASK_STATE_COMPLETED')),
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one answer after another
      const { error } = await readAnswer(a2a, bytesOf(`event: error\ndata: ${data}\n\n`));

      expect(error).toBeInstanceOf(ServerError);
    }
  });

  it('shows no credential that the peer echoes', async () => {
    const key = 'sk-abcdefghijkl';
    const failed = {
      statusUpdate: {
        status: { state: 'TASK_STATE_FAILED', message: { parts: [{ text: `Bad ${key}.` }] } },
      },
    };

    for (const wire of [
      sseOf({ error: { code: -32_602, message: `Bad ${key}.` } }),
      sseOf(failed),
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one answer after another
      const { error } = await readAnswer(a2a, wire);

      expect(error).toBeInstanceOf(Error);
      expect(String(error)).not.toContain('abcdefghijkl');
    }
  });
});

describe('hostile artifacts', () => {
  const done = status('TASK_STATE_COMPLETED');

  it.each([['__proto__'], ['constructor'], [4_294_967_295], [-1], [null], [{}]])(
    'an id of %j is a name, not a position',
    async (id) => {
      const { partial } = await readAnswer(a2a, sseOf(artifact('a', 'x'), artifact(id, 'y'), done));

      expect(partial.artifacts).toHaveLength(2);
      expect(partial.text).toBe('x\ny');
      expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    },
  );

  it('fails a stream that names them without end', async () => {
    const many = Array.from({ length: 1025 }, (_, index) => artifact(`a${index}`, 'x'));
    const list = many.map((_, index) => ({ artifactId: `a${index}`, parts: [] }));

    for (const wire of [
      sseOf(...many, done),
      sseOf(task('TASK_STATE_WORKING', { artifacts: list })),
    ]) {
      // oxlint-disable-next-line no-await-in-loop -- one answer after another
      const { error } = await readAnswer(a2a, wire);

      expect(error).toMatchObject({ name: 'ProtocolError', code: 'too_many_artifacts' });
    }
  });

  it('survive members of the wrong kind', async () => {
    const odd = [
      null,
      1,
      'x',
      {},
      { artifactId: 'a', parts: 'x' },
      { parts: [null, 1, { text: 2 }] },
    ];
    const updates = odd.map((value) => ({ artifactUpdate: { artifact: value, append: 'yes' } }));
    const statuses = [null, 1, {}, { state: 1 }].map((value) => ({
      statusUpdate: { status: value, taskId: 7 },
    }));

    const { outcome, partial } = await readAnswer(
      a2a,
      sseOf(...updates, ...statuses, task('TASK_STATE_WORKING', { artifacts: odd }), done),
    );

    expect(outcome.status).toBe('complete');
    expect(partial.taskId).toBe('task-1');
  });
});

describe('artifacts that come again', () => {
  it('take the place of what was there, unless they are to be appended', async () => {
    const whole = artifact('a', 'Hello', { lastChunk: true });

    const { partial } = await readAnswer(
      a2a,
      sseOf(artifact('a', 'Hel'), whole, whole, artifact('b', 'x', { append: true })),
    );

    expect(partial.artifacts).toEqual([
      { artifactId: 'a', parts: [{ text: 'Hello' }], lastChunk: true },
      { artifactId: 'b', parts: [{ text: 'x' }], lastChunk: false },
    ]);
  });

  it('are as the task has them when the stream is taken up again', async () => {
    const snapshot = task('TASK_STATE_WORKING', {
      artifacts: [{ artifactId: 'a', name: 'n', parts: [{ text: 'Hello, ' }] }],
    });

    const { partial } = await readAnswer(
      a2a,
      sseOf(
        task('TASK_STATE_WORKING'),
        artifact('a', 'Hel'),
        artifact('b', 'gone'),
        snapshot,
        artifact('a', 'you', { append: true }),
        task('TASK_STATE_COMPLETED', { artifacts: [] }),
      ),
    );

    expect(partial.artifacts).toEqual([
      {
        artifactId: 'a',
        name: 'n',
        parts: [{ text: 'Hello, ' }, { text: 'you' }],
        lastChunk: false,
      },
    ]);
    expect(partial.text).toBe('Hello, you');
  });

  it('are about the task that the stream began with', async () => {
    const other = { statusUpdate: { taskId: 'task-2', status: { state: 'TASK_STATE_WORKING' } } };

    const { partial } = await readAnswer(a2a, sseOf(task('TASK_STATE_WORKING'), other));

    expect(partial.taskId).toBe('task-1');
  });
});
