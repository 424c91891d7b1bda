import { Secret } from 'linkspan';
import { type MockUpstreams, mockUpstreams } from '@linkspan/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { EndpointMap } from '../src/command-line/endpoints.ts';
import { Dispatcher } from '../src/delivery/dispatcher.ts';
import { parseInput } from '../src/input/read-input.ts';
import type { Answer } from '../src/output/answer.ts';
import { openClients } from './open-clients.ts';

async function startUpstreams(): Promise<MockUpstreams> {
  const upstreams = await mockUpstreams();
  onTestFinished(() => upstreams.close());
  return upstreams;
}

async function dispatch(upstreams: MockUpstreams, row: object): Promise<Answer> {
  const at = (baseUrl: string): { baseUrl: string; apiKey: Secret; label: string } => ({
    baseUrl,
    apiKey: new Secret('key-1'),
    label: 'mock',
  });
  const endpoints: EndpointMap = {
    chat: at(upstreams.openai.baseUrl),
    messages: at(upstreams.anthropic.baseUrl),
    'vercel-ui': at(upstreams.agent.vercelUrl),
    'ag-ui': at(upstreams.agent.agUiUrl),
    'openai-sdk': at(upstreams.openai.baseUrl),
    'anthropic-sdk': at(upstreams.anthropic.baseUrl),
  };
  const dispatcher = new Dispatcher(openClients(endpoints), {
    retries: 2,
    retryBaseMs: 0,
    budgetWaitMs: 10,
    totalMs: Infinity,
    firstEventMs: Infinity,
    eventIdleMs: Infinity,
    mayResend: true,
  });
  const [parsed] = parseInput('a test', Buffer.from(JSON.stringify({ id: 'q', ...row })));
  return await dispatcher.dispatch(parsed!, new AbortController().signal);
}

const messages = [{ role: 'user', content: 'Which berth?' }];
const toolCalls = [{ id: 'toolu_1', name: 'reserve', arguments: { berth: 4 } }];

