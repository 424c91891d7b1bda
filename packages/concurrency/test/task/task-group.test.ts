import { getEventListeners } from 'node:events';
import {
  Deadline,
  Event,
  ManualClock,
  type Task,
  TaskGroupError,
  taskGroup,
} from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';
import { untilAborted } from '../until-aborted.ts';

const failing = (error: unknown) => () => Promise.reject(error);

describe('taskGroup()', () => {
  it('R27 waits at the end of the block for all its tasks', async () => {
    const ended: string[] = [];
    {
      await using group = taskGroup();
      for (const name of ['a', 'b']) {
        group.spawn(async () => {
          await Promise.resolve();
          ended.push(name);
        });
      }
      expect([ended, group.size]).toEqual([[], 2]);
    }
    expect(ended).toEqual(['a', 'b']);
  });

  it('gives the value of its body when the tasks have ended', async () => {
    let ended = false;

    const value = await taskGroup((group) => {
      group.spawn(async () => {
        await Promise.resolve();
        ended = true;
      });
      return 'value';
    });

    expect([value, ended]).toEqual(['value', true]);
  });

  it('R30 cancels the siblings at the first failure, and rejects with that failure', async () => {
    const failure = new Error('broken');
    const tasks: Task<unknown>[] = [];

    const running = taskGroup((group) => {
      tasks.push(group.spawn(({ signal }) => untilAborted(signal)));
      tasks.push(group.spawn(failing(failure)));
      tasks.push(group.spawn(({ signal }) => untilAborted(signal)));
    });

    await expect(running).rejects.toBe(failure);
    expect(tasks.map(({ state }) => state)).toEqual(['cancelled', 'failed', 'cancelled']);
  });

  it('tells the siblings why they are cancelled', async () => {
    const failure = new Error('broken');
    let reason: unknown;

    await taskGroup((group) => {
      group.spawn(({ signal }) => untilAborted(signal).catch((error: unknown) => (reason = error)));
      group.spawn(failing(failure));
    }).catch(() => {});

    expect(reason).toMatchObject({ name: 'AbortError', cause: failure });
  });

  it('R30 reports several failures together, in the order they happened', async () => {
    const error = await taskGroup((group) => {
      group.spawn(failing(new Error('first')));
      group.spawn(async ({ signal }) => {
        await untilAborted(signal).catch(() => {});
        throw new Error('cleanup failed');
      });
    }).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(TaskGroupError);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as TaskGroupError).errors.map(String)).toEqual([
      'Error: first',
      'Error: cleanup failed',
    ]);
    expect((error as TaskGroupError).message).toBe(
      '2 tasks failed: Error: first; Error: cleanup failed',
    );
  });

  it('cancels the tasks when the body fails', async () => {
    const failure = new Error('body broken');
    const tasks: Task<unknown>[] = [];

    const running = taskGroup((group) => {
      tasks.push(group.spawn(({ signal }) => untilAborted(signal)));
      throw failure;
    });

    await expect(running).rejects.toBe(failure);
    expect(tasks[0]?.state).toBe('cancelled');
  });

  it('cancels the body when a task fails', async () => {
    const failure = new Error('broken');

    const running = taskGroup(async (group) => {
      group.spawn(failing(failure));
      await untilAborted(group.signal);
    });

    await expect(running).rejects.toBe(failure);
  });

  it('counts a failure once when the body or a sibling awaits the task that fails', async () => {
    const failure = new Error('broken');

    const running = taskGroup(async (group) => {
      const task = group.spawn(failing(failure));
      group.spawn(async () => await task);
      await task;
    });

    await expect(running).rejects.toBe(failure);
  });

  it('keeps a failure that happens in the same tick as the cancellation', async () => {
    const { promise, reject } = Promise.withResolvers<never>();

    const running = taskGroup((group) => {
      group.spawn(() => promise);
      reject(new Error('broken'));
      group.cancel();
    });

    await expect(running).rejects.toThrow('broken');
  });

  it('ends quietly when it is cancelled, and gives what the body returned', async () => {
    const tasks: Task<unknown>[] = [];

    const value = await taskGroup((group) => {
      tasks.push(group.spawn(({ signal }) => untilAborted(signal)));
      group.cancel();
      return 'value';
    });

    expect([value, tasks[0]?.state]).toEqual(['value', 'cancelled']);
  });

  it('ends the block quietly when it is cancelled', async () => {
    let task: Task<unknown>;
    {
      await using group = taskGroup();
      task = group.spawn(({ signal }) => untilAborted(signal));
      group.cancel();
    }
    expect(task.state).toBe('cancelled');
  });

  it('rejects with the reason of cancel() when that stopped the body', async () => {
    const running = taskGroup(async (group) => {
      group.cancel('enough');
      await untilAborted(group.signal);
    });

    await expect(running).rejects.toBe('enough');
  });

  it("rejects with the caller's reason, unchanged, and leaves no listener", async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const running = taskGroup(
      (group) => {
        group.spawn(({ signal }) => untilAborted(signal));
      },
      { signal: controller.signal },
    );

    controller.abort(reason);

    await expect(running).rejects.toBe(reason);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('does not begin the body when the caller has given up before', async () => {
    let began = false;

    const running = taskGroup(() => (began = true), { signal: AbortSignal.abort('enough') });

    await expect(running).rejects.toBe('enough');
    expect(began).toBe(false);
  });

  it('keeps the value when everything was done in spite of the abort', async () => {
    const controller = new AbortController();

    const value = await taskGroup(async () => {
      controller.abort();
      return await Promise.resolve('done');
    }, controller.signal);

    expect(value).toBe('done');
  });

  it('is cancelled by its deadline', async () => {
    const clock = new ManualClock();
    const error = rejection(
      taskGroup(
        (group) => {
          group.spawn(({ signal }) => untilAborted(signal));
        },
        { deadline: Deadline.after(20, clock) },
      ),
    );

    await clock.advance(20);

    expect(await error).toHaveProperty('name', 'TimeoutError');
    expect(clock.pendingTimers).toBe(0);
  });

  it('cancels an inner group with its host', async () => {
    const states: string[] = [];

    await taskGroup(async (outer) => {
      outer.spawn(async ({ signal }) => {
        const inner = taskGroup(
          (group) => {
            group.spawn(async (context) => {
              await untilAborted(context.signal).catch(() => states.push('inner task'));
            });
          },
          { signal },
        );
        await inner.finally(() => states.push('inner group'));
      });
      await Promise.resolve();
      outer.cancel();
    });

    expect(states).toEqual(['inner task', 'inner group']);
  });

  it('E26 owns a stream that a task reads: it is closed with its owner', async () => {
    let closed = false;
    async function* stream(signal: AbortSignal): AsyncGenerator<number> {
      try {
        yield 1;
        await untilAborted(signal);
      } finally {
        closed = true;
      }
    }

    await taskGroup(async (group) => {
      const read = new Event();
      group.spawn(async ({ signal }) => {
        for await (const _ of stream(signal)) read.set();
      });
      await read.wait();
      group.cancel();
    });

    expect(closed).toBe(true);
  });

  it('rejects nothing unhandled when nobody awaits a task that fails', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);

    await taskGroup((group) => {
      group.spawn(failing(new Error('broken')));
    }).catch(() => {});
    await new ManualClock().advance(0);

    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});
