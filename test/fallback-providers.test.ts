import { runWithFallback, streamOf, streamWithFallback } from '@linkspan/resilience';
import {
  type ChatEvent,
  type ChatResponse,
  type ChatStreamOptions,
  createSdkClient,
  type SdkClient,
} from '@linkspan/sdk';
import { type MockUpstreams, mockUpstreams, type StumbleKind } from '@linkspan/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const chat = { messages: [{ role: 'user', content: 'Who answers?' }] } as const;
const patience: ChatStreamOptions = { firstEventMs: 200, eventIdleMs: 200 };

let upstreams: MockUpstreams;
let openai: SdkClient;
let anthropic: SdkClient;

beforeEach(async () => {
  upstreams = await mockUpstreams();
  upstreams.openai.reply({ text: 'OpenAI answers' });
  upstreams.anthropic.reply({ text: 'Anthropic answers' });
  const common = { apiKey: 'key', model: 'model-1', retry: false, env: {} } as const;
  openai = createSdkClient({ provider: 'openai', baseUrl: upstreams.openai.baseUrl, ...common });
  anthropic = createSdkClient({
    provider: 'anthropic',
    baseUrl: upstreams.anthropic.baseUrl,
    ...common,
  });
});

afterEach(async () => {
  await Promise.all([openai.close(), anthropic.close()]);
  await upstreams.close();
});

const ask = (): Promise<ChatResponse> =>
  runWithFallback([
    (limits) => openai.chat(chat, limits),
    (limits) => anthropic.chat(chat, limits),
  ]);

const stumbles: readonly StumbleKind[] = [
  'rate-limit',
  'quota',
  'server-error',
  'reset-before-head',
  'html',
];

describe('a chat that falls back to another provider', () => {
  it('is that of the first, where it answers', async () => {
    expect((await ask()).text).toBe('OpenAI answers');
    expect(upstreams.anthropic.requests).toEqual([]);
  });

  it.each([...stumbles, 'cut-stream'] as const)('is that of the second (%s)', async (kind) => {
    upstreams.openai.stumble(kind);

    expect((await ask()).text).toBe('Anthropic answers');
  });

  it('does not ask the second what the first finds wrong', async () => {
    upstreams.openai.reply({ refuse: { status: 400, message: 'No such thing' } });

    await expect(ask()).rejects.toMatchObject({ status: 400 });
    expect(upstreams.anthropic.requests).toEqual([]);
  });
});

describe('a stream of a chat that falls back to another provider', () => {
  const open = () =>
    streamWithFallback<ChatEvent, Pick<ChatResponse, 'text'>>([
      (limits) => openai.stream(chat, { ...patience, ...limits }),
      (limits) => anthropic.stream(chat, { ...patience, ...limits }),
      () =>
        streamOf<ChatEvent, { text: string }>([{ type: 'text', text: 'Later' }], { text: 'Later' }),
    ]);

  it.each([...stumbles, 'no-answer'] as const)('is that of the second (%s)', async (kind) => {
    upstreams.openai.stumble(kind);
    const stream = open();
    let text = '';
    for await (const event of stream) if (event.type === 'text') text += event.text;

    expect(text).toBe('Anthropic answers');
    expect(await stream.outcome).toMatchObject({ status: 'complete', terminator: 'message_stop' });
    expect(await stream.result()).toMatchObject({ text, finishReason: 'stop' });
    expect(stream.usage?.outputTokens).toBeGreaterThan(0);
    expect([...openai.client.inFlight(), ...anthropic.client.inFlight()]).toEqual([]);
  });

  it('is a value when nobody answers', async () => {
    upstreams.openai.stumble('no-answer');
    upstreams.anthropic.stumble('overloaded');

    expect(await open().result()).toEqual({ text: 'Later' });
  });
});
