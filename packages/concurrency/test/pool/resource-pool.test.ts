import { getEventListeners } from 'node:events';
import { Deadline, ManualClock, ResourcePool } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';
import { untilAborted } from '../until-aborted.ts';
import { numberPool } from './number-pool.ts';

describe('ResourcePool', () => {
  it('R41 lends a resource, takes it back, and lends it again', async () => {
    const { pool } = numberPool();
    {
      using lease = await pool.acquire();
      expect([lease.resource, lease.released]).toEqual([1, false]);
    }
    expect(await pool.run((resource) => resource)).toBe(1);
    expect(pool.stats()).toEqual({
      max: 10,
      leased: 0,
      idle: 1,
      waiting: 0,
      created: 1,
      destroyed: 0,
    });
  });

  it('U6 holds the place of a lease until it is disposed of', async () => {
    const { pool } = numberPool({ max: 2 });
    const leases = [await pool.acquire(), await pool.acquire()];
    let third: number | undefined;
    const waiting = pool.acquire().then(({ resource }) => (third = resource));
    await Promise.resolve();
    expect([third, pool.stats().waiting, pool.stats().created]).toEqual([undefined, 1, 2]);

    leases[1]?.release();
    leases[1]?.release();

    await waiting;
    expect([third, pool.stats().leased]).toEqual([2, 2]);
  });

  it('lends the one that was used last', async () => {
    const { pool } = numberPool();
    const [a, b] = [await pool.acquire(), await pool.acquire()];
    b.release();
    a.release();

    expect((await pool.acquire()).resource).toBe(a.resource);
  });

  it('R41 replaces an idle resource that fails its check, or whose check throws', async () => {
    const bad = new Set([1, 2]);
    const { pool, destroyed } = numberPool({
      validate: (resource) => {
        if (resource === 2) throw new Error('no answer');
        return !bad.has(resource);
      },
    });
    const leases = [await pool.acquire(), await pool.acquire()];
    for (const lease of leases) lease.release();

    expect((await pool.acquire()).resource).toBe(3);
    expect(destroyed).toEqual([2, 1]);
  });

  it('destroys a resource that its holder found broken', async () => {
    const { pool, destroyed } = numberPool();
    const lease = await pool.acquire();

    lease.discard();
    lease.release();

    expect(destroyed).toEqual([1]);
    expect((await pool.acquire()).resource).toBe(2);
  });

  it('R41 destroys what has been idle for too long, with one timer', async () => {
    const { pool, clock, destroyed } = numberPool({ maxIdleMs: 100 });
    const [a, b] = [await pool.acquire(), await pool.acquire()];
    a.release();
    await clock.advance(60);
    b.release();
    expect(clock.pendingTimers).toBe(1);

    await clock.advance(40);
    expect([destroyed, pool.stats().idle]).toEqual([[1], 1]);

    await clock.advance(60);
    expect([destroyed, clock.pendingTimers, pool.stats().leased]).toEqual([[1, 2], 0, 0]);
  });

  it('R41 lends nothing that is older than it may be', async () => {
    const { pool, clock, destroyed } = numberPool({ maxAgeMs: 100, maxIdleMs: Infinity });
    const lease = await pool.acquire();
    (await pool.acquire()).release();
    await clock.advance(100);
    expect(destroyed).toEqual([2]);

    lease.release();

    expect(destroyed).toEqual([2, 1]);
  });

  it('lets the first who waits create one when a place is free, and tells it of a failure', async () => {
    let tries = 0;
    const { pool } = numberPool({
      max: 1,
      create: () => {
        tries += 1;
        if (tries === 1) throw new Error('refused');
        return tries;
      },
    });
    const first = rejection(pool.acquire());
    const second = pool.acquire();

    expect(await first).toHaveProperty('message', 'refused');
    expect((await second).resource).toBe(2);
  });

  it('tells the maker when who asked has given up, and leaves no place behind', async () => {
    const controller = new AbortController();
    const { pool } = numberPool({ max: 1, create: ({ signal }) => untilAborted(signal) });
    const acquiring = pool.acquire(controller.signal);
    await Promise.resolve();

    controller.abort('enough');

    await expect(acquiring).rejects.toBe('enough');
    await new ManualClock().advance(0);
    expect(pool.stats().leased).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('gives one that is made too late to the next, and holds its place until then', async () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const clock = new ManualClock();
    const { pool } = numberPool({ max: 1, create: () => promise });
    const late = rejection(pool.acquire({ deadline: Deadline.after(10, clock) }));
    const next = pool.acquire();

    await clock.advance(10);
    expect(await late).toMatchObject({
      name: 'TimeoutError',
      message: 'Cannot acquire a resource: the deadline has passed',
    });
    expect(pool.stats()).toMatchObject({ leased: 1, waiting: 1 });

    resolve(7);
    expect((await next).resource).toBe(7);
    expect(pool.stats()).toMatchObject({ leased: 1, waiting: 0, created: 1 });
  });

  it('keeps one that is made in the tick in which who asked gives up', async () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const controller = new AbortController();
    const { pool, clock } = numberPool({ create: () => promise });
    const acquiring = pool.acquire(controller.signal);
    await clock.advance(0);

    resolve(7);
    controller.abort('enough');

    await expect(acquiring).rejects.toBe('enough');
    await clock.advance(0);
    expect(pool.stats()).toMatchObject({ leased: 0, idle: 1 });
    await pool.close();
  });

  it('passes over one who is cancelled while waiting', async () => {
    const { pool } = numberPool({ max: 1 });
    const lease = await pool.acquire();
    const controller = new AbortController();
    const cancelled = pool.acquire({ signal: controller.signal });
    const next = pool.acquire();

    controller.abort('enough');
    lease.release();

    await expect(cancelled).rejects.toBe('enough');
    expect((await next).resource).toBe(1);
  });

  it('R41 grows at once, and shrinks as resources come back', async () => {
    const { pool, destroyed } = numberPool({ max: 1 });
    const first = await pool.acquire();
    const waiting = pool.acquire();
    pool.resize(3);
    const leases = [first, await waiting, await pool.acquire()];
    leases[0]?.release();

    pool.resize(1);
    expect(destroyed).toEqual([1]);

    leases[1]?.release();
    expect(destroyed).toEqual([1, 2]);

    leases[2]?.release();
    expect([destroyed, pool.stats().idle]).toEqual([[1, 2], 1]);
  });

  it('destroys what is idle when it shrinks', async () => {
    const { pool, destroyed } = numberPool({ max: 3 });
    const leases = [await pool.acquire(), await pool.acquire(), await pool.acquire()];
    for (const lease of leases) lease.release();

    pool.resize(1);

    expect([destroyed, pool.stats().idle]).toEqual([[1, 2], 1]);
  });

  it('keeps the place of a resource until it is destroyed', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { pool } = numberPool({ max: 1, destroy: () => promise });
    (await pool.acquire()).discard();
    let acquired = false;
    const waiting = pool.acquire().then(() => (acquired = true));
    await new ManualClock().advance(0);
    expect(acquired).toBe(false);

    resolve();
    await waiting;
  });

  it.each([
    [{ max: 0 }, 'found 0'],
    [{ maxIdleMs: 0 }, 'expected maxIdleMs to be a number > 0, found 0'],
    [{ maxAgeMs: Number.NaN }, 'expected maxAgeMs to be a number > 0, found NaN'],
  ])('refuses %o', (options, message) => {
    expect(() => new ResourcePool({ create: () => 1, ...options })).toThrow(message);
  });
});
