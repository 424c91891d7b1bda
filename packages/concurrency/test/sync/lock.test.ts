import { type Lease, Lock } from '@linkspan/concurrency';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('Lock', () => {
  it('R36 is held until the lease is disposed of', async () => {
    const lock = new Lock();
    {
      using lease = await lock.acquire();
      expect([lock.locked, lease.released]).toEqual([true, false]);
      expect(lock.tryAcquire()).toBeUndefined();
    }
    expect(lock.locked).toBe(false);
  });

  it('lets waiters in one by one, first come first served', async () => {
    const lock = new Lock();
    const log: string[] = [];
    const work = (name: string) =>
      lock.run(async () => {
        log.push(`${name} in`);
        await Promise.resolve();
        log.push(`${name} out`);
      });

    await Promise.all([work('a'), work('b'), work('c')]);

    expect(log).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
  });

  it('takes a signal alone in the place of options, and rejects with its reason', async () => {
    const lock = new Lock();
    await lock.acquire();
    const controller = new AbortController();
    const waits = [lock.acquire(controller.signal), lock.acquire({ signal: controller.signal })];

    controller.abort('enough');

    for (const wait of waits) await expect(wait).rejects.toBe('enough');
    expect(lock.waiting).toBe(0);
  });

  it('cancelled before the first await, takes nothing from a free lock', async () => {
    const lock = new Lock();

    await expect(lock.acquire(AbortSignal.abort('enough'))).rejects.toBe('enough');

    expect(lock.locked).toBe(false);
  });

  it('passes over a waiter that is cancelled just before the hand-over', async () => {
    const lock = new Lock();
    const first = await lock.acquire();
    const controller = new AbortController();
    const cancelled = lock.acquire(controller.signal);
    const next = lock.acquire();

    controller.abort('enough');
    first.release();

    await expect(cancelled).rejects.toBe('enough');
    (await next).release();
    expect(lock.locked).toBe(false);
  });

  it('keeps its promise to a waiter that is cancelled just after the hand-over', async () => {
    const lock = new Lock();
    const first = await lock.acquire();
    const controller = new AbortController();
    const handed = lock.acquire(controller.signal);
    const next = lock.acquire();

    first.release();
    controller.abort('too late');

    (await handed).release();
    (await next).release();
    expect(lock.locked).toBe(false);
  });

  it('cannot be snatched from a waiter it was handed to', async () => {
    const lock = new Lock();
    const first = await lock.acquire();
    const handed = lock.acquire();

    first.release();

    expect(lock.tryAcquire()).toBeUndefined();
    (await handed).release();
  });

  it('ignores a second release, which would free the lock of another', async () => {
    const lock = new Lock();
    const first = await lock.acquire();
    first.release();
    await lock.acquire();

    first.release();

    expect(lock.locked).toBe(true);
  });

  it('is released when the function fails', async () => {
    const lock = new Lock();

    await expect(lock.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');

    expect(lock.locked).toBe(false);
  });

  it('U8 is not re-entrant, and throws where an owner would wait for itself', async () => {
    const lock = new Lock();
    const owner = {};
    const lease = await lock.acquire({ owner });

    await expect(lock.acquire({ owner })).rejects.toThrow(
      'Cannot acquire the lock: its owner holds it already, and it is not re-entrant',
    );

    const other = lock.acquire({ owner: {} });
    lease.release();
    (await other).release();
    (await lock.acquire({ owner })).release();
  });

  it('never has two holders nor loses itself, in any schedule of use and cancellation', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.record({ cancel: fc.boolean(), fail: fc.boolean() }), { maxLength: 8 }),
        async (scheduler, users) => {
          const lock = new Lock();
          let holders = 0;
          let most = 0;
          const uses = users.map(async ({ cancel, fail }, index) => {
            const controller = new AbortController();
            await scheduler.schedule(Promise.resolve(), `begin ${index}`);
            if (cancel) {
              void scheduler
                .schedule(Promise.resolve(), `cancel ${index}`)
                .finally(() => controller.abort(`cancelled ${index}`));
            }
            await lock.run(async () => {
              holders += 1;
              most = Math.max(most, holders);
              await scheduler.schedule(Promise.resolve(), `work ${index}`);
              holders -= 1;
              if (fail) throw new Error(`failed ${index}`);
            }, controller.signal);
          });

          await scheduler.waitFor(Promise.allSettled(uses));

          expect(most).toBeLessThanOrEqual(1);
          expect([lock.locked, lock.waiting]).toEqual([false, 0]);
        },
      ),
    );
  });
});

describe('lock.releaseWhile()', () => {
  it('lends the lock, and takes it back before it returns', async () => {
    const lock = new Lock();
    const log: string[] = [];
    using lease: Lease = await lock.acquire();
    const other = lock.run(() => log.push('other'));

    await lock.releaseWhile(async () => {
      await other;
      log.push('lent');
    });

    expect([log, lock.locked, lease.released]).toEqual([['other', 'lent'], true, false]);
  });

  it('takes it back when the function fails, too', async () => {
    const lock = new Lock();
    {
      using lease = await lock.acquire();
      expect(lease.released).toBe(false);
      await expect(lock.releaseWhile(() => Promise.reject(new Error('broken')))).rejects.toThrow(
        'broken',
      );
      expect(lock.locked).toBe(true);
    }
    expect(lock.locked).toBe(false);
  });

  it('leaves the lock free when the holder has left meanwhile', async () => {
    const lock = new Lock();
    const lease = await lock.acquire();
    const { promise, resolve } = Promise.withResolvers<void>();
    const lending = lock.releaseWhile(() => promise);

    lease.release();
    resolve();
    await lending;

    expect(lock.locked).toBe(false);
  });

  it('refuses to lend what nobody holds', async () => {
    await expect(new Lock().releaseWhile(() => Promise.resolve())).rejects.toThrow(
      'Cannot lend the lock: nobody holds it',
    );
  });
});
