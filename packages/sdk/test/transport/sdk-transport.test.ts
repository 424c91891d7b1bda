import {
  type AnthropicSdk,
  type ChatEvent,
  type ChatResponse,
  createSdkClient,
  type OpenAISdk,
  type SdkAdapter,
  type SdkCall,
  sdkTransport,
  type SdkTransport,
  type SdkWire,
} from '@linkspan/sdk';
import {
  ConfigurationError,
  createClient,
  type Dialect,
  type LinkspanError,
  TransportError,
} from '@linkspan/core';
import { openaiTransport } from '@linkspan/sdk/openai';
import { mockUpstreams } from '@linkspan/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { provide, say, ways } from '../provider-clients.ts';

describe.each(ways)('R20 the transport of %s', (way) => {
  it('serves a client of its own, with chats as requests', async () => {
    const { client: sdk } = await provide(way);
    const { transport } = sdk;
    const client = createClient({ transport, env: {} });
    const chat = transport.prepare({ ...say('Hello'), model: 'model-1', temperature: undefined });

    const response = await client.request(chat);
    const answer = transport.readAnswer(await response.json(), {
      status: 200,
      contentType: 'application/json',
      headers: response.headers,
      secrets: [],
    });
    const streamed = await client.stream(chat, { dialect: transport.dialect }).result();

    expect([answer.text, streamed.text]).toEqual(['You said: Hello', 'You said: Hello']);
    await client.close();
  });

  it('takes parameters with the request, and the model from its target', async () => {
    const { client, upstream } = await provide(way);
    const chat = client.transport.prepare({ ...say('Hello'), model: 'model-1', maxTokens: 7 });

    const response = await client.client.request({ ...chat, target: 'model-2' });
    await response.cancel();

    expect(upstream.requests[0]?.body).toMatchObject({ model: 'model-2' });
    expect(JSON.stringify(upstream.requests[0]?.body)).toMatch(/max_(?:output_)?tokens":7/);
  });

  it('sends requests of another kind by method and path', async () => {
    const { client, upstream } = await provide(way);
    const path = way === 'anthropic' ? '/v1/messages' : '/chat/completions';

    const response = await client.client.request({
      operation: 'POST',
      target: path,
      payload: {
        kind: 'value',
        value: { model: 'm', max_tokens: 5, messages: [{ role: 'user', content: 'Raw' }] },
      },
    });

    expect(JSON.stringify(await response.json())).toContain('You said: Raw');
    expect(upstream.requests[0]?.headers).toMatchObject({ 'content-type': 'application/json' });
  });

  it('refuses what is neither', async () => {
    const { client, upstream } = await provide(way);

    const call = client.client.request({ operation: 'subscribe', target: 'news' });

    await expect(call).rejects.toMatchObject({ kind: 'config', sent: 'no' });
    expect(upstream.requests).toHaveLength(0);
  });

  it('hands out the SDK itself, on the same wire and key, with its own tries again off', async () => {
    const { client, upstream } = await provide(way);
    upstream.stumble('server-error');
    const native = (await client.native()) as {
      readonly maxRetries: number;
      readonly models: { list(): PromiseLike<unknown> };
    };

    expect(native.maxRetries).toBe(0);
    expect(await client.native()).toBe(native);
    const failed = await Promise.resolve(native.models.list()).catch((error: unknown) => error);

    expect(client.transport.classifyError(failed)).toMatchObject({ kind: 'http' });
    expect(upstream.requests).toHaveLength(1);
    const { authorization, 'x-api-key': key } = upstream.requests[0]!.headers;
    expect(authorization ?? key).toMatch(/^(?:Bearer )?key$/);
  });

  it('has the SDK itself stream and answer as it always does', async () => {
    const { client } = await provide(way);
    const texts: unknown[] = [];

    if (way === 'anthropic') {
      const native = (await client.native()) as AnthropicSdk;
      const stream = native.messages.stream({
        model: 'm',
        max_tokens: 9,
        messages: [{ role: 'user', content: 'Hi' }],
      });
      texts.push(await stream.finalText());
    } else {
      const native = (await client.native()) as OpenAISdk;
      const messages = [{ role: 'user', content: 'Hi' } as const];
      const stream = await native.chat.completions.create({ model: 'm', messages, stream: true });
      let text = '';
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
      texts.push(text);
    }

    expect(texts).toEqual(['You said: Hi']);
  });
});

/** A third provider: its SDK takes a fetch, and answers in words of its own. */
class AcmeSdk {
  readonly #fetch: typeof fetch;
  readonly #baseUrl: string;

  constructor(options: { readonly fetch: typeof fetch; readonly baseUrl: string }) {
    this.#fetch = options.fetch;
    this.#baseUrl = options.baseUrl;
  }

  async complete(body: object, init: object): Promise<Response> {
    const { fetchOptions, headers } = init as {
      fetchOptions: object;
      headers: Record<string, string>;
    };
    const response = await this.#fetch(`${this.#baseUrl}/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: 'Bearer [redacted]',
        ...headers,
      },
      body: JSON.stringify(body),
      ...fetchOptions,
    });
    if (!response.ok) throw new Error('Acme says no');
    return response;
  }
}

