import { ManualClock } from '@linkspan/concurrency';
import { anthropicMessages, createOpenaiChat } from '@linkspan/dialects';
import { createHttpClient, type HttpClient } from '@linkspan/http';
import { rateLimit, RateLimiter } from '@linkspan/resilience';
import { createSdkClient, type SdkClient } from '@linkspan/sdk';
import { type MockModel, type MockUpstreams, mockUpstreams } from '@linkspan/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** What the limiter allows at once: a sixth of what it allows in a minute. */
const BURST = 10_000;
const RESERVED = { inputTokens: 3_000, outputTokens: 4_000 };
const REPORTED = { inputTokens: 1_234, outputTokens: 567 };
const messages = [{ role: 'user', content: 'Which berth is free?' }] as const;

let upstreams: MockUpstreams;
let limiter: RateLimiter;
let clients: (HttpClient | SdkClient)[];

beforeEach(async () => {
  upstreams = await mockUpstreams();
  // On a clock that stands still: what was used does not come back.
  const clock = new ManualClock();
  const limits = { inputTokensPerMinute: 6 * BURST, outputTokensPerMinute: 6 * BURST };
  limiter = new RateLimiter({ ...limits, clock });
  clients = [];
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await upstreams.close();
});

/** The tokens that the limiter counts as used, by what it still lets go. */
function used(): { readonly inputTokens: number; readonly outputTokens: number } {
  return { inputTokens: usedOf('inputTokens'), outputTokens: usedOf('outputTokens') };
}

function usedOf(kind: 'inputTokens' | 'outputTokens'): number {
  let least = 0;
  let most = BURST;
  while (least < most) {
    const amount = Math.ceil((least + most) / 2);
    const lease = limiter.tryAcquire({ requests: 0, [kind]: amount });
    lease?.settle({ [kind]: 0 });
    lease?.release();
    if (lease === undefined) most = amount - 1;
    else least = amount;
  }
  return BURST - least;
}

function limited() {
  return {
    middleware: [rateLimit({ limiter, estimate: () => RESERVED, learn: false })],
    retry: false,
    env: {},
  } as const;
}

function httpClient(): HttpClient {
  const client = createHttpClient(limited());
  clients.push(client);
  return client;
}

function sdkClient(
  provider: 'openai' | 'anthropic',
  api?: 'chat' | 'responses',
  { baseUrl }: { readonly baseUrl: string } = upstreams[provider],
): SdkClient {
  const common = { ...limited(), apiKey: 'key', model: 'model-1', baseUrl };
  const client: SdkClient =
    provider === 'anthropic'
      ? createSdkClient({ provider, ...common })
      : createSdkClient({ provider, api: api ?? 'chat', ...common });
  clients.push(client);
  return client;
}

/** The ways to ask a model for a stream of events. */
interface StreamScene {
  readonly way: string;
  readonly upstream: () => MockModel;
  readonly open: (options?: { readonly signal: AbortSignal }) => AsyncIterable<unknown> & {
    result(): Promise<unknown>;
  };
}

const streams: readonly StreamScene[] = [
  {
    way: 'openaiChat',
    upstream: () => upstreams.openai,
    open: (options) =>
      httpClient().stream(
        {
          method: 'POST',
          path: `${upstreams.openai.baseUrl}/chat/completions`,
          json: { model: 'm', messages, stream: true, stream_options: { include_usage: true } },
        },
        { dialect: createOpenaiChat(), ...options },
      ),
  },
  {
    way: 'anthropicMessages',
    upstream: () => upstreams.anthropic,
    open: (options) =>
      httpClient().stream(
        {
          method: 'POST',
          path: `${upstreams.anthropic.baseUrl}/v1/messages`,
          json: { model: 'm', max_tokens: 9, messages, stream: true },
          headers: { 'anthropic-version': '2023-06-01' },
        },
        { dialect: anthropicMessages, ...options },
      ),
  },
  {
    way: 'the SDK of OpenAI',
    upstream: () => upstreams.openai,
    open: (options) => sdkClient('openai').stream({ messages }, options),
  },
  {
    way: 'the SDK of OpenAI, with responses',
    upstream: () => upstreams.openai,
    open: (options) => sdkClient('openai', 'responses').stream({ messages }, options),
  },
  {
    way: 'the SDK of Anthropic',
    upstream: () => upstreams.anthropic,
    open: (options) => sdkClient('anthropic').stream({ messages }, options),
  },
];

const beginsWithUsage = ({ way }: StreamScene): boolean => /anthropic/i.test(way);

