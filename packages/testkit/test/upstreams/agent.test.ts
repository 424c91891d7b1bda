import { HttpAgent } from '@ag-ui/client';
import { DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai';
import { describe, expect, it } from 'vitest';
import type { MockUpstreams } from '../../src/upstreams/mock-upstreams.ts';
import { startUpstreams } from './start-upstreams.ts';

const messages: UIMessage[] = [
  { id: '1', role: 'user', parts: [{ type: 'text', text: 'Which berth is free?' }] },
];

async function askVercel({ agent }: MockUpstreams): Promise<UIMessage | undefined> {
  const transport = new DefaultChatTransport({ api: agent.vercelUrl });
  const stream = await transport.sendMessages({
    trigger: 'submit-message',
    chatId: 'chat-1',
    messageId: undefined,
    messages,
    abortSignal: undefined,
  });
  let last: UIMessage | undefined;
  for await (const message of readUIMessageStream({ stream, terminateOnError: true })) {
    last = message;
  }
  return last;
}

function askAgUi({ agent }: MockUpstreams): HttpAgent {
  return new HttpAgent({
    url: agent.agUiUrl,
    threadId: 'thread-1',
    initialMessages: [{ id: '1', role: 'user', content: 'Which berth is free?' }],
  });
}

const post = (url: string, body: unknown): Promise<Response> =>
  fetch(url, { method: 'POST', body: JSON.stringify(body) });

describe('upstreams.agent behind its Vercel adapter', () => {
  it('streams parts that the AI SDK makes a message of', async () => {
    const upstreams = await startUpstreams();
    upstreams.agent.reply({
      reasoning: 'Let me see.',
      text: 'Berth 4.',
      toolCalls: [{ id: 'call_1', name: 'reserve', arguments: { berth: 4 } }],
    });

    const message = await askVercel(upstreams);

    expect(message?.parts).toMatchObject([
      { type: 'step-start' },
      { type: 'reasoning', text: 'Let me see.', state: 'done' },
      { type: 'text', text: 'Berth 4.', state: 'done' },
      { type: 'tool-reserve', toolCallId: 'call_1', input: { berth: 4 } },
    ]);
    expect(upstreams.agent.requests[0]?.body).toMatchObject({ id: 'chat-1' });
  });

  it('reports an error in the middle, and ends as pydantic-ai does', async () => {
    const upstreams = await startUpstreams();
    upstreams.agent.stumble('error-in-stream', { afterEvents: 4 });
    const body = { trigger: 'submit-message', id: 'chat-1', messages };

    const response = await post(upstreams.agent.vercelUrl, body);

    expect(response.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1');
    const text = await response.text();
    const types = [...text.matchAll(/"type":"([a-z-]+)"/g)].map(([, type]) => type);
    expect(types).toEqual([
      'start',
      'start-step',
      'text-start',
      'text-delta',
      'text-end',
      'error',
      'finish-step',
      'finish',
    ]);
    expect(text).toContain('"finishReason":"error"');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('refuses a body without messages as pydantic does', async () => {
    const { agent } = await startUpstreams();

    const response = await post(agent.vercelUrl, { trigger: 'submit-message', id: 'a' });

    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject([{ type: 'missing', loc: ['messages'] }]);
  });
});

describe('upstreams.agent behind its AG-UI adapter', () => {
  it('streams events that the AG-UI client makes messages of', async () => {
    const upstreams = await startUpstreams();
    upstreams.agent.reply({
      reasoning: 'Let me see.',
      text: 'Berth 4.',
      toolCalls: [{ id: 'call_1', name: 'reserve', arguments: { berth: 4 } }],
    });

    const { newMessages } = await askAgUi(upstreams).runAgent({ runId: 'run-1' });

    expect(newMessages).toMatchObject([
      { role: 'reasoning', content: 'Let me see.' },
      { role: 'assistant', content: 'Berth 4.' },
    ]);
    expect(newMessages.at(-1)).toMatchObject({
      toolCalls: [{ id: 'call_1', function: { name: 'reserve', arguments: '{"berth":4}' } }],
    });
    expect(upstreams.agent.requests[0]?.body).toMatchObject({ runId: 'run-1' });
  });

  it('ends with an error where it fails', async () => {
    const upstreams = await startUpstreams();
    upstreams.agent.stumble('error-in-stream');
    const errors: unknown[] = [];

    await askAgUi(upstreams).runAgent(
      {},
      { onRunErrorEvent: ({ event }) => void errors.push(event) },
    );

    expect(errors).toMatchObject([{ type: 'RUN_ERROR', message: expect.any(String) }]);
  });

  it('refuses an empty body as pydantic does', async () => {
    const { agent } = await startUpstreams();

    const response = await post(agent.agUiUrl, {});

    expect(response.status).toBe(422);
    const errors = (await response.json()) as { readonly loc: readonly string[] }[];
    expect(errors.map(({ loc }) => loc[0])).toEqual([
      'threadId',
      'runId',
      'messages',
      'tools',
      'context',
      'forwardedProps',
    ]);
  });
});

describe('upstreams.agent behind the Synapse wrapper', () => {
  it('answers at once with the result, the messages and the usage', async () => {
    const upstreams = await startUpstreams();

    const response = await post(`${upstreams.agent.baseUrl}/run?agent_id=purser`, { prompt: 'Hi' });

    expect(await response.json()).toMatchObject({
      result: 'You said: Hi',
      messages: [{ kind: 'request' }, { kind: 'response' }],
      usage: { requests: 1 },
    });
    expect(upstreams.requests[0]?.query).toEqual({ agent_id: 'purser' });
  });

  it('streams raw text, and [DONE] also behind an error', async () => {
    const upstreams = await startUpstreams();
    upstreams.agent.reply({ chunks: ['one\ntwo', ' three'] });
    upstreams.agent.stumble('error-in-stream', { afterEvents: 1 });
    const url = `${upstreams.agent.baseUrl}/run/stream`;

    const broken = await (await post(url, { prompt: 'Hi' })).text();
    const whole = await (await post(url, { prompt: 'Hi' })).text();

    expect(whole).toBe('data: one\ntwo\n\ndata:  three\n\ndata: [DONE]\n\n');
    expect(broken).toMatch(/^data: one\ntwo\n\nerror: .+\n\ndata: \[DONE\]\n\n$/);
  });

  it('streams the whole text so far in every line of its NDJSON', async () => {
    const upstreams = await startUpstreams();
    upstreams.agent.reply({ chunks: ['Berth', ' 4'] });

    const response = await post(`${upstreams.agent.baseUrl}/chat`, { prompt: 'Hi' });

    const lines = (await response.text()).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { content: string }).content)).toEqual([
      'Berth',
      'Berth 4',
    ]);
  });

  it('refuses in its own form, in the words of the author', async () => {
    const upstreams = await startUpstreams();
    upstreams.agent.reply({ refuse: { status: 404, message: 'No agent stowaway' } });

    const synapse = await post(`${upstreams.agent.baseUrl}/run`, { prompt: 'Hi' });
    const missing = await post(`${upstreams.agent.baseUrl}/run`, {});

    expect([synapse.status, await synapse.json()]).toEqual([404, { error: 'No agent stowaway' }]);
    expect(await missing.json()).toMatchObject({ detail: [{ loc: ['body', 'prompt'] }] });
  });
});
