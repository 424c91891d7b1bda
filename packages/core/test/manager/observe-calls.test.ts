import {
  CircuitOpenError,
  createClient,
  memoryTransport,
  RateLimitExceededError,
  TimeoutError,
  TransportRegistry,
  type TransportRequest,
} from '@linkspan/core';
import { ClientManager } from '@linkspan/core/manager';
import { describe, expect, it } from 'vitest';
import { managerScene, refused } from './manager-scene.ts';

const get: TransportRequest = { operation: 'GET', target: '/' };

/** A managed client whose calls the manager sees; what it answers is said one by one. */
function callsScene(health: object = {}) {
  const { manager, clock, states } = managerScene({ health });
  const outcomes: (number | Error)[] = [];
  const transport = memoryTransport(() => {
    const outcome = outcomes.shift();
    if (outcome === undefined) return new Promise(() => {});
    if (outcome instanceof Error) throw outcome;
    return { status: outcome };
  });
  const client = createClient({
    transport,
    clock,
    env: {},
    retry: false,
    middleware: [manager.observe('api')],
  });
  manager.register('api', client);
  const call = async (...answers: (number | Error)[]): Promise<void> => {
    outcomes.push(...answers);
    for (const _ of answers) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await client.request(get).catch(() => {});
    }
  };
  return { manager, client, states, call, status: () => manager.status('api') };
}

const timeout = (phase: 'queue' | 'headers'): TimeoutError =>
  new TimeoutError('late', { clock: 'totalMs', limitMs: 1, elapsedMs: 1, phase });

describe('clientManager.observe()', () => {
  it('C12 C15 C28 counts calls, and believes several in a row as it does checks', async () => {
    const { call, status, states } = callsScene({ downAfter: 3, upAfter: 2 });

    await call(200, refused(), 503, timeout('headers'));
    expect(status()).toMatchObject({
      state: 'error',
      consecutiveFailures: 3,
      calls: { successes: 1, failures: 3 },
      lastError: { name: 'TimeoutError' },
    });
    expect(status().responseTimeMs).toBeUndefined();

    await call(200, 200);
    expect(states('api')).toEqual(['connected', 'error', 'connected']);
  });

  it('C15 takes an answer for a sign of life, whatever its status below 500', async () => {
    const { call, status } = callsScene({ downAfter: 2 });

    await call(refused(), 404, refused(), 429, refused(), 400);

    expect(status()).toMatchObject({
      consecutiveFailures: 0,
      calls: { successes: 3, failures: 3 },
    });
  });

  it('C15 does not blame the peer for limits of our own, nor for what the caller ended', async () => {
    const { call, client, status } = callsScene({ downAfter: 1 });
    await call(200);

    await call(new CircuitOpenError('open'), new RateLimitExceededError('wait'), timeout('queue'));
    const controller = new AbortController();
    const left = client.request(get, { signal: controller.signal });
    controller.abort(refused());
    await left.catch(() => {});

    expect(status()).toMatchObject({
      state: 'connected',
      calls: { successes: 1, failures: 0 },
    });
  });

  it('C15 C14 is degraded, and not down, where checks fail and calls do not', async () => {
    const { manager, clock } = managerScene({ health: { downAfter: 3 } });
    const client = createClient({
      transport: memoryTransport(() => ({})),
      clock,
      middleware: [manager.observe('api')],
    });
    manager.register('api', client, { probe: () => Promise.reject(refused()) });
    await client.request(get);

    for (let round = 0; round < 5; round += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await manager.check('api');
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await client.request(get);
    }

    expect(manager.status('api').state).toBe('degraded');
  });

  it('C28 sees the attempts of clients that are made of a configuration, and of no other', async () => {
    let left = 1;
    const registry = new TransportRegistry().register('flaky', {
      create: () =>
        memoryTransport(() => {
          if ((left -= 1) >= 0) throw refused();
          return {};
        }),
    });
    const manager = new ClientManager({ registry, env: {} }).register(
      'api',
      { type: 'flaky', retry: { maxRetries: 1, baseDelayMs: 0 } },
      { ownClient: false },
    );
    const old = manager.get('api');

    await old.request(get);
    expect(manager.status('api').calls).toEqual({ successes: 1, failures: 1 });

    const leaving = manager.unregister('api', { drainMs: 10 });
    manager.register('api', { type: 'flaky' });
    await leaving;
    await old.request(get);
    await old.close();
    expect(manager.status('api').calls).toEqual({ successes: 0, failures: 0 });
  });

  it('C20 hands on what comes of a call when there is no such client', async () => {
    const { manager } = managerScene();
    const client = createClient({
      transport: memoryTransport(() => ({ body: 'x' })),
      middleware: [manager.observe('nobody')],
    });

    expect(await (await client.request(get)).text()).toBe('x');
  });
});
