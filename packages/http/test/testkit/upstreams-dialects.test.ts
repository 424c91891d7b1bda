import { type Dialect, type EventStream, StreamIncompleteError } from '@linkspan/core';
import {
  a2a,
  agUi,
  anthropicMessages,
  createNdjson,
  gemini,
  mcp2025,
  mcp2026,
  openaiChat,
  openaiResponses,
  synapse,
  vercelUi,
} from '@linkspan/dialects';
import { createHttpClient, type HttpClient } from '@linkspan/http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { MockUpstream, MockUpstreams } from '@linkspan/testkit';
import { startUpstreams } from './start-upstreams.ts';

type Stream = EventStream<unknown, unknown>;

interface Scene {
  readonly name: string;
  readonly upstream: (upstreams: MockUpstreams) => MockUpstream;
  /** What the text of the answer is: what was asked, in the words of the mock. */
  readonly text: string;
  readonly open: (client: HttpClient, upstreams: MockUpstreams) => PromiseLike<Stream>;
}

const QUESTION = 'Which berth is free?';
const ANSWER = `You said: ${QUESTION}`;
const messages = [{ role: 'user', content: QUESTION }];
const parts = [{ type: 'text', text: QUESTION }];

function post<Event, Result>(
  client: HttpClient,
  url: string,
  dialect: Dialect<Event, Result>,
  json: object,
  headers: Readonly<Record<string, string>> = {},
): PromiseLike<Stream> {
  return client.stream({ method: 'POST', path: url, json, headers }, { dialect });
}

const call = {
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'echo', arguments: { text: ANSWER } },
};

async function openSession(client: HttpClient, url: string): Promise<string> {
  const json = { jsonrpc: '2.0', id: 0, method: 'initialize', params: {} };
  const response = await client.request({ method: 'POST', path: url, json });
  await response.json();
  return String(response.headers['mcp-session-id']);
}

const scenes: readonly Scene[] = [
  {
    name: 'openaiChat',
    upstream: ({ openai }) => openai,
    text: ANSWER,
    open: (client, { openai }) =>
      post(client, `${openai.baseUrl}/chat/completions`, openaiChat, {
        model: 'm',
        messages,
        stream: true,
      }),
  },
  {
    name: 'openaiResponses',
    upstream: ({ openai }) => openai,
    text: ANSWER,
    open: (client, { openai }) =>
      post(client, `${openai.baseUrl}/responses`, openaiResponses, {
        model: 'm',
        input: QUESTION,
        stream: true,
      }),
  },
  {
    name: 'anthropicMessages',
    upstream: ({ anthropic }) => anthropic,
    text: ANSWER,
    open: (client, { anthropic }) =>
      post(
        client,
        `${anthropic.baseUrl}/v1/messages`,
        anthropicMessages,
        { model: 'm', max_tokens: 9, messages, stream: true },
        { 'anthropic-version': '2023-06-01' },
      ),
  },
  {
    name: 'gemini',
    upstream: (upstreams) => upstreams.gemini,
    text: ANSWER,
    open: (client, { gemini: { baseUrl } }) =>
      post(client, `${baseUrl}/v1beta/models/m:streamGenerateContent?alt=sse`, gemini, {
        contents: [{ role: 'user', parts }],
      }),
  },
  {
    name: 'vercelUi',
    upstream: ({ agent }) => agent,
    text: ANSWER,
    open: (client, { agent }) =>
      post(client, agent.vercelUrl, vercelUi, {
        trigger: 'submit-message',
        id: 'c',
        messages: [{ id: '1', role: 'user', parts }],
      }),
  },
  {
    name: 'agUi',
    upstream: ({ agent }) => agent,
    text: ANSWER,
    open: (client, { agent }) =>
      post(client, agent.agUiUrl, agUi, {
        threadId: 't',
        runId: 'r',
        state: {},
        messages: [{ id: '1', ...messages[0] }],
        tools: [],
        context: [],
        forwardedProps: {},
      }),
  },
  {
    name: 'synapse',
    upstream: ({ agent }) => agent,
    text: ANSWER,
    open: (client, { agent }) =>
      post(client, `${agent.baseUrl}/run/stream?agent_id=a`, synapse, { prompt: QUESTION }),
  },
  {
    name: 'a2a over JSON-RPC',
    upstream: (upstreams) => upstreams.a2a,
    text: ANSWER,
    open: (client, { a2a: { url } }) =>
      post(client, url, a2a, {
        jsonrpc: '2.0',
        id: 1,
        method: 'SendStreamingMessage',
        params: { message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: QUESTION }] } },
      }),
  },
  {
    name: 'a2a over REST',
    upstream: (upstreams) => upstreams.a2a,
    text: ANSWER,
    open: (client, { a2a: { url } }) =>
      post(client, `${url}/message:stream`, a2a, {
        message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: QUESTION }] },
      }),
  },
  {
    name: 'mcp2025',
    upstream: ({ mcp }) => mcp,
    text: ANSWER,
    open: async (client, { mcp: { url } }) => {
      const session = await openSession(client, url);
      return await post(client, url, mcp2025, call, { 'mcp-session-id': session });
    },
  },
  {
    name: 'mcp2026',
    upstream: ({ mcp }) => mcp,
    text: ANSWER,
    open: (client, { mcp: { url } }) => {
      const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28' };
      return post(client, url, mcp2026, { ...call, params: { ...call.params, _meta: meta } });
    },
  },
];

