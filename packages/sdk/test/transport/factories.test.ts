import { createClient, TransportRegistry } from '@linkspan/core';
import {
  anthropicTransportFactory,
  createSdkClient,
  openaiTransportFactory,
  type SdkTransport,
  sdkTransportFactory,
} from '@linkspan/sdk';
import { openaiTransport } from '@linkspan/sdk/openai';
import { anthropicTransport } from '@linkspan/sdk/anthropic';
import { mockUpstreams } from '@linkspan/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { say } from '../provider-clients.ts';

async function upstreams() {
  const all = await mockUpstreams();
  onTestFinished(() => all.close());
  return all;
}

describe('R23 sdkTransportFactory()', () => {
  const registry = new TransportRegistry().register('sdk', sdkTransportFactory());

  it('P30 makes a client of the provider, key and organization that data names', async () => {
    const { openai } = await upstreams();
    const client = createClient({
      registry,
      transport: 'sdk',
      provider: 'openai',
      apiKey: 'key-1',
      organization: 'org-1',
      baseUrl: openai.baseUrl,
      env: {},
    });
    onTestFinished(() => client.close());
    const { prepare } = client.transport as unknown as SdkTransport;

    const response = await client.request(prepare({ ...say('Hello'), model: 'm' }));
    await response.cancel();

    expect(client.transport.name).toBe('sdk:openai');
    expect(openai.requests[0]?.headers).toMatchObject({
      authorization: 'Bearer key-1',
      'openai-organization': 'org-1',
    });
  });

  it('P31 makes one of Anthropic in the same way', async () => {
    const { anthropic } = await upstreams();
    const client = createClient({
      registry,
      transport: 'sdk',
      provider: 'anthropic',
      apiKey: 'key-1',
      baseUrl: anthropic.baseUrl,
      env: {},
    });
    onTestFinished(() => client.close());

    const response = await client.request({
      operation: 'chat',
      target: 'm',
      payload: { kind: 'value', value: say('Hello') },
    });
    await response.cancel();

    expect(client.transport.name).toBe('sdk:anthropic');
    expect(anthropic.requests[0]?.headers).toMatchObject({ 'x-api-key': 'key-1' });
  });

  it('says what is wrong: the provider, an option of another one, the missing key', () => {
    const make = (options: object): unknown =>
      createClient({ registry, transport: 'sdk', env: {}, ...options } as never);

    expect(() => make({ provider: 'acme' })).toThrow(/provider: expected 'openai' or 'anthropic'/);
    expect(() => make({})).toThrow(/provider/);
    expect(() => make({ provider: 'anthropic', apiKey: 'k', organization: 'o' })).toThrow(
      /organization/,
    );
    const withoutKeys = { provider: 'openai', env: {} } as const;
    expect(() => sdkTransportFactory().create(withoutKeys)).toThrow(/OPENAI_API_KEY/);
  });
});

describe('openaiTransportFactory() and anthropicTransportFactory()', () => {
  it('have options from the environment, by the names that all options have', async () => {
    const { openai } = await upstreams();
    const registry = new TransportRegistry()
      .register('openai', openaiTransportFactory())
      .register('anthropic', anthropicTransportFactory());
    const env = { LINKSPAN_API_KEY: 'key-2', LINKSPAN_BASE_URL: openai.baseUrl };

    const client = createClient({ registry, transport: 'openai', env });
    onTestFinished(() => client.close());
    const request = {
      operation: 'chat',
      target: 'm',
      payload: { kind: 'value', value: say('Hi') },
    };
    await (await client.request(request as never)).cancel();

    expect(openai.requests[0]?.headers['authorization']).toBe('Bearer key-2');
    expect(client.explainConfig()['apiKey']).toEqual({
      origin: 'environment',
      name: 'LINKSPAN_API_KEY',
      value: '[redacted]',
    });
    expect(JSON.stringify(client.explainConfig())).not.toContain('key-2');
  });
});

describe('R25 the key', () => {
  it.each([
    ['the option', { apiKey: 'option' }, { OPENAI_API_KEY: 'environment' }, 'Bearer option'],
    ['the environment', {}, { OPENAI_API_KEY: 'environment' }, 'Bearer environment'],
    ['nowhere', {}, {}, undefined],
    ['nowhere, empty', {}, { OPENAI_API_KEY: '' }, undefined],
  ] as const)('is taken from %s', async (_where, options, env, sent) => {
    const { openai } = await upstreams();
    const client = createSdkClient({
      provider: 'openai',
      ...options,
      env,
      baseUrl: openai.baseUrl,
      model: 'm',
    });
    onTestFinished(() => client.close());

    await client.chat(say('Hello')).catch(() => {});

    expect(openai.requests[0]?.headers['authorization']).toBe(sent);
  });

  it.each([
    ['the option', { apiKey: 'option' }, { ANTHROPIC_API_KEY: 'environment' }, 'option', undefined],
    ['a token', { authToken: 'token' }, { ANTHROPIC_API_KEY: 'other' }, undefined, 'Bearer token'],
    ['the environment', {}, { ANTHROPIC_API_KEY: 'a', ANTHROPIC_AUTH_TOKEN: 'b' }, 'a', undefined],
    ['a token there', {}, { ANTHROPIC_AUTH_TOKEN: 'b' }, undefined, 'Bearer b'],
  ] as const)('of Anthropic is taken from %s', async (_where, options, env, key, token) => {
    const { anthropic } = await upstreams();
    const client = createSdkClient({
      provider: 'anthropic',
      ...options,
      env,
      baseUrl: anthropic.baseUrl,
      model: 'm',
    });
    onTestFinished(() => client.close());

    await client.chat(say('Hello')).catch(() => {});

    const { headers } = anthropic.requests[0]!;
    expect([headers['x-api-key'], headers['authorization']]).toEqual([key, token]);
  });

  it('has to be there for the providers themselves', () => {
    expect(() => openaiTransport({ env: {} })).toThrow(/apiKey: expected a key.*OPENAI_API_KEY/);
    expect(() => anthropicTransport({ env: {} })).toThrow(/ANTHROPIC_API_KEY/);
  });

  it('is refused when it is empty or of another type, without being told', () => {
    for (const apiKey of ['', 42, {}]) {
      expect(() => openaiTransport({ apiKey: apiKey as never })).toThrow(/apiKey: expected/);
    }
  });
});

describe('createSdkClient()', () => {
  it.each([{ model: 42 }, { model: '' }, { provider: 'acme' }, { totalMs: -1 }, { colour: 'red' }])(
    'refuses %o',
    (wrong) => {
      const options = { provider: 'openai', apiKey: 'key', env: {}, ...wrong };

      expect(() => createSdkClient(options as never)).toThrow(
        new RegExp(`${Object.keys(wrong)[0]}: `),
      );
    },
  );
});

describe('openaiTransport()', () => {
  it('tells everything that is wrong at once', () => {
    const options = { baseUrl: 'ftp://x', api: 'rest', maxQueue: -1, colour: 'red' };

    expect(() => openaiTransport(options as never)).toThrow(
      expect.objectContaining({
        issues: expect.arrayContaining(
          Object.keys(options).map((option) => expect.objectContaining({ option }) as object),
        ) as object,
      }) as Error,
    );
  });
});
