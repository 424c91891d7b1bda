import { ManualClock, ResourcePool } from '@linkspan/concurrency';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('ResourcePool', () => {
  it('never has more resources than it may, nor loses one, in any schedule', async () => {
    const use = fc.record({
      cancel: fc.boolean(),
      discard: fc.boolean(),
      createFails: fc.boolean(),
      valid: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 3 }),
        fc.array(use, { maxLength: 8 }),
        async (scheduler, max, uses) => {
          let living = 0;
          let most = 0;
          let made = 0;
          const pool = new ResourcePool<number>({
            max,
            clock: new ManualClock(),
            async create() {
              made += 1;
              const number = made;
              living += 1;
              most = Math.max(most, living);
              await scheduler.schedule(Promise.resolve(), `create ${number}`);
              if (uses[number - 1]?.createFails !== true) return number;
              living -= 1;
              throw new Error('refused');
            },
            async validate(number) {
              await scheduler.schedule(Promise.resolve(), `validate ${number}`);
              return uses[number - 1]?.valid !== false;
            },
            async destroy(number) {
              await scheduler.schedule(Promise.resolve(), `destroy ${number}`);
              living -= 1;
            },
          });
          const running = uses.map(async ({ cancel, discard }, index) => {
            const controller = new AbortController();
            await scheduler.schedule(Promise.resolve(), `begin ${index}`);
            if (cancel) {
              void scheduler
                .schedule(Promise.resolve(), `cancel ${index}`)
                .finally(() => controller.abort());
            }
            const lease = await pool.acquire(controller.signal);
            await scheduler.schedule(Promise.resolve(), `use ${index}`);
            if (discard) lease.discard();
            else lease.release();
          });

          await scheduler.waitFor(Promise.allSettled(running));
          await scheduler.waitIdle();
          expect(most).toBeLessThanOrEqual(max);
          expect(pool.stats()).toMatchObject({ leased: 0, waiting: 0, idle: living });

          await scheduler.waitFor(pool.close());
          expect(living).toBe(0);
        },
      ),
    );
  });
});
