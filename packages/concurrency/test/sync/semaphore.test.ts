import { Semaphore } from '@linkspan/concurrency';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('Semaphore', () => {
  it('R37 lets as many in as its value, the others in the order they came', async () => {
    const semaphore = new Semaphore(2);
    const first = await semaphore.acquire();
    await semaphore.acquire();
    const order: string[] = [];
    const third = semaphore.acquire().then(() => order.push('third'));
    const fourth = semaphore.acquire().then(() => order.push('fourth'));
    expect([semaphore.value, semaphore.waiting, semaphore.tryAcquire()]).toEqual([0, 2, undefined]);

    first.release();
    await third;
    expect(order).toEqual(['third']);

    semaphore.release();
    await fourth;
    expect(order).toEqual(['third', 'fourth']);
  });

  it('R37 may begin at 0, and be added to by others', async () => {
    const semaphore = new Semaphore(0);
    const waiting = semaphore.acquire();

    semaphore.release();

    await waiting;
    expect(semaphore.value).toBe(0);
  });

  it('adds what a lease took when it is disposed of, once', async () => {
    const semaphore = new Semaphore(1);
    {
      using lease = await semaphore.acquire();
      lease.release();
    }
    expect(semaphore.value).toBe(1);
    expect(await semaphore.run(() => semaphore.value)).toBe(0);
    expect(semaphore.value).toBe(1);
  });

  it('does not exceed its maximum', () => {
    const semaphore = new Semaphore(1, 1);

    expect(() => semaphore.release()).toThrow(
      'Cannot release the semaphore: it is at its maximum of 1',
    );
  });

  it.each([[-1], [1.5], [Number.NaN]])('refuses an initial value of %s', (value) => {
    expect(() => new Semaphore(value)).toThrow(RangeError);
  });

  it('refuses a maximum below its initial value', () => {
    expect(() => new Semaphore(2, 1)).toThrow('expected a maximum >= 2, found 1');
  });

  it('loses no token in any schedule of use and cancellation', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.boolean(), { maxLength: 8 }),
        async (scheduler, initial, cancels) => {
          const semaphore = new Semaphore(initial);
          let inside = 0;
          let most = 0;
          const uses = cancels.map(async (cancel, index) => {
            const controller = new AbortController();
            await scheduler.schedule(Promise.resolve(), `begin ${index}`);
            if (cancel) {
              void scheduler
                .schedule(Promise.resolve(), `cancel ${index}`)
                .finally(() => controller.abort());
            }
            await semaphore.run(async () => {
              inside += 1;
              most = Math.max(most, inside);
              await scheduler.schedule(Promise.resolve(), `work ${index}`);
              inside -= 1;
            }, controller.signal);
          });

          await scheduler.waitFor(Promise.allSettled(uses));

          expect(most).toBeLessThanOrEqual(initial);
          expect([semaphore.value, semaphore.waiting]).toEqual([initial, 0]);
        },
      ),
    );
  });
});
