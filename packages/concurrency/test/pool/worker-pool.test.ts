import { getEventListeners } from 'node:events';
import { Deadline, Event, ManualClock, TaskGroupError, WorkerPool } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';
import { untilAborted } from '../until-aborted.ts';

describe('WorkerPool', () => {
  it('R44 U7 starts its workers, and gives each submitter the result of its item', async () => {
    await using pool = new WorkerPool((item: number) => Promise.resolve(item * 2), { workers: 2 });

    expect(await Promise.all([1, 2, 3, 4].map((item) => pool.submit(item)))).toEqual([2, 4, 6, 8]);
    expect(pool.stats()).toEqual({ workers: 2, running: 0, queued: 0, waiting: 0 });
  });

  it('R44 works on as many items as it has workers, queues some, and makes the rest wait', async () => {
    const gate = new Event();
    const pool = new WorkerPool(() => gate.wait(), { workers: 2, maxQueue: 1 });
    const accepted: number[] = [];
    const pushes = [1, 2, 3, 4].map((item) => pool.push(item).then(() => accepted.push(item)));
    await new ManualClock().advance(0);

    expect(accepted).toEqual([1, 2, 3]);
    expect(pool.stats()).toEqual({ workers: 2, running: 2, queued: 1, waiting: 1 });

    gate.set();
    await Promise.all(pushes);
    await pool.stop();
    expect(accepted).toEqual([1, 2, 3, 4]);
  });

  it('R44 drains what it has accepted when it is stopped, and refuses the rest', async () => {
    const gate = new Event();
    const done: number[] = [];
    const pool = new WorkerPool(
      async (item: number) => {
        await gate.wait();
        done.push(item);
      },
      { workers: 1, maxQueue: 1 },
    );
    await pool.push(1);
    await pool.push(2);
    const waiting = rejection(pool.push(3));

    const stopping = pool.stop();
    expect(await waiting).toHaveProperty(
      'message',
      'Cannot work on the item: the worker pool was stopped',
    );
    await expect(pool.submit(4)).rejects.toHaveProperty('name', 'InvalidStateError');

    gate.set();
    await stopping;
    expect(done).toEqual([1, 2]);
  });

  it('R44 cancels what it works on and what is queued when it is aborted', async () => {
    let stopped = 0;
    const pool = new WorkerPool(
      (_: number, { signal }) => untilAborted(signal).finally(() => (stopped += 1)),
      { workers: 1 },
    );
    const results = [pool.submit(1), pool.submit(2)];
    await new ManualClock().advance(0);

    await pool.stop({ mode: 'abort', reason: 'enough' });

    for (const result of results) await expect(result).rejects.toBe('enough');
    expect(stopped).toBe(1);
  });

  it('may be aborted while it drains', async () => {
    const pool = new WorkerPool((_: number, { signal }) => untilAborted(signal));
    await pool.push(1);
    const draining = pool.stop();

    await pool.stop({ mode: 'abort' });

    await expect(draining).resolves.toBeUndefined();
  });

  it('U7 fails as a whole by default: aborts, refuses, and throws when it is stopped', async () => {
    const failure = new Error('broken');
    const pool = new WorkerPool(
      async (item: string, { signal }) => {
        if (item === 'bad') throw failure;
        await untilAborted(signal);
      },
      { workers: 2 },
    );
    const good = pool.submit('good');
    const queued = [pool.submit('bad'), pool.submit('queued')] as const;

    await expect(queued[0]).rejects.toBe(failure);
    await expect(good).rejects.toMatchObject({ name: 'AbortError', cause: failure });
    await expect(queued[1]).rejects.toMatchObject({ name: 'AbortError', cause: failure });
    await expect(pool.push('late')).rejects.toMatchObject({ name: 'AbortError' });
    await expect(pool.stop()).rejects.toBe(failure);
  });

  it('U7 collects failures when it is told to, goes on, and throws them together', async () => {
    const done: number[] = [];
    const pool = new WorkerPool(
      (item: number) => {
        if (item % 2 === 1) throw new Error(`broken ${item}`);
        done.push(item);
      },
      { errors: 'collect' },
    );
    for (const item of [1, 2, 3, 4]) await pool.push(item);

    const error = await rejection(pool.stop());

    expect(error).toBeInstanceOf(TaskGroupError);
    expect((error as TaskGroupError).errors.map(String)).toEqual([
      'Error: broken 1',
      'Error: broken 3',
    ]);
    expect(done).toEqual([2, 4]);
  });

  it('U7 hands failures with their items to a function, and goes on', async () => {
    const failures: unknown[] = [];
    const pool = new WorkerPool((item: string) => Promise.reject(new Error(`no ${item}`)), {
      errors: (error, item) => failures.push([item, String(error)]),
    });
    await pool.push('a');
    const submitted = rejection(pool.submit('b'));

    await pool.stop();

    expect(failures).toEqual([
      ['a', 'Error: no a'],
      ['b', 'Error: no b'],
    ]);
    expect(await submitted).toHaveProperty('message', 'no b');
  });

  it('tells a submitter who gives up at once, and keeps its worker until the work has stopped', async () => {
    const clock = new ManualClock();
    const gate = new Event();
    const pool = new WorkerPool(
      async (_: number, { signal }) => {
        await untilAborted(signal).catch(() => {});
        await gate.wait();
      },
      { workers: 1, maxQueue: 0 },
    );
    const controller = new AbortController();
    const result = pool.submit(1, controller.signal);
    const next = pool.push(2);
    await clock.advance(0);

    controller.abort('enough');
    await expect(result).rejects.toBe('enough');
    await clock.advance(0);
    expect(pool.stats()).toMatchObject({ running: 1, waiting: 1 });

    gate.set();
    await next;
    await pool.stop({ mode: 'abort' });
    expect(pool.stats().running).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('forgets a queued item whose submitter gives up, and frees its place', async () => {
    const gate = new Event();
    const done: number[] = [];
    const pool = new WorkerPool(
      async (item: number) => {
        await gate.wait();
        done.push(item);
      },
      { workers: 1, maxQueue: 1 },
    );
    await pool.push(1);
    const clock = new ManualClock();
    const late = rejection(pool.submit(2, { deadline: Deadline.after(10, clock) }));
    const next = pool.push(3);
    await clock.advance(10);

    expect(await late).toHaveProperty('name', 'TimeoutError');
    await next;
    gate.set();
    await pool.stop();

    expect(done).toEqual([1, 3]);
  });

  it('is aborted by its signal', async () => {
    const controller = new AbortController();
    const pool = new WorkerPool((_: number, { signal }) => untilAborted(signal), {
      signal: controller.signal,
    });
    const result = pool.submit(1);
    await new ManualClock().advance(0);

    controller.abort('enough');

    await expect(result).rejects.toBe('enough');
    await expect(pool.stop()).rejects.toBe('enough');
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('accepts nothing when its signal has aborted before', async () => {
    const pool = new WorkerPool(() => 1, { signal: AbortSignal.abort('enough') });

    await expect(pool.submit(1)).rejects.toBe('enough');
    await pool.stop();
  });

  it('rejects nothing unhandled for a submitter who does not look', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    const pool = new WorkerPool(() => Promise.reject(new Error('broken')));
    void pool.submit(1);
    await new ManualClock().advance(0);

    await expect(pool.stop()).rejects.toThrow('broken');

    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  it.each([
    [{ workers: 0 }, 'workers to be an integer >= 1, found 0'],
    [{ maxQueue: -1 }, 'maxQueue to be an integer >= 0, found -1'],
  ])('refuses %o', (options, message) => {
    expect(() => new WorkerPool(() => {}, options)).toThrow(message);
  });
});