describe('a messages row', () => {
  const body = { model: 'm', max_tokens: 100, messages };

  it.each([
    ['as a stream', {}],
    ['at once', { stream: false }],
  ])('is answered %s, with the header that holds the key', async (_how, more) => {
    const upstreams = await startUpstreams();
    upstreams.anthropic.reply({ text: 'Berth 4.', toolCalls, usage: { inputTokens: 7 } });

    const answer = await dispatch(upstreams, { kind: 'messages', body: { ...body, ...more } });

    expect(answer).toMatchObject({
      status: 'ok',
      answer: {
        text: 'Berth 4.',
        finishReason: 'tool_use',
        toolCalls: [{ id: 'toolu_1', name: 'reserve', arguments: '{"berth":4}' }],
      },
      usage: { inputTokens: 7 },
    });
    expect(upstreams.requests).toMatchObject([
      { path: '/anthropic/v1/messages', headers: { 'x-api-key': 'key-1' } },
    ]);
    expect(upstreams.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it('is sent again where its stream was cut', async () => {
    const upstreams = await startUpstreams();
    upstreams.anthropic.stumble('cut-stream');

    const answer = await dispatch(upstreams, { kind: 'messages', body });

    expect(answer).toMatchObject({ status: 'ok', attempts: 2, retries: ['incomplete_stream'] });
  });
});

describe.each([
  ['openai-sdk', 'authorization', 'Bearer key-1', 'stop', 'tool_calls'],
  ['anthropic-sdk', 'x-api-key', 'key-1', 'end_turn', 'tool_use'],
] as const)('an %s row', (kind, header, key, stop, toolUse) => {
  const chat = { model: 'm', system: 'Be brief.', messages };

  it("is streamed through the provider's SDK, with the key of its endpoint alone", async () => {
    vi.stubEnv('OPENAI_API_KEY', 'canary');
    vi.stubEnv('ANTHROPIC_API_KEY', 'canary');
    const upstreams = await startUpstreams();

    const answer = await dispatch(upstreams, { kind, chat });

    expect(answer).toMatchObject({
      status: 'ok',
      answer: { text: 'You said: Which berth?', finishReason: stop },
      attempts: 1,
      usage: { outputTokens: expect.any(Number) },
      timeToFirstEventMs: expect.any(Number),
    });
    expect(upstreams.requests).toMatchObject([
      {
        headers: {
          [header]: key,
          'x-client-request-id': 'q',
          'idempotency-key': expect.stringMatching(/^dispatch-/),
          'user-agent': expect.stringMatching(/^(OpenAI|Anthropic)/),
        },
        body: { stream: true },
      },
    ]);
    expect(JSON.stringify(upstreams.requests)).not.toContain('canary');
  });

  it('tells the calls that the model asks for', async () => {
    const upstreams = await startUpstreams();
    const upstream = kind === 'openai-sdk' ? upstreams.openai : upstreams.anthropic;
    upstream.reply({ toolCalls });

    const answer = await dispatch(upstreams, { kind, chat });

    expect(answer).toMatchObject({
      answer: {
        finishReason: toolUse,
        toolCalls: [{ id: 'toolu_1', name: 'reserve', arguments: '{"berth":4}' }],
      },
    });
  });

  it('is sent again where its stream was cut, with the same key of idempotency', async () => {
    const upstreams = await startUpstreams();
    const upstream = kind === 'openai-sdk' ? upstreams.openai : upstreams.anthropic;
    upstream.stumble('cut-stream');

    const answer = await dispatch(upstreams, { kind, chat });

    expect(answer).toMatchObject({ status: 'ok', attempts: 2, retries: ['incomplete_stream'] });
    const keys = upstreams.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys[1]).toBe(keys[0]);
  });

  it('is refused, and not sent, where it says what its provider cannot do', async () => {
    const upstreams = await startUpstreams();
    const image = { type: 'image', url: 'https://example.com/berth.jpg' };
    const result = { role: 'tool', toolCallId: 'c', content: [image] };
    const refused = kind === 'openai-sdk' ? { messages: [result] } : { seed: 1 };

    const answer = await dispatch(upstreams, { kind, chat: { ...chat, ...refused } });

    expect(answer).toMatchObject({ status: 'failed', error: { code: 'chat_request', sent: 'no' } });
    expect(upstreams.requests).toEqual([]);
  });
});

/** What the second request of a conversation holds. */
const lastBodies: readonly (readonly [string, object])[] = [
  ['vercel-ui', { messages: [{ parts: [{ text: 'Which?' }] }, { role: 'assistant' }, {}] }],
  ['ag-ui', { threadId: 'q', runId: 'q-2', messages: [{ content: 'Which?' }, {}, {}] }],
];

describe.each(lastBodies)('a %s row', (kind, lastBody) => {
  it('is a conversation at the base URL itself, each prompt with the turns before it', async () => {
    const upstreams = await startUpstreams();
    upstreams.agent.reply(({ prompt }) => ({ text: `Heard: ${prompt}` }));

    const answer = await dispatch(upstreams, { kind, prompt: ['Which?', 'And on Sunday?'] });

    expect(answer).toMatchObject({
      status: 'ok',
      attempts: 2,
      answer: {
        text: 'Heard: And on Sunday?',
        messages: [
          { role: 'user', content: 'Which?' },
          { role: 'assistant', content: 'Heard: Which?' },
          { role: 'user', content: 'And on Sunday?' },
          { role: 'assistant', content: 'Heard: And on Sunday?' },
        ],
      },
    });
    expect(upstreams.requests.map(({ path }) => path)).toEqual(
      Array.from({ length: 2 }, () => `/agent/${kind === 'ag-ui' ? 'ag-ui' : 'vercel'}`),
    );
    expect(upstreams.requests.at(-1)?.body).toMatchObject(lastBody);
  });

  it('repeats the turn that breaks off, and not the one before', async () => {
    const upstreams = await startUpstreams();
    let seen = 0;
    upstreams.agent.stumble(() => (++seen === 2 ? { kind: 'cut-stream' } : undefined));

    const answer = await dispatch(upstreams, { kind, prompt: ['One', 'Two'] });

    expect(answer).toMatchObject({ status: 'ok', attempts: 3, retries: ['incomplete_stream'] });
    const keys = upstreams.requests.map(({ headers }) => headers['idempotency-key']);
    expect(keys[1]).toBe(keys[2]);
    expect(keys[0]).not.toBe(keys[1]);
  });
});

it.each([
  ['chat', { model: 'm', messages, stream: false }],
  ['messages', { model: 'm', max_tokens: 9, messages, stream: false }],
] as const)('takes an error with status 200 for no answer to a %s row', async (kind, body) => {
  const upstreams = await startUpstreams();
  const upstream = kind === 'chat' ? upstreams.openai : upstreams.anthropic;
  upstream.stumble('error-body');

  const answer = await dispatch(upstreams, { kind, body });

  expect(answer).toMatchObject({
    status: 'ok',
    attempts: 2,
    answer: { text: 'You said: Which berth?' },
  });
});