describe.each(streams)('a limit of tokens, around a stream of $way,', (scene) => {
  it('is settled by what the stream reported', async () => {
    scene.upstream().reply({ text: 'Berth 4 is free', usage: REPORTED });

    await scene.open().result();

    expect(used()).toEqual(REPORTED);
  });

  it.each(['rate-limit', 'quota', 'bad-key'] as const)(
    'has everything back when the call is refused (%s)',
    async (kind) => {
      scene.upstream().stumble(kind);

      await expect(scene.open().result()).rejects.toMatchObject({ kind: 'http' });

      expect(used()).toEqual({ inputTokens: 0, outputTokens: 0 });
    },
  );

  it('keeps what is not known of a stream that was cut', async () => {
    scene.upstream().reply({ chunks: ['Berth', ' 4', ' is', ' free'], usage: REPORTED });
    scene.upstream().stumble('cut-stream');

    await expect(scene.open().result()).rejects.toMatchObject({ kind: 'stream-incomplete' });

    // Anthropic tells the input at the start, and nobody how much of the output was made.
    expect(used()).toEqual({
      ...RESERVED,
      ...(beginsWithUsage(scene) && { inputTokens: REPORTED.inputTokens }),
    });
    expect(limiter.inFlight).toBe(0);
  });

  it('keeps what is not known of a stream that was aborted', async () => {
    scene.upstream().reply({ chunks: ['Berth', ' 4', ' is', ' free'], usage: REPORTED });
    scene.upstream().stumble('stall');
    const caller = new AbortController();
    const reason = new Error('left');

    const reading = (async () => {
      for await (const event of scene.open({ signal: caller.signal }))
        caller.abort(event && reason);
    })();

    await expect(reading).rejects.toBe(reason);
    expect(limiter.inFlight).toBe(0);
    expect(used()).toEqual({
      ...RESERVED,
      ...(beginsWithUsage(scene) && { inputTokens: REPORTED.inputTokens }),
    });
  });
});

/** A whole answer, read as JSON. */
async function answerOf(url: string, json: object): Promise<unknown> {
  const headers = { 'anthropic-version': '2023-06-01' };
  const response = await httpClient().request({ method: 'POST', path: url, json, headers });
  return await response.json();
}

/** The ways to ask a model for a whole answer. */
const answers = [
  {
    way: 'OpenAI as JSON',
    upstream: () => upstreams.openai,
    ask: () => answerOf(`${upstreams.openai.baseUrl}/chat/completions`, { model: 'm', messages }),
  },
  {
    way: 'Anthropic as JSON',
    upstream: () => upstreams.anthropic,
    ask: () =>
      answerOf(`${upstreams.anthropic.baseUrl}/v1/messages`, {
        model: 'm',
        max_tokens: 9,
        messages,
      }),
  },
  {
    way: 'Gemini as JSON',
    upstream: () => upstreams.gemini,
    ask: () =>
      answerOf(`${upstreams.gemini.baseUrl}/v1beta/models/m:generateContent`, {
        contents: [{ role: 'user', parts: [{ text: 'Which berth is free?' }] }],
      }),
  },
  {
    way: 'the SDK of OpenAI',
    upstream: () => upstreams.openai,
    ask: () => sdkClient('openai').chat({ messages }),
  },
  {
    way: 'the SDK of OpenAI, with responses',
    upstream: () => upstreams.openai,
    ask: () => sdkClient('openai', 'responses').chat({ messages }),
  },
  {
    way: 'the SDK of Anthropic',
    upstream: () => upstreams.anthropic,
    ask: () => sdkClient('anthropic').chat({ messages }),
  },
];

describe.each(answers)('a limit of tokens, around an answer of $way,', ({ upstream, ask }) => {
  it('is settled by what the answer reported', async () => {
    upstream().reply({ text: 'Berth 4 is free', usage: REPORTED });

    await ask();

    expect(used()).toEqual(REPORTED);
  });

  it('has everything back when the call is refused', async () => {
    upstream().stumble('rate-limit');

    await expect(ask()).rejects.toMatchObject({ code: 'rate_limit' });

    expect(used()).toEqual({ inputTokens: 0, outputTokens: 0 });
  });

  it('keeps the estimate when the answer breaks off', async () => {
    upstream().stumble('reset-before-head');

    await expect(ask()).rejects.toMatchObject({ sent: 'maybe' });

    expect(used()).toEqual(RESERVED);
  });
});

it('has everything back of a call that never left', async () => {
  const client = httpClient();
  await upstreams.close();

  await expect(client.get(upstreams.openai.baseUrl)).rejects.toMatchObject({ sent: 'no' });

  expect(used()).toEqual({ inputTokens: 0, outputTokens: 0 });
});

it('has everything back of a chat that is refused within a 200', async () => {
  const error = {
    type: 'invalid_request_error',
    message: 'No such model',
    code: 'model_not_found',
  };
  upstreams.json.reply(() => ({ body: { error } }));
  const client = sdkClient('openai', 'chat', upstreams.json);

  await expect(client.chat({ messages })).rejects.toMatchObject({ kind: 'http' });

  expect(used()).toEqual({ inputTokens: 0, outputTokens: 0 });
});
