import { inspect } from 'node:util';
import { ManualClock } from '@linkspan/concurrency';
import {
  ConfigurationError,
  memoryTransport,
  NotFoundError,
  secret,
  type Secret,
  setting,
  type Transport,
  type TransportFactory,
  TransportRegistry,
  type TransportRequest,
} from '@linkspan/core';
import { ClientConfig, ClientManager } from '@linkspan/core/manager';
import { describe, expect, it } from 'vitest';
import { refused } from './manager-scene.ts';

const get: TransportRequest = { operation: 'GET', target: '/' };

interface WireOptions {
  readonly baseUrl?: string | URL;
  readonly connections?: number;
  readonly apiKey?: string | Secret;
  readonly tls?: { readonly ca?: string };
}

/** Factories whose transports answer with what they were made of, and with what they were sent. */
function wires() {
  const made: Transport[] = [];
  let sent = 0;
  const factory = (name: string): TransportFactory<Transport, WireOptions> => ({
    settings: {
      baseUrl: setting.custom<string, string | URL>({
        optional: true,
        env: 'BASE_URL',
        expected: 'an absolute URL',
        check: (value) => (URL.canParse(String(value)) ? String(value) : undefined),
      }),
      connections: setting.integer({ default: 50, min: 1 }),
      apiKey: setting.secret({ optional: true }),
      tls: setting.group({ ca: setting.string({ optional: true }) }, { env: 'TLS' }),
    },
    create(options) {
      const transport = memoryTransport(
        (request) => {
          sent += 1;
          if (request.target === '/fail') throw refused();
          return { body: { options, headers: request.headers } };
        },
        { name },
      );
      made.push(transport);
      return Object.assign(transport, { probe: () => Promise.resolve() });
    },
  });
  const registry = new TransportRegistry()
    .register('http', factory('http'))
    .register('websocket', factory('websocket'))
    .register('openai', factory('openai'));
  return { registry, made, attempts: () => sent };
}

function issuesOf(make: () => unknown): readonly string[] {
  try {
    make();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.issues.map(({ option, message }) => `${option}: ${message}`);
  }
  return expect.fail('Expected a ConfigurationError');
}

