import { Secret } from 'linkspan';
import { type MockUpstreams, mockUpstreams, type WebSocketReplier } from '@linkspan/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Dispatcher } from '../src/delivery/dispatcher.ts';
import { parseInput } from '../src/input/read-input.ts';
import type { Answer } from '../src/output/answer.ts';
import { openClients } from './open-clients.ts';

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params?: unknown;
}

interface Line {
  readonly upstreams: MockUpstreams;
  /** The calls that arrived, in their order. */
  readonly calls: Call[];
  dispatch(row: object, signal?: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

type Answerer = (call: Call) => object | undefined;

/** A peer that speaks JSON-RPC, and a dispatcher that sends to it; answers echo the parameters. */
async function startLine(
  answer: Answerer = ({ params = null }) => ({ result: params }),
  firstEventMs = Infinity,
): Promise<Line> {
  const upstreams = await mockUpstreams();
  onTestFinished(() => upstreams.close());
  const calls: Call[] = [];
  const reply: WebSocketReplier = (message) => {
    const call = JSON.parse(String(message)) as Call;
    if (call.id === undefined) return undefined;
    calls.push(call);
    const outcome = answer(call);
    return outcome && JSON.stringify({ jsonrpc: '2.0', id: call.id, ...outcome });
  };
  upstreams.webSocket.reply(reply);
  const { url: baseUrl } = upstreams.webSocket;
  const endpoint = { baseUrl, apiKey: new Secret('key-1'), label: 'mock' };
  const clients = openClients({ 'web-socket': endpoint }, { answerMs: firstEventMs });
  const close = (): Promise<void> => clients[Symbol.asyncDispose]();
  const dispatcher = new Dispatcher(clients, {
    retries: 2,
    retryBaseMs: 0,
    budgetWaitMs: 10,
    totalMs: 60_000,
    firstEventMs,
    eventIdleMs: Infinity,
    mayResend: true,
  });
  const dispatch: Line['dispatch'] = async (row, signal = new AbortController().signal) => {
    const line = JSON.stringify({ id: 'q', kind: 'web-socket', method: 'find', ...row });
    const [parsed] = parseInput('a test', Buffer.from(line));
    return await dispatcher.dispatch(parsed!, signal);
  };
  return { upstreams, calls, dispatch, close };
}

describe('a web-socket row', () => {
  it('is a call of JSON-RPC, on one connection with all others, with the key', async () => {
    const { upstreams, calls, dispatch } = await startLine();

    const answers = await Promise.all(
      [7, 8, 9].map((number) => dispatch({ id: `q-${number}`, params: { number } })),
    );

    expect(answers).toMatchObject(
      [7, 8, 9].map((number) => ({
        id: `q-${number}`,
        status: 'ok',
        answer: { json: { number } },
        attempts: 1,
        upstream: 'mock',
      })),
    );
    expect(calls).toMatchObject([{ method: 'find' }, { method: 'find' }, { method: 'find' }]);
    expect(upstreams.requests).toMatchObject([{ headers: { authorization: 'Bearer key-1' } }]);
  });

  it('is sent again where the connection broke and the row allows it, and else is not', async () => {
    const { upstreams, calls, dispatch } = await startLine();
    upstreams.webSocket.stumble('cut-stream', { afterEvents: 0 });

    const [often, once] = await Promise.all([
      dispatch({ id: 'often', params: ['often'], idempotent: true }),
      dispatch({ id: 'once', params: ['once'] }),
    ]);

    expect(often).toMatchObject({ status: 'ok', attempts: 2, retries: ['channel_ended'] });
    expect(once).toMatchObject({
      status: 'failed',
      attempts: 1,
      error: { name: 'ConnectionResetError', code: 'channel_ended', sent: 'maybe' },
    });
    expect(calls.map(({ params }) => params)).toEqual([['often']]);
    expect(upstreams.requests).toHaveLength(2);
  });

  it('waits for a connection as long as the peer asks, and was not sent before', async () => {
    const { upstreams, calls, dispatch } = await startLine();
    upstreams.webSocket.stumble('reset-in-head');
    upstreams.webSocket.stumble('overloaded', { retryAfterMs: 0 });

    const answer = await dispatch({});

    expect(answer).toMatchObject({
      status: 'ok',
      attempts: 3,
      retries: ['connection_reset', 'unavailable'],
    });
    expect(calls).toHaveLength(1);
  });

  it('fails where nobody may connect, with what was said, and was not sent', async () => {
    const { upstreams, dispatch } = await startLine();
    upstreams.webSocket.stumble('bad-key');

    const answer = await dispatch({ idempotent: true });

    expect(answer).toMatchObject({
      status: 'failed',
      attempts: 1,
      error: { sent: 'no', message: expect.stringContaining('401') },
    });
    expect(JSON.stringify(answer)).not.toContain('key-1');
  });

  it('is asked again where no answer came, on the same connection', async () => {
    const { upstreams, calls, dispatch } = await startLine(
      ({ id }) => (id === 1 ? undefined : { result: 'found' }),
      30,
    );

    const answer = await dispatch({ idempotent: true });

    expect(answer).toMatchObject({ status: 'ok', attempts: 2, retries: ['deadline'] });
    expect(calls).toHaveLength(2);
    expect(upstreams.requests).toHaveLength(1);
  });

  it('fails with the error that the peer answers with, and is not sent again', async () => {
    const error = { code: -32602, message: 'number: expected one, found none' };
    const { calls, dispatch } = await startLine(() => ({ error }));

    const answer = await dispatch({ idempotent: true });

    expect(answer).toMatchObject({
      status: 'failed',
      error: { name: 'RpcError', code: 'invalid_params', rpcCode: -32602, sent: 'yes' },
    });
    expect(calls).toHaveLength(1);
  });

  it('is left when the run is aborted, also while a connection is being opened', async () => {
    const { upstreams, dispatch, close } = await startLine();
    upstreams.webSocket.stumble('no-answer');
    const abort = new AbortController();
    const reason = new Error('The run was interrupted');

    const answer = dispatch({}, abort.signal);
    await expect.poll(() => upstreams.requests.length).toBe(1);
    abort.abort(reason);

    await expect(answer).rejects.toBe(reason);
    await close();
    expect(upstreams.requests).toHaveLength(1);
  });
});
