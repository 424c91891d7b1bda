import {
  createClient,
  type Dialect,
  type EventStream,
  memoryTransport,
  NotFoundError,
  StreamGapError,
  StreamIncompleteError,
  type TransportRequest,
} from '@linkspan/core';
import { a2a, createRawSse, mcp2025, rawSse } from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { artifact, status, task } from './a2a/a2a-responses.ts';
import { collect } from './collect.ts';
import { log, progress, response } from './mcp/mcp-messages.ts';
import { payloadOf } from './read-answer.ts';
import { bytesOf, sseOf } from './sse-text.ts';

/** An answer of the peer: a stream, a JSON document, or a status alone. */
type Answer = Uint8Array | object | number;

const text = new TextDecoder();

/** Opens a stream whose peer gives these answers, one for each request. */
async function open<Event, Final>(
  dialect: Dialect<Event, Final>,
  request: TransportRequest,
  answers: readonly Answer[],
): Promise<{ stream: EventStream<Event, Final>; sent: TransportRequest[] }> {
  const sent: TransportRequest[] = [];
  const transport = memoryTransport((received) => {
    const answer = answers[sent.length];
    sent.push(received);
    if (answer === undefined) throw new Error('There are no more answers');
    if (typeof answer === 'number') return { status: answer, headers: {}, body: '' };
    const isStream = answer instanceof Uint8Array;
    return {
      status: 200,
      headers: { 'content-type': isStream ? 'text/event-stream' : 'application/json' },
      body: isStream ? text.decode(answer) : JSON.stringify(answer),
    };
  });
  const client = createClient({ transport, env: {}, random: () => 0 });
  const options = { dialect, resume: { maxAttempts: 2 }, retry: false } as const;
  return { stream: await client.stream(request, options), sent };
}

/** Events with ids that count on from a number. */
function numbered(first: number, ...data: readonly unknown[]): Uint8Array {
  return bytesOf(
    data
      .map((value, index) => `id: e-${first + index}\ndata: ${JSON.stringify(value)}\n\n`)
      .join(''),
  );
}

describe('a stream of mcp2025 that breaks', () => {
  const call: TransportRequest = {
    operation: 'POST',
    target: '/mcp',
    headers: { 'mcp-session-id': 's-1' },
    payload: { kind: 'value', value: { jsonrpc: '2.0', id: 7, method: 'tools/call' } },
  };

  it('goes on behind its last id, twice in a row, up to its response', async () => {
    const { stream, sent } = await open(mcp2025, call, [
      bytesOf('id: e-0\ndata:\n\n'),
      numbered(1, progress, log),
      numbered(2, log, response()),
    ]);

    expect(await collect(stream)).toEqual([progress, log, response()]);
    expect(await stream.outcome).toMatchObject({ status: 'complete', lastEventId: 'e-3' });
    expect(sent.map(({ operation, headers }) => [operation, headers?.['last-event-id']])).toEqual([
      ['POST', undefined],
      ['GET', 'e-0'],
      ['GET', 'e-2'],
    ]);
    expect(sent[2]?.headers).toMatchObject({
      'mcp-session-id': 's-1',
      accept: 'text/event-stream',
    });
  });

  it('fails when its events have no ids: the call is not made again', async () => {
    const { stream, sent } = await open(mcp2025, call, [sseOf(progress)]);

    await expect(collect(stream)).rejects.toThrow(StreamGapError);
    expect(sent).toHaveLength(1);
  });

  it('is cancelled by a word to the server, where it is not only left', async () => {
    const left = await open(mcp2025, call, [numbered(1, progress, progress)]);
    const cancelled = await open(mcp2025, call, [numbered(1, progress, progress), 202]);

    for await (const message of left.stream) if ('method' in message) break;
    for await (const _ of cancelled.stream) await cancelled.stream.cancel();

    expect(left.sent).toHaveLength(1);
    expect(payloadOf(cancelled.sent[1])).toMatchObject({
      method: 'notifications/cancelled',
      params: { requestId: 7 },
    });
  });
});