describe('clientManager.register() with a configuration', () => {
  it('C21 C24 makes a client of the type it names, with the options of its block', async () => {
    const { registry } = wires();
    const manager = new ClientManager({ registry, env: {} })
      .register('api', {
        type: 'http',
        baseUrl: 'https://api.example.com',
        http: { connections: 7, tls: { ca: 'pem' } },
      })
      .register('feed', { type: 'websocket', ws: { connections: 1 } })
      .register('model', { type: 'openai', sdk: { apiKey: 'sk-test' } });

    const answer = await (await manager.get('api').request(get)).json();

    expect(answer).toMatchObject({
      options: { baseUrl: 'https://api.example.com', connections: 7, tls: { ca: 'pem' } },
    });
    expect(Object.values(manager.status().clients).map(({ type }) => type)).toEqual([
      'http',
      'websocket',
      'openai',
    ]);
    await manager.close();
    await expect(manager.get('api').request(get)).rejects.toThrow('closed');
  });

  it('C22 C9 C23 gives each client its address, times, retries and headers', async () => {
    const { registry, attempts } = wires();
    const manager = new ClientManager({ registry, env: {} }).register('api', {
      type: 'http',
      headers: { 'X-Team': 'harbour' },
      timeout: 5_000,
      retry: { maxRetries: 3, baseDelayMs: 0 },
    });
    const client = manager.get('api');

    expect(client.explainConfig()).toMatchObject({
      totalMs: { value: 5_000, origin: 'argument' },
      'retry.maxRetries': { value: 3 },
    });
    expect(await (await client.request(get)).json()).toMatchObject({
      headers: { 'x-team': 'harbour' },
    });
    await expect(client.request({ ...get, target: '/fail' })).rejects.toThrow('nobody listens');
    expect(attempts()).toBe(1 + 4);
  });

  it('C18 C8 retries as each client is told to', async () => {
    const { registry, attempts } = wires();
    const manager = new ClientManager({ registry, env: {} })
      .register('eager', { type: 'http', retry: { maxRetries: 2, baseDelayMs: 0 } })
      .register('meek', { type: 'http', retry: false });
    const fail = async (id: 'eager' | 'meek'): Promise<number> => {
      const before = attempts();
      await expect(manager.get(id).request({ ...get, target: '/fail' })).rejects.toThrow(
        'nobody listens',
      );
      return attempts() - before;
    };

    expect([await fail('eager'), await fail('meek')]).toEqual([3, 1]);
  });

  it('C26 P25 tells everything that is wrong, in configuration and options, and makes nothing', () => {
    const { registry, made } = wires();
    const manager = new ClientManager({ registry, env: { LINKSPAN_IDLE_MS: 'never' } });

    const issues = issuesOf(() =>
      manager.register(
        'api',
        {
          type: 'http',
          baseUrl: 'nowhere',
          timeout: -1,
          retires: 3,
          headers: { a: 5 },
          metadata: { team: 1 },
          http: { connections: 0, connectionss: 1 },
          ws: {},
        } as never,
        { health: { intervalMs: 'often' } } as never,
      ),
    );

    expect(issues).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^health\.intervalMs: expected a number.* found "often"/),
        'baseUrl: expected an absolute URL, found "nowhere"',
        expect.stringMatching(/^timeout: expected a number of milliseconds above 0.* found -1/),
        "retires: is not an option; did you mean 'retry'?",
        'headers.a: expected a string, found 5',
        'metadata.team: expected a string that is not empty, found 1',
        'http.connections: expected an integer of 1 or more, found 0',
        "http.connectionss: is not an option; did you mean 'connections'?",
        expect.stringMatching(/^ws: is not an option/),
        expect.stringMatching(/^LINKSPAN_IDLE_MS: .*found "never"/),
      ]),
    );
    expect(issues).toHaveLength(10);
    expect([made.length, manager.size]).toEqual([0, 0]);
  });

  it('C21 P25 says which types there are', () => {
    const { registry } = wires();
    const manager = new ClientManager({ registry, env: {} });

    expect(issuesOf(() => manager.register('api', { type: 'htpp', http: {} } as never))).toEqual([
      expect.stringMatching(
        /^type: there is no transport 'htpp'; available: http, websocket, openai; did you mean 'http'/,
      ),
    ]);
    expect(issuesOf(() => manager.register('api', {} as never))).toEqual([
      'type: expected a string that is not empty, found nothing',
    ]);
    expect(issuesOf(() => manager.register('api', 5 as never))).toEqual([
      'options: expected an object, found 5',
    ]);
  });

  it('C21 hands a factory without a table the whole block', async () => {
    const registry = new TransportRegistry().register('free', {
      create: (options: object) => memoryTransport(() => ({ body: options })),
    });
    const manager = new ClientManager({ registry, env: {} }).register('any', {
      type: 'free',
      baseUrl: 'x',
      totalMs: 5,
      free: { depth: 3 },
    } as never);

    const client = manager.get('any') as unknown as {
      request(request: TransportRequest): Promise<{ json(): Promise<unknown> }>;
    };
    expect(await (await client.request(get)).json()).toEqual({ baseUrl: 'x', depth: 3 });
  });

  it('C21 has the block "options" for a type with the name of another option', async () => {
    const registry = new TransportRegistry().register('stream', {
      settings: { depth: setting.integer({ default: 1 }) },
      create: (options: object) => memoryTransport(() => ({ body: options })),
    });
    const config = ClientConfig.from({ type: 'stream', options: { depth: 2 } } as never, {
      registry,
      env: {},
    });

    expect(config.toJSON()).toEqual({ type: 'stream', 'options.depth': 2 });
  });

  it('C24 shares the clock of the manager with the clients that it makes', async () => {
    const clock = new ManualClock();
    const registry = new TransportRegistry().register('silent', {
      create: () => memoryTransport(() => new Promise(() => {})),
    });
    const manager = new ClientManager({ registry, clock, env: {} }).register('api', {
      type: 'silent',
      totalMs: 50,
      retry: false,
    });

    const call = manager.get('api').safe.request(get);
    await clock.advance(50);

    expect(await call).toMatchObject({ ok: false, error: { limitMs: 50 } });
  });

  it('C23 shows of the metadata what the manager is told to show', async () => {
    const { registry } = wires();
    const shown: unknown[] = [];
    const manager = new ClientManager({
      registry,
      env: {},
      metadataKeys: ['team'],
      onCheck: ({ metadata }) => void shown.push(metadata),
    });
    manager.register('api', { type: 'http', metadata: { team: 'harbour', contract: 'canary' } });

    await manager.checkAll();

    expect(manager.status('api').metadata).toEqual({ team: 'harbour' });
    expect(shown).toEqual([{ team: 'harbour' }]);
  });
});

