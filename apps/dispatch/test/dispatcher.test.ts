import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Dispatcher, type DispatchSettings } from '../src/delivery/dispatcher.ts';
import { parseInput } from '../src/input/read-input.ts';
import type { Answer } from '../src/output/answer.ts';
import { openClients } from './open-clients.ts';

interface Received {
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

type Script = (response: ServerResponse, attempt: number) => void;

const patient: DispatchSettings = {
  retries: 2,
  retryBaseMs: 0,
  budgetWaitMs: 10,
  totalMs: Infinity,
  firstEventMs: Infinity,
  eventIdleMs: Infinity,
  mayResend: true,
};

/** Sends one row to a server that answers as the script says; gives the answer, and what was sent. */
async function dispatch(
  row: object,
  script: Script,
  settings: Partial<DispatchSettings> = {},
): Promise<{ answer: Answer; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      received.push({ path: request.url, headers: request.headers, body });
      script(response, received.length);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint = { baseUrl: `http://127.0.0.1:${port}`, apiKey: undefined, label: 'test' };
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const clients = openClients({ json: endpoint, chat: endpoint, agent: endpoint });
  const [parsed] = parseInput('a test', Buffer.from(JSON.stringify(row)));
  const dispatcher = new Dispatcher(clients, { ...patient, ...settings });
  const answer = await dispatcher.dispatch(parsed!, new AbortController().signal);
  expect(dispatcher.inFlight).toBe(0);
  return { answer, received };
}

const chat = {
  id: 'q',
  kind: 'chat',
  body: { model: 'm', messages: [{ role: 'user', content: 'Hello' }], seed: 4 },
};
const talk = { id: 't', kind: 'agent', agent: 'purser', prompt: ['One', 'Two'] };

function sendEvents(response: ServerResponse, ...data: readonly (object | string)[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const item of data) {
    response.write(`data: ${typeof item === 'string' ? item : JSON.stringify(item)}\n\n`);
  }
}

function delta(content: string, reason: string | null = null): object {
  return { choices: [{ index: 0, delta: { content }, finish_reason: reason }] };
}

describe('Dispatcher', () => {
  it('sends a chat row as the provider documents it, as a stream with its usage', async () => {
    const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

    const { answer, received } = await dispatch(chat, (response) => {
      sendEvents(response, delta('Hi'), delta('!', 'stop'), { choices: [], usage }, '[DONE]');
      response.end();
    });

    expect(answer).toMatchObject({
      status: 'ok',
      answer: { text: 'Hi!', finishReason: 'stop' },
      attempts: 1,
      usage: { inputTokens: 3, outputTokens: 2 },
      upstream: 'test',
    });
    expect(received).toMatchObject([
      {
        path: '/chat/completions',
        headers: { 'x-client-request-id': 'q' },
        body: { ...chat.body, stream: true, stream_options: { include_usage: true } },
      },
    ]);
  });

  it('sends a stream that was cut again, and never takes it for an answer', async () => {
    const { answer, received } = await dispatch(chat, (response, attempt) => {
      const rest = attempt === 2 ? [delta(' there', 'stop'), '[DONE]'] : [];
      sendEvents(response, delta('Hi'), ...rest);
      response.end();
    });

    expect(answer).toMatchObject({
      status: 'ok',
      answer: { text: 'Hi there' },
      attempts: 2,
      retries: ['incomplete_stream'],
    });
    const keys = received.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^dispatch-/);
    expect(keys[1]).toBe(keys[0]);
  });

  it('sends nothing again that may have been processed, when it must not', async () => {
    const { answer, received } = await dispatch(
      chat,
      (response) => {
        sendEvents(response, delta('Hi'));
        response.end();
      },
      { mayResend: false },
    );

    expect(answer).toMatchObject({
      status: 'failed',
      attempts: 1,
      error: { name: 'StreamIncompleteError', code: 'incomplete_stream' },
    });
    expect(received[0]?.headers['idempotency-key']).toBeUndefined();
  });

  it('counts the retries of the client and its own together', async () => {
    const { answer, received } = await dispatch(chat, (response, attempt) => {
      if (attempt % 2 === 1) {
        response.writeHead(429, { 'retry-after-ms': '0' }).end();
        return;
      }
      sendEvents(response, delta('Hi'));
      response.end();
    });

    expect(answer).toMatchObject({
      status: 'failed',
      attempts: 3,
      retries: ['rate_limit', 'incomplete_stream'],
      error: { code: 'rate_limit' },
    });
    expect(received).toHaveLength(3);
  });

  it('gives up at once where waiting does not help', async () => {
    const { answer } = await dispatch(chat, (response) => {
      response.writeHead(429, { 'content-type': 'application/json' });
      response.end('{"error":{"message":"No credit","code":"insufficient_quota"}}');
    });

    expect(answer).toMatchObject({
      status: 'failed',
      attempts: 1,
      error: { name: 'QuotaExhaustedError' },
    });
  });

  it('leaves a stream that stalls, and says which clock ran out', async () => {
    const { answer } = await dispatch(chat, (response) => sendEvents(response, delta('Hi')), {
      eventIdleMs: 30,
      retries: 1,
    });

    expect(answer).toMatchObject({
      status: 'failed',
      attempts: 2,
      retries: ['idle_timeout'],
      error: { clock: 'eventIdleMs', limitMs: 30 },
    });
  });

  it('repeats the turn of a conversation that broke off, and not those before it', async () => {
    const { answer, received } = await dispatch(talk, (response, attempt) => {
      sendEvents(response, `answer ${attempt}`);
      response.end(attempt === 2 ? '' : 'data: [DONE]\n\n');
    });

    expect(answer).toMatchObject({
      status: 'ok',
      attempts: 3,
      retries: ['incomplete_stream'],
      answer: {
        text: 'answer 3',
        messages: [
          { role: 'user', content: 'One' },
          { role: 'assistant', content: 'answer 1' },
          { role: 'user', content: 'Two' },
          { role: 'assistant', content: 'answer 3' },
        ],
      },
    });
    expect(received.map(({ path }) => path)).toEqual(
      Array.from({ length: 3 }, () => '/run/stream?agent_id=purser'),
    );
    expect(received.map(({ body }) => (body as { prompt: string }).prompt)).toEqual([
      'One',
      'Two',
      'Two',
    ]);
    expect(received[2]?.body).toMatchObject({
      message_history: [
        { kind: 'request', parts: [{ part_kind: 'user-prompt', content: 'One' }] },
        { kind: 'response', parts: [{ part_kind: 'text', content: 'answer 1' }] },
      ],
    });
  });

  it('fails an agent that reports an error and ends as if all were well', async () => {
    const { answer } = await dispatch({ ...talk, prompt: 'One' }, (response) => {
      sendEvents(response, 'half');
      response.end('error: no such tool\n\ndata: [DONE]\n\n');
    });

    expect(answer).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining('no such tool') },
    });
  });

  it('takes the last line of an agent that repeats the whole text in every line', async () => {
    const row = { ...talk, prompt: 'One', dialect: 'ndjson' };

    const { answer, received } = await dispatch(row, (response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end('{"role":"model","content":"Hel"}\n{"role":"model","content":"Hello"}\n');
    });

    expect(answer).toMatchObject({ status: 'ok', answer: { text: 'Hello' } });
    expect(received[0]?.path).toBe('/chat?agent_id=purser');
  });
});