function clientOf(): HttpClient {
  const client = createHttpClient({ retry: { maxRetries: 0 } });
  onTestFinished(() => client.close());
  return client;
}

/** The sessions of MCP begin with a request of their own: a stumble is for the one behind it. */
const isStream = ({ body }: { readonly body: unknown }): boolean =>
  (body as { readonly method?: string } | undefined)?.method !== 'initialize';

describe.each(scenes)('the dialect $name', ({ upstream, text, open }) => {
  it('reads the whole answer', async () => {
    const upstreams = await startUpstreams();
    const stream = await open(clientOf(), upstreams);

    const result = (await stream.result()) as { readonly text: string };

    expect(result.text).toBe(text);
    expect(await stream.outcome).toMatchObject({ status: 'complete' });
  });

  it('tells a stream that was cut from one that is complete', async () => {
    const upstreams = await startUpstreams();
    upstream(upstreams).stumble('cut-stream', { when: isStream });
    const stream = await open(clientOf(), upstreams);

    await expect(stream.result()).rejects.toThrow(StreamIncompleteError);

    expect(await stream.outcome).toMatchObject({ status: 'incomplete' });
  });

  it('fails where the stream reports an error', async () => {
    const upstreams = await startUpstreams();
    upstream(upstreams).stumble('error-in-stream', { when: isStream });
    const stream = await open(clientOf(), upstreams);

    await expect(stream.result()).rejects.toThrow(/overload|error|failed/i);

    expect(await stream.outcome).toMatchObject({ status: 'failed' });
  });

  it.each(['html', 'error-body', 'rate-limit', 'quota', 'bad-key'] as const)(
    'hands over nothing of an answer at %s',
    async (kind) => {
      const upstreams = await startUpstreams();
      upstream(upstreams).stumble(kind, { when: isStream });
      const events: unknown[] = [];

      const reading = (async () => {
        const stream = await open(clientOf(), upstreams);
        for await (const event of stream) events.push(event);
      })();

      await expect(reading).rejects.toMatchObject({ retryable: expect.any(String) });
      expect(JSON.stringify(events)).not.toContain('You said');
    },
  );
});

describe('the dialect ndjson, cumulative', () => {
  it('reads the last line of the cumulative stream', async () => {
    const { agent } = await startUpstreams();
    const dialect = createNdjson({ cumulative: true });
    const url = `${agent.baseUrl}/chat`;
    const stream = await post(clientOf(), url, dialect, { prompt: QUESTION });

    const result = await stream.result();

    expect(result).toMatchObject({ role: 'model', content: ANSWER });
  });
});
