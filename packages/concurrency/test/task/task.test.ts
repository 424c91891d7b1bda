import { taskGroup } from '@linkspan/concurrency';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { untilAborted } from '../until-aborted.ts';

describe('Task', () => {
  it('can be awaited many times, before and after its end', async () => {
    await taskGroup(async (group) => {
      const task = group.spawn(() => Promise.resolve('value'));

      expect(await Promise.all([task, task])).toEqual(['value', 'value']);
      expect(await task).toBe('value');
    });
  });

  it('rejects for those who await it as often as they do', async () => {
    await taskGroup(async (group) => {
      const task = group.spawn(({ signal }) => untilAborted(signal));
      task.cancel('enough');

      await expect(task).rejects.toBe('enough');
      await expect(task).rejects.toBe('enough');
    });
  });

  it('is not changed by a cancellation after its end', async () => {
    await taskGroup(async (group) => {
      const task = group.spawn(() => 'value');
      await task;

      task.cancel();

      expect([task.state, await task]).toEqual(['done', 'value']);
    });
  });

  it('has a signal that does not abort any more when it has ended', async () => {
    await taskGroup(async (group) => {
      const signal = await group.spawn((context) => context.signal);

      group.cancel();

      expect(signal.aborted).toBe(false);
    });
  });

  it('takes what a thenable of another library gives', async () => {
    await taskGroup(async (group) => {
      const foreign: unknown = {
        // oxlint-disable-next-line unicorn/no-thenable -- what other promise libraries return
        then: (resolve: (value: string) => void) => resolve('foreign'),
      };
      const task = group.spawn(() => foreign);

      expect(await task).toBe('foreign');
    });
  });

  it('ends in exactly one state, and its group with exactly its failures, in any schedule', async () => {
    const plan = fc.record({
      end: fc.constantFrom('value' as const, 'failure' as const, 'wait' as const),
      cancel: fc.boolean(),
      spawnsAnother: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(plan, { maxLength: 6 }),
        fc.boolean(),
        async (scheduler, plans, cancelGroup) => {
          const failures: unknown[] = [];
          let running = 0;
          const failed = await scheduler
            .waitFor(
              taskGroup(async (group) => {
                const work = (index: number) => async (context: { signal: AbortSignal }) => {
                  const { end } = plans[index] as (typeof plans)[number];
                  running += 1;
                  try {
                    await scheduler.schedule(Promise.resolve(), `work ${index}`);
                    if (end === 'wait') await untilAborted(context.signal);
                    if (end === 'failure') {
                      const failure = new Error(`failure of ${index}`);
                      failures.push(failure);
                      throw failure;
                    }
                  } finally {
                    running -= 1;
                  }
                };
                for (const [index, { cancel, spawnsAnother }] of plans.entries()) {
                  const task = group.spawn(work(index));
                  if (cancel) {
                    void scheduler
                      .schedule(Promise.resolve(), `cancel ${index}`)
                      .finally(() => task.cancel());
                  }
                  if (spawnsAnother) group.spawn(() => void group.spawn(work(index)));
                  await scheduler.schedule(Promise.resolve(), `host ${index}`);
                }
                if (cancelGroup || plans.some(({ end }) => end === 'wait')) group.cancel();
              }),
            )
            .then(
              () => [],
              (error: unknown) => (error instanceof AggregateError ? error.errors : [error]),
            );

          expect(running).toBe(0);
          expect(failed).toEqual(failures);
        },
      ),
    );
  });
});
