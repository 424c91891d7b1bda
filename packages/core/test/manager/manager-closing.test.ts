import { ResourcePool } from '@linkspan/concurrency';
import { ClosedError, createClient, memoryTransport, type TransportRequest } from '@linkspan/core';
import { ClientManager } from '@linkspan/core/manager';
import { describe, expect, it } from 'vitest';
import { failure, managerScene } from './manager-scene.ts';

const get: TransportRequest = { operation: 'GET', target: '/' };

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

  it.each(Array.from({ length: 16 }, (_, turns) => turns))(
    'C5 learns nothing from a check that ends about when it is closed, %i turns after its probe',
    async (turns) => {
      const { manager, client, checks, changes } = managerScene();
      const closeLater = async (): Promise<void> => {
        // oxlint-disable-next-line no-await-in-loop -- a turn each
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        await manager.close('api');
      };
      manager.register('api', client().client, {
        probe: () => {
          void closeLater();
          return Promise.resolve();
        },
      });

      await manager.check('api');
      await manager.close('api');

      const [notice] = checks;
      const before = changes.map(({ to }) => to).includes('connected');
      expect(notice).toMatchObject(
        before
          ? { result: 'success', state: 'connected' }
          : { result: 'cancelled', state: 'disconnected' },
      );
      expect(manager.status('api').checks.successes).toBe(before ? 1 : 0);
    },
  );

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
