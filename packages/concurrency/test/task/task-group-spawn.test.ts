import { Event, type TaskGroup, taskGroup } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { untilAborted } from '../until-aborted.ts';

const failing = (error: unknown) => () => Promise.reject(error);

describe('group.spawn()', () => {
  it('R28 gives a task with a name, a state and an awaitable value', async () => {
    await taskGroup(async (group) => {
      const task = group.spawn(() => Promise.resolve(7), { name: 'seven' });
      expect([task.name, task.state]).toEqual(['seven', 'running']);

      expect(await task).toBe(7);
      expect(task.state).toBe('done');
    });
  });

  it('names a task after its function', async () => {
    await taskGroup((group) => {
      expect(group.spawn(function refresh() {}).name).toBe('refresh');
    });
  });

  it('takes a function that throws at once for a task that failed', async () => {
    const running = taskGroup((group) => {
      group.spawn(() => {
        throw new Error('at once');
      });
    });

    await expect(running).rejects.toThrow('at once');
  });

  it('lets a task spawn others, also while the group is ending', async () => {
    const log: string[] = [];

    await taskGroup((group) => {
      group.spawn(async () => {
        await Promise.resolve();
        group.spawn(async () => {
          await Promise.resolve();
          log.push('grandchild');
        });
      });
    });

    expect(log).toEqual(['grandchild']);
  });

  it('cancels one task and leaves the others', async () => {
    const reason = new Error('not needed');

    await taskGroup(async (group) => {
      const one = group.spawn(({ signal }) => untilAborted(signal));
      const other = group.spawn(() => Promise.resolve('other'));
      one.cancel(reason);

      await expect(one).rejects.toBe(reason);
      expect([one.state, await other]).toEqual(['cancelled', 'other']);
    });
  });

  it('hands a task a signal that is aborted when it was cancelled before it asked', async () => {
    await taskGroup(async (group) => {
      const gate = new Event();
      const task = group.spawn(async (context) => {
        await gate.wait();
        await untilAborted(context.signal);
      });
      task.cancel('before the first look');
      gate.set();

      await expect(task).rejects.toBe('before the first look');
    });
  });

  it('does not begin a task in a group that is cancelled', async () => {
    let began = false;

    await taskGroup(async (group) => {
      group.cancel('enough');
      const task = group.spawn(() => (began = true));

      expect(task.state).toBe('cancelled');
      await expect(task).rejects.toBe('enough');
    });

    expect(began).toBe(false);
  });

  it('lets a host that is cancelled while it spawns go on, and begins no more tasks', async () => {
    const began: number[] = [];
    const failure = new Error('broken');

    const running = taskGroup((group) => {
      for (let index = 0; index < 5; index += 1) {
        group.spawn(() => {
          began.push(index);
          if (index === 2) throw failure;
        });
      }
    });

    await expect(running).rejects.toBe(failure);
    expect(began).toEqual([0, 1, 2]);
  });

  it('refuses a task when the group has ended', async () => {
    let used: TaskGroup | undefined;
    await taskGroup((group) => (used = group));

    expect(() => used?.spawn(() => {})).toThrow('Cannot begin a task: the task group has ended');
    await expect(used?.start(() => {})).rejects.toThrow('the task group has ended');
  });

  it('refuses a task from the moment that the last one has ended', async () => {
    const group = taskGroup();
    const last = group.spawn(() => Promise.resolve());
    const ending = group[Symbol.asyncDispose]();

    await last.then(() => {
      expect(() => group.spawn(() => {})).toThrow('the task group has ended');
    });

    await ending;
  });

  it('ends twice in the same way', async () => {
    const group = taskGroup();
    group.spawn(failing(new Error('broken')));

    await expect(group[Symbol.asyncDispose]()).rejects.toThrow('broken');
    await expect(group[Symbol.asyncDispose]()).rejects.toThrow('broken');
  });
});