describe('ClientConfig', () => {
  it('C25 P23 is made of variables behind a prefix, those of the transport too', async () => {
    const { registry } = wires();
    const env = {
      BILLING_TYPE: 'http',
      BILLING_BASE_URL: 'https://billing.example.com',
      BILLING_TOTAL_MS: '30000',
      BILLING_MAX_RETRIES: '5',
      BILLING_CONNECTIONS: '9',
      BILLING_TLS_CA: 'pem',
      BILLING_HEADERS: 'X-Team=harbour,authorization=Bearer%20abc',
      BILLING_METADATA: 'region=north',
      LINKSPAN_TOTAL_MS: '1',
    };

    const config = ClientConfig.fromEnv('BILLING_', { env, registry });
    const manager = new ClientManager({ registry, env: {} });
    const client = manager.register('billing', config).get('billing');

    expect(config.type).toBe('http');
    expect(config.metadata).toEqual({ region: 'north' });
    expect(config.settings).toMatchObject({ totalMs: 30_000, retry: { maxRetries: 5 } });
    expect(await (await client.request(get)).json()).toEqual({
      options: { baseUrl: 'https://billing.example.com', connections: 9, tls: { ca: 'pem' } },
      headers: { 'x-team': 'harbour', authorization: 'Bearer abc' },
    });
  });

  it('C25 reads the block of a transport where the registry comes with the manager', async () => {
    const { registry } = wires();
    const env = { A_TYPE: 'http', A_CONNECTIONS: '3' };
    const config = ClientConfig.fromEnv('A_', { env });

    const manager = new ClientManager({ registry, env: {} }).register('a', config);

    expect(await (await manager.get('a').request(get)).json()).toMatchObject({
      options: { connections: 3 },
    });
  });

  it('C22 C25 P22 reads older names; those that are documented in seconds stay seconds', () => {
    const env = { API_TYPE: 'http', API_TIMEOUT: '30', API_RETRIES: '3', API_RETRY_DELAY: '1.5' };

    const { settings } = ClientConfig.fromEnv('API_', {
      env,
      envAliases: {
        totalMs: { name: 'API_TIMEOUT', unit: 's' },
        'retry.maxRetries': 'API_RETRIES',
        'retry.baseDelayMs': { name: 'API_RETRY_DELAY', unit: 's' },
      },
    });

    expect(settings).toMatchObject({
      totalMs: 30_000,
      retry: { maxRetries: 3, baseDelayMs: 1_500 },
    });
  });

  it('C25 P24 tells where each value came from', () => {
    const { registry } = wires();
    const env = { LINKSPAN_CONNECTIONS: '9', LINKSPAN_TOTAL_MS: '7' };

    const config = ClientConfig.from({ type: 'http', totalMs: 5 }, { env, registry });

    expect(config.explainConfig()).toMatchObject({
      type: { value: 'http', origin: 'argument' },
      totalMs: { value: 5, origin: 'argument' },
      'http.connections': { value: 9, origin: 'environment', name: 'LINKSPAN_CONNECTIONS' },
      idleMs: { value: 60_000, origin: 'default' },
    });
    expect(config.toJSON()).toEqual({ type: 'http', totalMs: 5, 'http.connections': 9 });
  });

  it('C26 C25 names every variable that is wrong, and shows none that may be secret', () => {
    const { registry } = wires();
    const env = {
      A_TYPE: 'http',
      A_TOTAL_MS: 'soon',
      A_MAX_RETRIES: '-1',
      A_CONNECTIONS: '0',
      A_HEADERS: 'canary-header',
      A_METADATA: 'canary-metadata',
      A_BASE_URL: '::',
    };

    const issues = issuesOf(() => ClientConfig.fromEnv('A_', { env, registry }));

    expect(issues.map((issue) => issue.split(':')[0])).toEqual(
      expect.arrayContaining([
        'A_TOTAL_MS',
        'A_MAX_RETRIES',
        'A_CONNECTIONS',
        'A_HEADERS',
        'A_METADATA',
        'A_BASE_URL',
      ]),
    );
    expect(issues.join()).not.toContain('canary');
    expect(
      issuesOf(() => ClientConfig.fromEnv('A_', { env: { A_TYPE: 'ftp' }, registry })),
    ).toEqual([expect.stringMatching(/^A_TYPE: there is no transport 'ftp'/)]);
    expect(issuesOf(() => ClientConfig.fromEnv('A_', { env: {} }))).toEqual([
      'type: expected a string that is not empty, found nothing',
    ]);
  });

  it('C25 shows no secret, however it is printed', () => {
    const { registry } = wires();
    const env = { A_HEADERS: 'x-private=canary-4,accept=text/plain', A_API_KEY: 'canary-5' };
    const config = ClientConfig.from(
      {
        type: 'openai',
        baseUrl: 'https://ada:canary-1@api.example.com/v1?key=canary-2',
        sdk: { apiKey: secret('canary-3') },
      },
      { env, prefix: 'A_', registry },
    );

    const printed = [
      JSON.stringify(config),
      inspect(config, { depth: Infinity, showHidden: true }),
      JSON.stringify(config.explainConfig()),
      String(config),
    ].join();

    expect(printed).not.toContain('canary');
    expect(config.toJSON()).toMatchObject({
      baseUrl: 'https://api.example.com/v1?key=[redacted]',
      headers: { 'x-private': '[redacted]', accept: 'text/plain' },
      'sdk.apiKey': '[redacted]',
    });
    expect(inspect(config)).toMatch(/^ClientConfig \{/);
  });
});

it('C17 keeps to the failures of the client: what it throws is what the caller gets', async () => {
  const registry = new TransportRegistry().register('gone', {
    create: () => memoryTransport(() => ({ status: 404 })),
  });
  const manager = new ClientManager({ registry, env: {} }).register('api', { type: 'gone' });

  await expect(manager.get('api').request(get)).rejects.toBeInstanceOf(NotFoundError);
});
