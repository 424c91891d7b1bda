import { getEventListeners } from 'node:events';
import {
  Deadline,
  Event,
  ManualClock,
  type Task,
  type TaskGroup,
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

  it('ends twice in the same way', async () => {
    const group = taskGroup();
    group.spawn(failing(new Error('broken')));

    await expect(group[Symbol.asyncDispose]()).rejects.toThrow('broken');
    await expect(group[Symbol.asyncDispose]()).rejects.toThrow('broken');
  });
});

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
