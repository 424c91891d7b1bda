import { Deadline, ManualClock, shield, taskGroup } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';
import { untilAborted } from '../until-aborted.ts';

describe('shield()', () => {
  it('R34 lets work finish in a task that is cancelled, and keeps the group until then', async () => {
    const clock = new ManualClock();
    const log: string[] = [];
    const group = taskGroup(async (tasks) => {
      tasks.spawn(async ({ signal }) => {
        try {
          await untilAborted(signal);
        } finally {
          await shield(async (scope) => {
            await new Promise<void>((resolve) => clock.setTimeout(resolve, 10));
            log.push(scope.aborted ? 'interrupted' : 'rolled back');
          });
        }
      });
      await Promise.resolve();
      tasks.cancel();
    });
    void group.then(() => log.push('group ended'));

    await clock.advance(10);

    expect(log).toEqual(['rolled back', 'group ended']);
  });

  it('gives the value, and throws the failure, of its function', async () => {
    expect(await shield(() => 5)).toBe(5);
    await expect(shield(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('gives the work up at its own deadline', async () => {
    const clock = new ManualClock();
    const error = rejection(
      shield(({ signal }) => untilAborted(signal), { deadline: Deadline.after(10, clock) }),
    );

    await clock.advance(10);

    expect(await error).toHaveProperty('name', 'TimeoutError');
  });
});
