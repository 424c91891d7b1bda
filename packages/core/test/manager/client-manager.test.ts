import { ResourcePool } from '@linkspan/concurrency';
import {
  ClosedError,
  ConfigurationError,
  createClient,
  memoryTransport,
  TimeoutError,
  type TransportRequest,
} from '@linkspan/core';
import { ClientManager } from '@linkspan/core/manager';
import { describe, expect, it } from 'vitest';
import { managerScene, refused } from './manager-scene.ts';

const get: TransportRequest = { operation: 'GET', target: '/' };
const failure = async (promise: Promise<unknown>): Promise<unknown> =>
  await promise.then(
    () => expect.fail('Expected a failure, found a value'),
    (error: unknown) => error,
  );

describe('clientManager.register()', () => {
  it('C1 U20 manages clients of every transport, and what is no client of ours', async () => {
    const { manager, client } = managerScene();
    const rows: string[] = [];
    manager
      .register('api', client('http').client)
      .register('feed', client('websocket').client)
      .register(
        'orders',
        { close: () => Promise.resolve(), query: (sql: string) => Promise.resolve(sql) },
        { probe: async (database) => rows.push(await database.query('select 1')) },
      );

    const { clients, healthy } = await manager.checkAll();

    expect(healthy).toBe(true);
    expect(Object.values(clients).map(({ type, state }) => [type, state])).toEqual([
      ['http', 'connected'],
      ['websocket', 'connected'],
      ['custom', 'connected'],
    ]);
    expect(rows).toEqual(['select 1']);
  });

  it('C2 refuses an id that is taken, and says which', () => {
    const { manager, client } = managerScene();
    const first = client().client;
    manager.register('api', first);

    expect(() => manager.register('api', client().client)).toThrow(
      "Cannot register the client: id: 'api' is taken",
    );
    expect(manager.get('api')).toBe(first);
    expect(() => manager.register('', first)).toThrow('expected a name that is not empty');
  });

  it('C2 tells everything that is wrong with a registration', () => {
    const { manager, client } = managerScene();

    const register = () =>
      manager.register('api', client().client, {
        health: { intervallMs: 1, downAfter: 0 },
        probe: 'GET /health',
      } as never);

    expect(register).toThrow(
      expect.objectContaining({
        issues: [
          { option: 'probe', message: 'expected a function or false, found "GET /health"' },
          expect.objectContaining({ option: 'health.intervallMs' }),
          expect.objectContaining({ option: 'health.downAfter' }),
        ],
      }),
    );
    expect(manager.has('api')).toBe(false);
  });

  it('C2 expects a registry where it is given a configuration', () => {
    expect(() => new ClientManager().register('api', { type: 'http' } as never, undefined)).toThrow(
      /a manager with a registry.*found an object and no registry/,
    );
  });
});

describe('clientManager.get()', () => {
  it('C3 finds clients by their ids, in the order they were registered', async () => {
    const { manager, client } = managerScene();
    const api = client().client;
    const known = manager.register('api', api).register('feed', client().client);

    expect(known.get('api')).toBe(api);
    expect(await (await known.get('feed').request(get)).text()).toBe('memory');
    expect(manager.ids()).toEqual(['api', 'feed']);
    expect([manager.size, manager.has('feed'), manager.has('toString')]).toEqual([2, true, false]);
  });

  it('C3 says which ids there are, and which one was meant', async () => {
    const { manager, client } = managerScene();
    expect(() => manager.get('billing')).toThrow(
      "Cannot find the client: there is no client 'billing'; none is registered",
    );
    manager.register('billing', client().client).register('search', client().client);

    expect(() => manager.get('biling')).toThrow(
      "there is no client 'biling'; registered: billing, search; did you mean 'billing'?",
    );
    expect(await failure(manager.check('x'))).toBeInstanceOf(ConfigurationError);
    expect(await failure(manager.unregister('x'))).toBeInstanceOf(ConfigurationError);
    expect(() => manager.status('x')).toThrow(ConfigurationError);
  });
});

