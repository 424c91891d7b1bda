import { describe, expect, it } from 'vitest';
import { checkedScene, managerScene } from './manager-scene.ts';

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

    await check(10, 200, 10);
    expect(changes.at(-1)?.to).toBe('degraded');
    await check(10);
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