describe('a stream of a2a that breaks', () => {
  const rpc: TransportRequest = {
    operation: 'POST',
    target: '/rpc',
    payload: {
      kind: 'value',
      value: { jsonrpc: '2.0', id: 'c', method: 'SendStreamingMessage', params: {} },
    },
  };
  const result = (value: object): object => ({ jsonrpc: '2.0', id: 'c', result: value });

  it('goes on from the task as it is, twice in a row', async () => {
    const whole = { artifactId: 'a', parts: [{ text: 'Hello, ' }] };
    const { stream, sent } = await open(a2a, rpc, [
      sseOf(result(task('TASK_STATE_WORKING')), result(artifact('a', 'Hel'))),
      sseOf(result(task('TASK_STATE_WORKING', { artifacts: [whole] }))),
      sseOf(
        result(task('TASK_STATE_WORKING', { artifacts: [whole] })),
        result(artifact('a', 'you', { append: true, lastChunk: true })),
        result(status('TASK_STATE_COMPLETED')),
      ),
    ]);

    expect((await stream.result()).text).toBe('Hello, you');
    expect(await stream.outcome).toMatchObject({ status: 'complete' });
    expect(sent.slice(1).map((request) => payloadOf(request))).toMatchObject([
      { method: 'SubscribeToTask', params: { id: 'task-1' } },
      { method: 'SubscribeToTask', params: { id: 'task-1' } },
    ]);
  });

  it('asks for its task when that was over by then, over JSON-RPC', async () => {
    const over = { code: -32_004, message: 'The task is over' };
    const done = { id: 'task-1', status: { state: 'TASK_STATE_COMPLETED' } };
    const { stream, sent } = await open(a2a, rpc, [
      sseOf(result(task('TASK_STATE_WORKING'))),
      { jsonrpc: '2.0', id: 'c', error: over },
      result(done),
    ]);

    expect(await collect(stream)).toEqual([task('TASK_STATE_WORKING'), { task: done }]);
    expect(payloadOf(sent[2])).toMatchObject({ method: 'GetTask', params: { id: 'task-1' } });
  });

  it('asks for its task when that was not found to subscribe to, over REST, and tells the truth', async () => {
    const { stream, sent } = await open(
      a2a,
      { operation: 'POST', target: '/v1/message:stream', payload: { kind: 'value', value: {} } },
      [
        sseOf(task('TASK_STATE_WORKING')),
        404,
        { id: 'task-1', status: { state: 'TASK_STATE_FAILED' } },
      ],
    );

    await expect(stream.result()).rejects.toThrow(/TASK_STATE_FAILED/);
    expect(sent.map(({ operation, target }) => `${operation} ${target}`)).toEqual([
      'POST /v1/message:stream',
      'POST /v1/tasks/task-1:subscribe',
      'GET /v1/tasks/task-1',
    ]);
  });

  it('fails as the agent says when its task is gone', async () => {
    const { stream } = await open(
      a2a,
      { operation: 'POST', target: '/message:stream', payload: { kind: 'value', value: {} } },
      [sseOf(task('TASK_STATE_WORKING')), 404, 404],
    );

    await expect(stream.result()).rejects.toThrow(NotFoundError);
  });
});

describe('a stream of server-sent events that breaks', () => {
  const feed = createRawSse({ endsAtEof: false });
  const get: TransportRequest = { operation: 'GET', target: '/feed' };

  it('goes on behind its last id until the server has no more, as an EventSource does', async () => {
    const { stream, sent } = await open(feed, get, [numbered(1, 'a', 'b'), numbered(3, 'c'), 204]);

    const events = await collect(stream);

    expect(events.map(({ data }) => data)).toEqual(['"a"', '"b"', '"c"']);
    expect(await stream.outcome).toMatchObject({ status: 'complete', terminator: '204' });
    expect(sent.map(({ headers }) => headers?.['last-event-id'])).toEqual([
      undefined,
      'e-2',
      'e-3',
    ]);
  });

  it('is not taken up when it has ended by its own rules, or cannot be', async () => {
    const ended = await open(rawSse, get, [numbered(1, 'a')]);
    const posted = await open(feed, { ...get, operation: 'POST' }, [numbered(1, 'a')]);

    expect(await collect(ended.stream)).toHaveLength(1);
    await expect(collect(posted.stream)).rejects.toThrow(StreamIncompleteError);
    expect([...ended.sent, ...posted.sent]).toHaveLength(2);
  });
});