describe('clientManager.connect()', () => {
  it('C5 connects each client once, whoever asks', async () => {
    const { manager, client, states } = managerScene();
    const { client: api, wire } = client();
    manager.register('api', api);

    await Promise.all([manager.connect('api'), manager.connect('api')]);
    await manager.connect('api');

    expect(wire.connects).toBe(1);
    expect(states('api')).toEqual(['connecting', 'connected']);
  });

  it('C5 C20 connects all, and tells in the status which could not be', async () => {
    const { manager, client } = managerScene();
    const dead = client();
    dead.wire.error = refused();
    manager.register('dead', dead.client).register('api', client().client);

    const { clients, healthy, states } = await manager.connectAll();

    expect(healthy).toBe(false);
    expect(states).toMatchObject({ connected: 1, error: 1 });
    expect(clients['dead']).toMatchObject({
      state: 'error',
      consecutiveFailures: 1,
      lastError: { name: 'ConnectionError', code: 'refused' },
    });
  });

  it('C17 C12 fails with what the client fails with, and keeps it', async () => {
    const { manager, client } = managerScene();
    const { client: api, wire } = client();
    const error = refused();
    wire.error = error;
    manager.register('api', api);

    expect(await failure(manager.connect('api'))).toBe(error);

    expect(manager.status('api')).toMatchObject({
      state: 'error',
      lastError: { kind: 'network', message: error.message },
      lastErrorAt: '2026-01-01T00:00:00.000Z',
    });
    wire.error = undefined;
    await manager.connect('api');
    expect(manager.status('api').state).toBe('connected');
  });

  it('C17 gives up a connect that hangs, after connectMs', async () => {
    const { manager, client, clock } = managerScene({ connectMs: 2_000 });
    const { client: api, wire } = client();
    wire.hangs = true;
    manager.register('api', api);

    const connecting = failure(manager.connect('api'));
    await clock.advance(2_000);

    const error = await connecting;
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      message: "Cannot connect 'api': it was not connected within 2 s (connectMs)",
      clock: 'connectMs',
      sent: 'no',
    });
    expect(manager.status('api').state).toBe('error');
    expect(clock.pendingTimers).toBe(0);
  });

  it('C5 lets a caller leave without a word about the client', async () => {
    const { manager, client } = managerScene();
    const { client: api, wire } = client();
    wire.hangs = true;
    manager.register('api', api);
    const controller = new AbortController();

    const connecting = failure(manager.connect('api', { signal: controller.signal }));
    controller.abort('enough');

    expect(await connecting).toBe('enough');
    expect(manager.status('api')).toMatchObject({ state: 'connecting', consecutiveFailures: 0 });
    await manager.close();
  });

  it('C5 ends a connect when the client is closed meanwhile', async () => {
    const { manager, client, states, clock } = managerScene();
    const { client: api, wire } = client();
    wire.hangs = true;
    manager.register('api', api, { ownClient: true });

    const connecting = failure(manager.connect('api'));
    await manager.close('api');

    expect(await connecting).toBeInstanceOf(ClosedError);
    expect(states('api')).toEqual(['connecting', 'disconnected']);
    expect(wire.closes).toBe(1);
    expect(clock.pendingTimers).toBe(0);
    expect(await failure(manager.connect('api'))).toMatchObject({
      message: "Cannot connect 'api': it was closed",
    });
  });
});

