import {
  ClosedError,
  ConfigurationError,
  TimeoutError,
  type TransportRequest,
} from '@linkspan/core';
import { ClientManager } from '@linkspan/core/manager';
import { describe, expect, it } from 'vitest';
import { failure, managerScene, refused } from './manager-scene.ts';

const get: TransportRequest = { operation: 'GET', target: '/' };
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

  it('C5 U20 connects what has no connect by its probe', async () => {
    const { manager } = managerScene();
    const failures = [refused()];
    manager.register(
      'orders',
      { close: () => Promise.resolve() },
      {
        probe: async () => {
          const failed = await Promise.resolve(failures.shift());
          if (failed !== undefined) throw failed;
        },
      },
    );

    expect(await failure(manager.connect('orders'))).toMatchObject({ code: 'refused' });
    await manager.connect('orders');

    expect(manager.status('orders').state).toBe('connected');
  });

  it('C5 leaves it to the connect that is under way what becomes of the client', async () => {
    const { manager, client, states, clock } = managerScene({ health: { downAfter: 1 } });
    const { client: api, wire } = client();
    wire.hangs = true;
    manager.register('api', api, { probe: () => Promise.reject(refused()) });

    const connecting = failure(manager.connect('api'));
    await manager.check('api');
    expect(manager.status('api')).toMatchObject({ state: 'connecting', consecutiveFailures: 1 });
    await clock.advance(10_000);
    await connecting;

    expect(states('api')).toEqual(['connecting', 'error']);
  });

  it('C5 stays closed when it is closed in the turn in which it was connected', async () => {
    const { manager, states } = managerScene();
    manager.register('api', {
      connect: () => {
        const connected = Promise.resolve();
        void connected.then(() => manager.close('api'));
        return connected;
      },
      close: () => Promise.resolve(),
    });

    await manager.connect('api').catch(() => {});

    expect(states('api')).toEqual(['connecting', 'disconnected']);
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