class AcmeAdapter implements SdkAdapter<AcmeSdk> {
  readonly provider = 'acme';
  readonly dialect: Dialect<ChatEvent, ChatResponse>;
  readonly #like: SdkTransport;
  readonly #sdk: AcmeSdk;
  readonly #wire: SdkWire;

  constructor(wire: SdkWire, baseUrl: string) {
    this.#wire = wire;
    this.#sdk = new AcmeSdk({ fetch: wire.fetch, baseUrl });
    this.#like = openaiTransport({ baseUrl });
    this.dialect = this.#like.dialect;
  }

  async load(): Promise<AcmeSdk> {
    return this.#sdk;
  }

  create: SdkAdapter['create'] = (request, call) => this.#ask({ ...request }, call);
  stream: SdkAdapter['stream'] = (request, call) => this.#ask({ ...request, stream: true }, call);
  readAnswer: SdkAdapter['readAnswer'] = (answer, head) => this.#like.readAnswer(answer, head);

  classifyError(error: unknown): LinkspanError {
    return new TransportError('Acme failed', { cause: error, code: 'acme' });
  }

  #ask(body: object, call: SdkCall): ReturnType<SdkAdapter['create']> {
    const { headers = {} } = call.request;
    return this.#wire.send(call, (fetchOptions) =>
      this.#sdk.complete(body, { fetchOptions, headers }),
    );
  }
}

describe('R21 an adapter from outside', () => {
  it('has transport, client, key, streams and failures for its few methods', async () => {
    const upstreams = await mockUpstreams();
    const { baseUrl } = upstreams.openai;
    const client = createSdkClient({
      transport: sdkTransport((wire) => new AcmeAdapter(wire, baseUrl), {
        baseUrl,
        auth: { bearer: 'acme-key' },
      }),
      ownTransport: true,
      model: 'acme-1',
      env: {},
    });
    onTestFinished(async () => {
      await client.close();
      await upstreams.close();
    });

    expect(client.transport.name).toBe('sdk:acme');
    expect((await client.chat(say('Hello'))).text).toBe('You said: Hello');
    expect((await client.stream(say('Hello')).result()).text).toBe('You said: Hello');
    expect(upstreams.openai.requests[0]?.headers['authorization']).toBe('Bearer acme-key');
    upstreams.openai.stumble('bad-key');
    await expect(client.chat(say('Hello'))).rejects.toMatchObject({ status: 401 });
    expect(await client.native()).toBeInstanceOf(AcmeSdk);
    // It has no request(): chats are all it does.
    const other = client.client.request({ operation: 'GET', target: '/models' });
    await expect(other).rejects.toBeInstanceOf(ConfigurationError);
  });

  it('sends once, however often its SDK would', async () => {
    const upstreams = await mockUpstreams();
    const { baseUrl } = upstreams.openai;
    const again = (wire: SdkWire): SdkAdapter<AcmeSdk> => {
      const sdk = new AcmeSdk({ fetch: wire.fetch, baseUrl });
      const init = (fetchOptions: object): object => ({ fetchOptions, headers: {} });
      return Object.assign(new AcmeAdapter(wire, baseUrl), {
        create: (request: object, call: SdkCall) =>
          wire.send(call, (fetchOptions) =>
            sdk
              .complete(request, init(fetchOptions))
              .catch(() => sdk.complete(request, init(fetchOptions))),
          ),
      });
    };
    const transport = sdkTransport(again, { baseUrl });
    const client = createSdkClient({ transport, ownTransport: true, model: 'm', env: {} });
    onTestFinished(async () => {
      await client.close();
      await upstreams.close();
    });
    upstreams.openai.stumble('reset-before-head');

    const call = client.chat(say('Hello'));

    await expect(call).rejects.toMatchObject({ kind: 'network', sent: 'maybe' });
    expect(upstreams.openai.requests).toHaveLength(1);
  });

  it('has what its SDK throws classified', async () => {
    const upstreams = await mockUpstreams();
    const { baseUrl } = upstreams.openai;
    const transport = sdkTransport(
      (wire) =>
        Object.assign(new AcmeAdapter(wire, baseUrl), {
          create: () => Promise.reject(new RangeError('Odd')),
        }),
      { baseUrl },
    );
    const client = createSdkClient({ transport, ownTransport: true, model: 'acme-1', env: {} });
    onTestFinished(async () => {
      await client.close();
      await upstreams.close();
    });

    await expect(client.chat(say('Hello'))).rejects.toMatchObject({ code: 'acme' });
  });
});
