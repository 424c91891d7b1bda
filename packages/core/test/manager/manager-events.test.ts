import type { StatusChange } from '@linkspan/core/manager';
import { describe, expect, it, onTestFinished } from 'vitest';
import { managerScene, refused } from './manager-scene.ts';

describe('clientManager.on()', () => {
  it('C16 tells of every change of a state, with the status of then, until it is taken back', async () => {
    const { manager, client, clock } = managerScene();
    const { client: api, wire } = client();
    manager.register('api', api);
    const told: StatusChange[] = [];
    const stop = manager.on('statusChange', (change) => void told.push(change));

    await clock.advance(250);
    await manager.connect('api');
    await manager.check('api');
    stop();
    wire.error = refused();
    await manager.connect('api').catch(() => {});

    expect(told.map(({ id, from, to }) => `${id}: ${from} > ${to}`)).toEqual([
      'api: idle > connecting',
      'api: connecting > connected',
    ]);
    expect(told[1]?.status).toMatchObject({
      state: 'connected',
      since: '2026-01-01T00:00:00.250Z',
    });
  });

  it('C28 tells of every check what a metric needs', async () => {
    const { manager, client, clock } = managerScene({ metadataKeys: ['team'] });
    const { client: api, wire } = client('http');
    manager.register('api', api, { metadata: { team: 'harbour' } });
    const rates = { success: 0, failure: 0, cancelled: 0 };
    const times: number[] = [];
    manager.on('check', ({ result, responseTimeMs }) => {
      rates[result] += 1;
      if (responseTimeMs !== undefined) times.push(responseTimeMs);
    });
    const checks: unknown[] = [];
    manager.on('check', (notice) => void checks.push(notice));

    wire.probeMs = 30;
    const checking = manager.check('api');
    await clock.advance(30);
    await checking;
    wire.probeMs = 0;
    wire.error = refused();
    await manager.check('api');

    expect(rates).toEqual({ success: 1, failure: 1, cancelled: 0 });
    expect(times).toEqual([30]);
    expect(checks).toEqual([
      {
        id: 'api',
        type: 'http',
        result: 'success',
        responseTimeMs: 30,
        state: 'connected',
        metadata: { team: 'harbour' },
      },
      {
        id: 'api',
        type: 'http',
        result: 'failure',
        error: expect.objectContaining({ kind: 'network', code: 'refused', transport: 'http' }),
        state: 'connected',
        metadata: { team: 'harbour' },
      },
    ]);
  });

  it('C16 C20 reports what a listener throws as a warning, and goes on', async () => {
    const { manager, client } = managerScene();
    manager.register('api', client().client, {
      circuit: () => {
        throw new Error('circuit');
      },
    });
    const warnings: Error[] = [];
    const collect = (warning: Error): void => void warnings.push(warning);
    process.on('warning', collect);
    onTestFinished(() => void process.off('warning', collect));
    manager.on('statusChange', () => {
      throw new Error('first');
    });
    manager.on('check', () => Promise.reject(new Error('second')));
    let told = 0;
    manager.on('statusChange', () => void (told += 1));

    expect((await manager.check('api')).state).toBe('connected');

    await new Promise<void>((resolve) => void setImmediate(resolve));
    expect(told).toBe(1);
    const causes = warnings.map(({ cause }) => (cause as Error).message);
    expect(causes).toEqual(expect.arrayContaining(['first', 'second', 'circuit']));
  });

  it('C5 lets a listener ask for what it is told of', async () => {
    const { manager } = managerScene();
    let connects = 0;
    const connect = async (): Promise<void> => {
      connects += 1;
      await Promise.resolve();
    };
    manager.register('api', { connect, close: () => Promise.resolve() });
    const asked: Promise<unknown>[] = [];
    manager.on('statusChange', ({ to }) => {
      if (to === 'connecting') asked.push(manager.connect('api'), manager.check('api'));
    });

    await manager.check('api');
    await Promise.all(asked);

    expect(connects).toBe(1);
  });

  it('C16 tells what a listener sets off after what the listener was told of', async () => {
    const { manager, client } = managerScene();
    manager.register('api', client().client);
    const changes = manager.changes()[Symbol.asyncIterator]();
    const seen: string[] = [];
    manager.on('statusChange', ({ to }) => {
      if (to === 'connected') void manager.close();
    });
    manager.on('statusChange', ({ to }) => void seen.push(to));

    await manager.check('api');

    expect(seen).toEqual(['connected', 'disconnected']);
    expect((await changes.next()).value).toMatchObject({ from: 'idle', to: 'disconnected' });
  });

  it('says what it expects', () => {
    const { manager } = managerScene();
    expect(() => manager.on('degraded' as 'check', () => {})).toThrow(
      'Cannot configure on(): name: expected one of statusChange, check, found "degraded"',
    );
    expect(() => manager.on('check', 5 as never)).toThrow('expected a function, found 5');
  });
});

describe('clientManager.changes()', () => {
  it('C16 gives the changes as they come, and ends with the manager', async () => {
    const { manager, client } = managerScene();
    manager.register('api', client().client);
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { id, to } of manager.changes()) seen.push(`${id} ${to}`);
    })();

    await manager.connect('api');
    await manager.close();
    await reading;

    expect(seen).toEqual(['api connecting', 'api connected', 'api disconnected']);
    const after: unknown[] = [];
    for await (const change of manager.changes()) after.push(change);
    expect(after).toEqual([]);
  });

  it('C16 keeps the last of each client for a loop that is slow', async () => {
    const { manager, client } = managerScene();
    manager.register('a', client().client).register('b', client().client);
    const changes = manager.changes()[Symbol.asyncIterator]();

    await manager.connectAll();
    await manager.close('a');

    const [first, second] = [await changes.next(), await changes.next()];
    expect([first.value, second.value]).toEqual([
      expect.objectContaining({ id: 'b', from: 'idle', to: 'connected' }),
      expect.objectContaining({ id: 'a', from: 'idle', to: 'disconnected' }),
    ]);
    await manager.close();
    expect(await changes.next()).toMatchObject({ value: { id: 'b', to: 'disconnected' } });
    expect(await changes.next()).toEqual({ done: true, value: undefined });
  });

  it('C16 is left by break, and by the signal with its reason', async () => {
    const { manager, client } = managerScene();
    manager.register('api', client().client);
    const controller = new AbortController();
    const changes = manager.changes({ signal: controller.signal });
    const first = (async () => {
      for await (const { to } of changes) return to;
      return undefined;
    })();
    await manager.connect('api');
    expect(await first).toBe('connecting');

    const waiting = changes[Symbol.asyncIterator]().next();
    controller.abort('enough');

    await expect(waiting).rejects.toBe('enough');
    await expect(changes[Symbol.asyncIterator]().next()).rejects.toBe('enough');
  });
});
