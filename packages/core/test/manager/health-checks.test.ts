import { ServerError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { checkedScene, managerScene, refused } from './manager-scene.ts';

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
