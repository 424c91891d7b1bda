import { ManualClock } from '@linkspan/concurrency';
import {
  memoryTransport,
  NotFoundError,
  setting,
  TransportRegistry,
  type TransportRequest,
} from '@linkspan/core';
import { ClientConfig, ClientManager } from '@linkspan/core/manager';
import { describe, expect, it } from 'vitest';
import { issuesOf, wires } from './config-scene.ts';

const get: TransportRequest = { operation: 'GET', target: '/' };

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

  it('C21 C25 shows no value of a block that no table knows, in explanations and failures', async () => {
    const registry = new TransportRegistry().register('free', {
      create: ({ accessToken }: { readonly accessToken: string }) =>
        Object.assign(
          memoryTransport(() => ({})),
          { probe: () => Promise.reject(new Error(`refused ${accessToken}`)) },
        ),
    });
    const manager = new ClientManager({ registry, env: {} }).register('any', {
      type: 'free',
      free: { accessToken: 'canary-1' },
    });

    const { lastError } = await manager.check('any');

    expect(manager.explainConfig('any')['free']?.value).toEqual({ accessToken: '[redacted]' });
    expect(lastError?.['cause']).toMatchObject({ message: 'refused [redacted]' });
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
      totalMs: 60_000,
      retry: false,
    });

    const call = manager.get('api').safe.request(get);
    await clock.advance(60_000);

    expect(await call).toMatchObject({ ok: false, error: { limitMs: 60_000 } });
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
    expect(manager.explainConfig('api')['metadata']).toEqual({
      value: { team: 'harbour', contract: '[redacted]' },
      origin: 'argument',
    });
  });
});

it('C17 keeps to the failures of the client: what it throws is what the caller gets', async () => {
  const registry = new TransportRegistry().register('gone', {
    create: () => memoryTransport(() => ({ status: 404 })),
  });
  const manager = new ClientManager({ registry, env: {} }).register('api', { type: 'gone' });

  await expect(manager.get('api').request(get)).rejects.toBeInstanceOf(NotFoundError);
});
