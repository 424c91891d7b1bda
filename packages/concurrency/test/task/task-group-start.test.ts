import { getEventListeners } from 'node:events';
import { Deadline, Event, ManualClock, taskGroup } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { untilAborted } from '../until-aborted.ts';

const failing = (error: unknown) => () => Promise.reject(error);

describe('group.start()', () => {
  it('R29 waits until the task says that it has started, and lets it go on', async () => {
    const gate = new Event();
    const log: string[] = [];

    await taskGroup(async (group) => {
      const port = await group.start<number>(async ({ started }) => {
        await Promise.resolve();
        started(8080);
        await gate.wait();
        log.push('served');
      });
      log.push(`port ${port}`);
      gate.set();
    });

    expect(log).toEqual(['port 8080', 'served']);
  });

  it('rejects when the task ends without having started', async () => {
    const running = taskGroup((group) => group.start(() => {}, { name: 'server' }));

    await expect(running).rejects.toThrow(
      'Cannot start server: it ended without calling started()',
    );
  });

  it('rejects with a failure before the start, which is not the failure of the group', async () => {
    await taskGroup(async (group) => {
      await expect(group.start(failing(new Error('port in use')))).rejects.toThrow('port in use');
      expect(group.signal.aborted).toBe(false);
    });
  });

  it('leaves a failure after the start to the group', async () => {
    const running = taskGroup(async (group) => {
      await group.start(async ({ started }) => {
        started(undefined);
        await Promise.resolve();
        throw new Error('broken later');
      });
      await untilAborted(group.signal);
    });

    await expect(running).rejects.toThrow('broken later');
  });

  it('rejects with the reason when the group is cancelled before the task has started', async () => {
    const running = taskGroup(async (group) => {
      const starting = group.start(({ signal }) => untilAborted(signal));
      group.cancel('enough');
      await starting;
    });

    await expect(running).rejects.toBe('enough');
  });

  it('cancels the task and waits for its cleanup when the caller stops waiting', async () => {
    const controller = new AbortController();
    let cleanedUp = false;

    await taskGroup(async (group) => {
      const starting = group.start(
        async ({ signal }) => {
          await untilAborted(signal).finally(() => (cleanedUp = true));
        },
        { signal: controller.signal },
      );
      controller.abort('enough');

      await expect(starting).rejects.toBe('enough');
      expect([cleanedUp, group.signal.aborted]).toEqual([true, false]);
    });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('gives up at the deadline, also on a task that says too late that it has started', async () => {
    const clock = new ManualClock();
    const running = taskGroup(async (group) => {
      const starting = group.start<string>(
        async ({ started }) => {
          await new Promise<void>((resolve) => clock.setTimeout(resolve, 50));
          started('too late');
        },
        { deadline: Deadline.after(20, clock) },
      );
      await expect(starting).rejects.toHaveProperty('name', 'TimeoutError');
    });

    await clock.advance(50);
    await running;
  });
});
