import { CapacityLimiter, Deadline, ManualClock } from '@linkspan/concurrency';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';

describe('CapacityLimiter', () => {
  it('R38 counts its tokens', async () => {
    const limiter = new CapacityLimiter(2);
    {
      using lease = await limiter.acquire();
      expect(lease.released).toBe(false);
      expect(limiter).toMatchObject({ totalTokens: 2, borrowedTokens: 1, availableTokens: 1 });
    }
    expect(limiter).toMatchObject({ totalTokens: 2, borrowedTokens: 0, availableTokens: 2 });
  });

  it('R38 lets waiters in when its total is raised', async () => {
    const limiter = new CapacityLimiter(1);
    await limiter.acquire();
    const waiting = limiter.acquire();
    expect(limiter.waiting).toBe(1);

    limiter.totalTokens = 2;

    await waiting;
    expect(limiter.borrowedTokens).toBe(2);
  });

  it('R38 hands out nothing above a total that was lowered', async () => {
    const limiter = new CapacityLimiter(2);
    const first = await limiter.acquire();
    const second = await limiter.acquire();
    let entered = false;
    const waiting = limiter.run(() => (entered = true));

    limiter.totalTokens = 1;
    first.release();
    await Promise.resolve();
    expect([entered, limiter.availableTokens]).toEqual([false, 0]);

    second.release();
    await waiting;
    expect(entered).toBe(true);
  });

  it('gives the value or the failure of the function, and takes the token back', async () => {
    const limiter = new CapacityLimiter(1);
    const results = await Promise.allSettled([
      limiter.run(() => 'at once'),
      limiter.run(() => Promise.resolve('after a wait')),
      limiter.run(() => Promise.reject(new Error('broken'))),
      limiter.run(() => {
        throw new Error('broken at once');
      }),
    ]);

    expect(
      results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed')),
    ).toEqual(['at once', 'after a wait', 'failed', 'failed']);
    expect(limiter.borrowedTokens).toBe(0);
  });

  it('gives a token to none that was cancelled, and loses none', async () => {
    const limiter = new CapacityLimiter(1);
    const lease = await limiter.acquire();
    const controller = new AbortController();
    let ran = false;
    const cancelled = [
      limiter.acquire(controller.signal),
      limiter.run(() => (ran = true), controller.signal),
    ];
    const next = limiter.acquire();

    controller.abort('enough');
    lease.release();

    for (const wait of await Promise.allSettled(cancelled)) {
      expect(wait).toMatchObject({ reason: 'enough' });
    }
    (await next).release();
    expect([ran, limiter.borrowedTokens]).toEqual([false, 0]);
  });

  it('gives up waiting at the deadline', async () => {
    const clock = new ManualClock();
    const limiter = new CapacityLimiter(1);
    await limiter.acquire();
    const late = rejection(limiter.run(() => {}, { deadline: Deadline.after(10, clock) }));

    await clock.advance(10);

    expect(await late).toMatchObject({
      name: 'TimeoutError',
      message: 'Cannot acquire a token: the deadline has passed',
    });
  });

  it('turns away those who wait and who come later when it is closed', async () => {
    const limiter = new CapacityLimiter(1);
    const lease = await limiter.acquire();
    const waiting = [limiter.acquire(), limiter.run(() => {})];

    limiter.close('closed');

    const late = [limiter.acquire(), limiter.run(() => {})];
    for (const wait of await Promise.allSettled([...waiting, ...late])) {
      expect(wait).toMatchObject({ reason: 'closed' });
    }
    expect(limiter.tryAcquire()).toBeUndefined();
    lease.release();
    expect(limiter.borrowedTokens).toBe(0);
  });

  it.each([[0], [-1], [1.5], [Number.NaN]])('refuses a total of %s', (total) => {
    const limiter = new CapacityLimiter(Infinity);

    expect(() => new CapacityLimiter(total)).toThrow(RangeError);
    expect(() => (limiter.totalTokens = total)).toThrow(
      `expected an integer >= 1 or Infinity, found ${total}`,
    );
  });

  it('never lends more than its total nor loses a token, in any schedule', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('use' as const), cancel: fc.boolean(), run: fc.boolean() }),
      fc.record({ do: fc.constant('resize' as const), total: fc.integer({ min: 1, max: 4 }) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(step, { maxLength: 10 }),
        async (scheduler, steps) => {
          const limiter = new CapacityLimiter(2);
          let largest = 2;
          let inside = 0;
          const work = async (name: string): Promise<void> => {
            inside += 1;
            expect(inside).toBeLessThanOrEqual(largest);
            expect(limiter.borrowedTokens).toBeGreaterThanOrEqual(inside);
            await scheduler.schedule(Promise.resolve(), name);
            inside -= 1;
          };
          const uses = steps.map(async (one, index) => {
            await scheduler.schedule(Promise.resolve(), `begin ${index}`);
            if (one.do === 'resize') {
              largest = Math.max(largest, one.total);
              limiter.totalTokens = one.total;
              return;
            }
            const controller = new AbortController();
            if (one.cancel) {
              void scheduler
                .schedule(Promise.resolve(), `cancel ${index}`)
                .finally(() => controller.abort('cancelled'));
            }
            if (one.run) {
              await limiter.run(() => work(`run ${index}`), controller.signal);
            } else {
              const lease = await limiter.acquire(controller.signal);
              await work(`hold ${index}`);
              lease.release();
            }
          });

          const results = await scheduler.waitFor(Promise.allSettled(uses));
          const reasons = results.flatMap((result) =>
            result.status === 'rejected' ? [result.reason as unknown] : [],
          );

          expect(reasons.filter((reason) => reason !== 'cancelled')).toEqual([]);
          expect([limiter.borrowedTokens, limiter.waiting]).toEqual([0, 0]);
        },
      ),
    );
  });
});
