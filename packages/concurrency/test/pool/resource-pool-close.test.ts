import { describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';
import { untilAborted } from '../until-aborted.ts';
import { numberPool } from './number-pool.ts';

describe('resourcePool.close()', () => {
  it('R41 refuses who comes when it is closed, and waits for what is on loan', async () => {
    const { pool, destroyed, clock } = numberPool({ max: 2 });
    const lease = await pool.acquire();
    (await pool.acquire()).release();
    const held = await pool.acquire();
    const waiting = rejection(pool.acquire());

    let closed = false;
    const closing = pool.close().then(() => (closed = true));
    expect(await waiting).toHaveProperty(
      'message',
      'Cannot acquire a resource: the pool was closed',
    );
    await expect(pool.acquire()).rejects.toHaveProperty('name', 'InvalidStateError');

    lease.release();
    await clock.advance(0);
    expect([closed, destroyed]).toEqual([false, [1]]);

    held.release();
    await closing;
    expect([destroyed, clock.pendingTimers]).toEqual([[1, 2], 0]);
  });

  it('destroys what is on loan when it has drained for long enough', async () => {
    const { pool, destroyed, clock } = numberPool();
    const lease = await pool.acquire();

    const closing = pool.close({ drainMs: 100 });
    await clock.advance(99);
    expect(destroyed).toEqual([]);
    await clock.advance(1);
    await closing;

    expect([destroyed, lease.released]).toEqual([[1], true]);
    lease.release();
    expect(destroyed).toEqual([1]);
  });

  it('gives up what is being made when it has drained for long enough', async () => {
    const { pool } = numberPool({ create: ({ signal }) => untilAborted(signal) });
    const acquiring = rejection(pool.acquire());
    await Promise.resolve();

    await pool.close({ drainMs: 0, reason: 'closing' });

    expect(await acquiring).toBe('closing');
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8])(
    'takes back one that is handed over %i promise jobs before',
    async (jobs) => {
      const { promise, resolve } = Promise.withResolvers<number>();
      const { pool, clock, destroyed } = numberPool({ create: () => promise });
      pool.acquire().catch(() => {});
      await clock.advance(0);

      resolve(7);
      for (let job = 0; job < jobs; job += 1) await Promise.resolve();
      await pool.close({ drainMs: 0 });

      expect([destroyed, pool.stats().leased]).toEqual([[7], 0]);
    },
  );

  it('can be hurried by a second call of close()', async () => {
    const { pool, destroyed } = numberPool();
    await pool.acquire();
    const closing = pool.close();

    await pool.close({ drainMs: 0 });
    await closing;

    expect(destroyed).toEqual([1]);
  });

  it('throws what destroy has thrown when it is closed', async () => {
    const { pool } = numberPool({
      destroy: (resource) => Promise.reject(new Error(`no ${resource}`)),
    });
    const leases = [await pool.acquire(), await pool.acquire()];
    for (const lease of leases) lease.discard();

    const error = await rejection(pool.close());

    expect(error).toBeInstanceOf(AggregateError);
    expect((error as AggregateError).errors.map(String)).toEqual(['Error: no 1', 'Error: no 2']);
  });
});
