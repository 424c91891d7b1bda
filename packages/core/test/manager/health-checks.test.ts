import { ManualClock } from '@linkspan/concurrency';
import { ServerError } from '@linkspan/core';
import { ClientManager, type HealthOptions } from '@linkspan/core/manager';
import { describe, expect, it } from 'vitest';
import { managerScene, refused } from './manager-scene.ts';

/** A manager with one client, which is checked again and again. */
function checkedScene(health: HealthOptions = {}, options: object = {}) {
  const scene = managerScene({ health, ...options });
  const { client, wire } = scene.client();
  scene.manager.register('api', client);
  /** Checks that take these times; `'x'` for one that fails. */
  const check = async (...times: (number | 'x')[]): Promise<void> => {
    for (const time of times) {
      wire.error = time === 'x' ? refused() : undefined;
      wire.probeMs = time === 'x' ? 0 : time;
      const checking = scene.manager.check('api');
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await scene.clock.advance(wire.probeMs);
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await checking;
    }
  };
  return { ...scene, wire, check, status: () => scene.manager.status('api') };
}

describe('clientManager.check()', () => {
  it('C4 asks the probe of the transport, with a deadline and a signal', async () => {
    const { wire, check, status, clock } = checkedScene({ timeoutMs: 3_000 });

    await check(20);

    const [context] = wire.contexts;
    expect(context).toMatchObject({ attempt: 1, streaming: false });
    expect(context?.deadline.at).toBe(3_000);
    expect(status()).toMatchObject({ state: 'connected', checks: { successes: 1, failures: 0 } });
    expect(clock.pendingTimers).toBe(0);
  });

  it('C4 U20 asks the probe that the client was registered with', async () => {
    const { manager, client } = managerScene();
    const { client: api, wire } = client();
    const asked: string[] = [];
    manager.register('api', api, {
      probe: async (known) =>
        asked.push(await (await known.request({ operation: 'GET', target: '/ready' })).text()),
    });

    await manager.check('api');

    expect(asked).toEqual(['memory']);
    expect(wire.probes).toBe(0);
  });

  it('C4 only connects a client that has no probe, and tells how that went', async () => {
    const { manager, client, checks } = managerScene();
    const { client: api, wire } = client();
    manager.register('api', api, { probe: false });

    wire.error = refused();
    expect((await manager.check('api')).state).toBe('error');
    wire.error = undefined;
    expect((await manager.check('api')).state).toBe('connected');
    await manager.check('api');

    expect([wire.connects, wire.probes]).toEqual([2, 0]);
    expect(checks.map(({ result, responseTimeMs }) => [result, responseTimeMs])).toEqual([
      ['failure', undefined],
      ['success', undefined],
      ['success', undefined],
    ]);
  });

  it('C17 counts a check that takes too long as failed, and leaves it', async () => {
    const { manager, wire, clock, status } = checkedScene({ timeoutMs: 1_500 });
    wire.hangs = true;

    const checking = manager.check('api');
    await clock.advance(1_500);
    await checking;

    expect(status()).toMatchObject({
      state: 'error',
      lastError: {
        name: 'TimeoutError',
        message: "Cannot check 'api': no sign of life came within 1.5 s (timeoutMs)",
        limitMs: 1_500,
        elapsedMs: 1_500,
      },
    });
    expect(wire.contexts[0]?.signal?.aborted).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('C12 C19 keeps what failed as JSON, whatever was thrown', async () => {
    const { manager, client } = managerScene();
    manager.register('api', client().client, {
      probe: () => {
        throw new TypeError('x is not a function');
      },
    });

    const { lastError } = await manager.check('api');

    expect(lastError).toMatchObject({
      name: 'TransportError',
      code: 'probe',
      message: "Cannot check 'api': its probe failed",
      transport: 'memory',
      cause: { name: 'TypeError', message: 'x is not a function' },
    });
    expect(JSON.parse(JSON.stringify(lastError))).toEqual(lastError);
  });

  it('C4 shares the check that is under way; it ends when the last has left', async () => {
    const { manager, wire, clock, checks, status } = checkedScene();
    wire.probeMs = 100;
    const [first, second] = [new AbortController(), new AbortController()];

    const early = manager.check('api', { signal: first.signal });
    const late = manager.check('api', { signal: second.signal });
    await clock.advance(10);
    first.abort();
    expect(await early).toMatchObject({ state: 'idle' });
    expect(wire.contexts[0]?.signal?.aborted).toBe(false);
    second.abort();
    await late;

    expect(wire.probes).toBe(1);
    expect(wire.contexts[0]?.signal?.aborted).toBe(true);
    await clock.advance(0);
    expect(checks.map(({ result }) => result)).toEqual(['cancelled']);
    expect(status()).toMatchObject({ state: 'idle', checks: { successes: 0, failures: 0 } });
    await manager.check('api', { signal: first.signal });
    expect(wire.probes).toBe(1);
  });

  it('C4 begins anew for who comes after a check was given up', async () => {
    const { manager, wire, clock } = checkedScene();
    wire.hangs = true;
    const controller = new AbortController();
    const given = manager.check('api', { signal: controller.signal });
    await clock.advance(1);

    wire.hangs = false;
    controller.abort();
    await given;

    expect((await manager.check('api')).state).toBe('connected');
    expect(wire.probes).toBe(2);
  });
});

describe('clientManager.checkAll()', () => {
  it('C4 C20 tells how all are; one that fails disturbs no other', async () => {
    const { manager, client } = managerScene();
    const bad = client();
    bad.wire.error = new ServerError('Cannot serve', { status: 503, headers: {} });
    manager.register('bad', bad.client).register('good', client().client);
    manager.register('odd', client().client, {
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- what a foreign probe may do
      probe: () => Promise.reject('no'),
    });

    const { clients } = await manager.checkAll();

    expect(Object.entries(clients).map(([id, { state }]) => [id, state])).toEqual([
      ['bad', 'error'],
      ['good', 'connected'],
      ['odd', 'error'],
    ]);
  });

  it('C4 has no more than so many checks under way', async () => {
    const { manager, client, clock } = managerScene({ concurrency: 2 });
    let running = 0;
    let most = 0;
    for (let index = 0; index < 6; index += 1) {
      manager.register(`c${index}`, client().client, {
        probe: async () => {
          running += 1;
          most = Math.max(most, running);
          await new Promise<void>((resolve) => void clock.setTimeout(resolve, 10));
          running -= 1;
        },
      });
    }

    const checking = manager.checkAll();
    // One that is asked for alone has to wait for its turn, too.
    const alone = manager.check('c5');
    await clock.advance(40);
    await Promise.all([checking, alone]);

    expect(most).toBe(2);
    expect(manager.status().states.connected).toBe(6);
  });

  it('C4 C20 does not throw when it is aborted: it tells what is known', async () => {
    const { manager, client, clock } = managerScene({ concurrency: 1 });
    const slow = client();
    slow.wire.hangs = true;
    const next = client();
    manager.register('a', slow.client).register('b', next.client);
    const controller = new AbortController();

    const checking = manager.checkAll({ signal: controller.signal });
    await clock.advance(10);
    controller.abort();

    expect((await checking).states.idle).toBe(2);
    expect(next.wire.probes).toBe(0);
    expect((await manager.checkAll({ signal: AbortSignal.abort() })).states.idle).toBe(2);
  });
});

describe('ClientStatus', () => {
  it('C11 tells the response times: the last, their average, their 95th percentile', async () => {
    const { check, status } = checkedScene();

    await check(10, 20);
    expect(status()).toMatchObject({
      responseTimeMs: 20,
      ewmaMs: 13,
      p95Ms: 20,
      lastCheckAt: '2026-01-01T00:00:00.030Z',
    });

    await check(...Array.from({ length: 19 }, () => 10), 500);
    expect(status()).toMatchObject({ responseTimeMs: 500, p95Ms: 20 });
    await check(500);
    expect(status().p95Ms).toBe(500);
  });

  it('C11 forgets all but the last 128 response times', async () => {
    const { check, status } = checkedScene();
    await check(...Array.from({ length: 20 }, () => 900));

    await check(...Array.from({ length: 128 }, () => 1));

    expect(status().p95Ms).toBe(1);
  });

  it('C10 C16 is plain JSON, with no entry for what is not known', async () => {
    const { manager, check } = checkedScene();
    expect(manager.status()).toEqual({
      healthy: true,
      states: { idle: 1, connecting: 0, connected: 0, degraded: 0, disconnected: 0, error: 0 },
      clients: {
        api: {
          id: 'api',
          type: 'memory',
          state: 'idle',
          since: '2026-01-01T00:00:00.000Z',
          consecutiveFailures: 0,
          checks: { successes: 0, failures: 0 },
          calls: { successes: 0, failures: 0 },
        },
      },
    });

    await check(10, 'x');

    const status = manager.status();
    expect(JSON.parse(JSON.stringify(status))).toEqual(status);
    expect(status.clients['api']).toMatchObject({ consecutiveFailures: 1, state: 'connected' });
  });

  it('C10 C28 tells the state of the circuit', () => {
    const { manager, client } = managerScene();
    let state: 'closed' | 'open' = 'closed';
    manager.register('api', client().client, { circuit: () => state });

    expect(manager.status('api').circuit).toBe('closed');
    state = 'open';
    expect(manager.status().clients['api']?.circuit).toBe('open');
  });
});

describe('the state of a client', () => {
  it('C15 gets worse after downAfter failures in a row, and better after upAfter successes', async () => {
    const { check, states, status } = checkedScene({ downAfter: 3, upAfter: 2 });
    await check(1);

    await check('x', 'x', 1, 'x', 'x');
    expect(states('api').at(-1)).not.toBe('error');
    await check('x');
    expect(status()).toMatchObject({ state: 'error', consecutiveFailures: 3 });

    await check(1, 'x', 1);
    expect(status().state).toBe('error');
    await check(1);
    expect(status()).toMatchObject({ state: 'connected', consecutiveFailures: 0 });
  });

  it('C15 C10 takes the word of the first check', async () => {
    const up = checkedScene();
    await up.check(1);
    expect(up.states('api')).toEqual(['connected']);

    const down = checkedScene();
    await down.check('x');
    expect(down.states('api')).toEqual(['error']);
  });

  it('C14 C10 is degraded when its checks are slow, and connected when they are not any more', async () => {
    const { check, states, changes } = checkedScene({ degradedAboveMs: 100, downAfter: 2 });
    await check(10, 101, 100);
    expect(states('api')).toEqual(['connected']);

    await check(101, 150);
    expect(changes.at(-1)).toMatchObject({
      id: 'api',
      from: 'connected',
      to: 'degraded',
      status: { state: 'degraded', responseTimeMs: 150 },
    });

    await check(10, 200, 10, 10);
    expect(states('api')).toEqual(['connected', 'degraded', 'connected']);
  });

  it('C14 is degraded when it is many times slower than it used to be', async () => {
    const { check, states, status } = checkedScene({ degradedRatio: 3, downAfter: 2 });
    await check(20, 20, 20, 20);
    // Four times are no baseline yet, and what is 10 ms slower is noise.
    await check(80, 80, 20, 20);
    expect(states('api')).toEqual(['connected']);
    const usual = status().baselineMs ?? 0;

    await check(usual * 3 + 1, usual * 3 + 1);

    expect(states('api')).toEqual(['connected', 'degraded']);
    expect(status().baselineMs).toBe(usual);
  });

  it('C14 does not take a millisecond for slow, whatever the ratio', async () => {
    const { check, states } = checkedScene({ degradedRatio: 2, downAfter: 1 });

    await check(1, 1, 1, 1, 1, 1, 8, 8);

    expect(states('api')).toEqual(['connected']);
  });

  it('C15 is degraded while checks now fail, now are slow', async () => {
    const { check, states } = checkedScene({ degradedAboveMs: 100, downAfter: 3 });
    await check(1, 'x', 200, 'x');
    expect(states('api')).toEqual(['connected', 'degraded']);
    await check('x', 'x');
    expect(states('api').at(-1)).toBe('error');
  });
});

describe('periodic checks', () => {
  it('C13 U20 come intervalMs after one another, with jitter', async () => {
    const random = [0, 0.5, 1];
    const { wire, clock, manager } = checkedScene(
      { intervalMs: 10_000, jitter: 0.2 },
      { random: () => random.shift() ?? 0.5 },
    );
    wire.probeMs = 1_000;

    expect(clock.dueTimes).toEqual([8_000]);
    await clock.advance(8_000 + 1_000);
    expect(clock.dueTimes).toEqual([9_000 + 10_000]);
    await clock.advance(10_000 + 1_000);
    expect(clock.dueTimes).toEqual([20_000 + 12_000]);

    expect(wire.probes).toBe(2);
    await manager.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('C13 are made for each client as it says, and not unless they are asked for', async () => {
    const { manager, client, clock } = managerScene({ health: { intervalMs: 1_000 } });
    const [often, never, usual] = [client(), client(), client()];
    manager
      .register('often', often.client, { health: { intervalMs: 100 } })
      .register('never', never.client, { health: { intervalMs: Infinity } })
      .register('usual', usual.client, { health: { timeoutMs: 5 } });
    const quiet = managerScene();
    quiet.manager.register('api', quiet.client().client);

    await clock.advance(1_000);

    expect([often.wire.probes, never.wire.probes, usual.wire.probes]).toEqual([10, 0, 1]);
    expect(quiet.clock.pendingTimers).toBe(0);
  });

  it('C13 go on after failures, and stop when the client leaves', async () => {
    const { manager, wire, clock, status } = checkedScene({ intervalMs: 1_000, jitter: 0 });
    wire.error = refused();
    await clock.advance(3_000);
    expect(status().checks).toEqual({ successes: 0, failures: 3 });

    await manager.unregister('api');
    await clock.advance(10_000);

    expect(wire.probes).toBe(3);
    expect(clock.pendingTimers).toBe(0);
  });

  it('C13 stop when the client is closed in the middle of one', async () => {
    const { manager, wire, clock } = checkedScene({ intervalMs: 1_000, jitter: 0 });
    wire.hangs = true;
    await clock.advance(1_000);

    await manager.close('api');

    await clock.advance(10_000);
    expect(wire.probes).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('C13 let the process end, unless they are told not to', () => {
    class CountingClock extends ManualClock {
      unrefs = 0;
      override setTimeout(callback: () => void, delayMs: number): object {
        const timer = super.setTimeout(callback, delayMs) as object;
        return Object.assign(timer, { unref: () => (this.unrefs += 1) });
      }
    }
    const unrefs = (health: HealthOptions): number => {
      const clock = new CountingClock();
      new ClientManager({ clock, health }).register('api', { close: () => Promise.resolve() });
      return clock.unrefs;
    };

    expect(unrefs({ intervalMs: 1_000 })).toBe(1);
    expect(unrefs({ intervalMs: 1_000, unref: false })).toBe(0);
  });
});