describe('clientManager.close()', () => {
  it('C5 P2 closes the clients that are its own, and no others', async () => {
    const { manager, client } = managerScene();
    const own = client();
    const lent = client();
    manager.register('own', own.client, { ownClient: true }).register('lent', lent.client);

    await manager.close();
    await manager.close();

    expect([own.wire.closes, lent.wire.closes]).toEqual([1, 0]);
    expect(await (await lent.client.request(get)).text()).toBe('memory');
    expect(manager.status().states.disconnected).toBe(2);
  });

  it('C5 R4 closes at the end of its block', async () => {
    const { client } = managerScene();
    const { client: api, wire } = client();
    {
      await using manager = new ClientManager();
      manager.register('api', api, { ownClient: true });
    }
    expect(wire.closes).toBe(1);
  });

  it('C5 refuses new clients, and tells of none any more', async () => {
    const { manager, client } = managerScene();
    manager.register('api', client().client);
    await manager.close();

    expect(() => manager.register('late', client().client)).toThrow(ClosedError);
    expect(await manager.check('api')).toMatchObject({
      state: 'disconnected',
      checks: { successes: 0, failures: 0 },
    });
    expect(await failure(manager.connect('api'))).toBeInstanceOf(ClosedError);
  });

  it('C5 lets calls in flight finish for drainMs', async () => {
    const { manager, clock } = managerScene();
    let answer: (() => void) | undefined;
    const transport = memoryTransport(
      () =>
        new Promise((resolve) => {
          answer = () => resolve({ body: 'done' });
        }),
    );
    const api = createClient({ transport, clock, env: {} });
    manager.register('api', api, { ownClient: true });
    const call = api.request(get).then((response) => response.text());

    const closing = manager.close('api', { drainMs: 1_000 });
    await clock.advance(10);
    answer?.();

    expect(await call).toBe('done');
    await closing;
  });

  it('C5 closes all, also when one of them fails to', async () => {
    const { manager, client } = managerScene();
    const last = client();
    const broken = (text: string) => ({ close: () => Promise.reject(new Error(text)) });
    manager
      .register('a', broken('a is stuck'), { ownClient: true })
      .register('b', last.client, { ownClient: true });

    expect(await failure(manager.close())).toEqual(new Error('a is stuck'));
    expect(last.wire.closes).toBe(1);

    const two = managerScene().manager;
    two
      .register('a', broken('a'), { ownClient: true })
      .register('b', broken('b'), { ownClient: true });
    expect(await failure(two.close())).toMatchObject({
      message: 'Cannot close 2 of the clients',
      errors: [new Error('a'), new Error('b')],
    });
  });

  it('C5 waits for clients that were taken out just before', async () => {
    const { manager } = managerScene();
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    manager.register('slow', { close: () => closed }, { ownClient: true });
    const order: string[] = [];

    const leaving = manager.unregister('slow').then(() => order.push('client'));
    const closing = manager.close().then(() => order.push('manager'));
    await Promise.resolve();
    resolve();
    await Promise.all([leaving, closing]);

    expect(order).toEqual(['client', 'manager']);
  });

  it('C27 closes a pool of resources as it closes a client, and checks it by a lease', async () => {
    const { manager } = managerScene();
    const pool = new ResourcePool({ max: 2, create: () => Promise.resolve({ id: 1 }) });
    manager.register('sessions', pool, {
      ownClient: true,
      probe: async (sessions) => {
        const lease = await sessions.acquire();
        lease.release();
      },
    });

    expect(await manager.check('sessions')).toMatchObject({ state: 'connected' });
    await manager.close();

    await expect(pool.acquire()).rejects.toThrow('closed');
  });
});

describe('clientManager.unregister()', () => {
  it('C5 frees the id at once, and closes the client that is its own', async () => {
    const { manager, client, states } = managerScene();
    const first = client();
    manager.register('api', first.client, { ownClient: true });

    const leaving = manager.unregister('api');
    const second = client().client;
    manager.register('api', second);
    await leaving;

    expect(first.wire.closes).toBe(1);
    expect(manager.get('api')).toBe(second);
    expect(manager.status('api').state).toBe('idle');
    expect(states('api')).toEqual(['disconnected']);
  });

  it('C5 ends the check that is under way, whose outcome has no say', async () => {
    const { manager, client, clock, checks, states } = managerScene();
    const { client: api, wire } = client();
    wire.probeMs = 100;
    manager.register('api', api);

    const checking = manager.check('api');
    await clock.advance(50);
    await manager.unregister('api');

    expect(await checking).toMatchObject({ state: 'disconnected', consecutiveFailures: 0 });
    expect(wire.contexts[0]?.signal?.aborted).toBe(true);
    await clock.advance(100);
    expect(checks.map(({ result }) => result)).toEqual(['cancelled']);
    expect(states('api')).toEqual(['disconnected']);
  });
});
