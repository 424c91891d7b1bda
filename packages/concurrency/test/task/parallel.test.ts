import { getEventListeners } from 'node:events';
import { Deadline, Event, ManualClock, parallel, TaskGroupError } from '@linkspan/concurrency';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';
import { untilAborted } from '../until-aborted.ts';

async function* slowly<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) {
    await Promise.resolve();
    yield item;
  }
}

describe('parallel()', () => {
  it('R42 keeps the order of the items, whichever is done first', async () => {
    const clock = new ManualClock();
    const running = parallel([30, 10, 20], async (ms, _scope, index) => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
      return `${index}: ${ms}`;
    });

    await clock.advance(30);

    expect(await running).toEqual(['0: 30', '1: 10', '2: 20']);
  });

  it.each([
    ['an array', (items: number[]) => items],
    ['an iterable', (items: number[]) => new Set(items)],
    ['an async iterable', (items: number[]) => slowly(items)],
  ])('R42 works on no more items of %s at a time than it may', async (_, of) => {
    const items = Array.from({ length: 40 }, (__, index) => index);
    const clock = new ManualClock();
    let running = 0;
    let most = 0;

    const results = await parallel(
      of(items),
      async (item) => {
        running += 1;
        most = Math.max(most, running);
        await clock.advance(0);
        running -= 1;
        return item * 2;
      },
      { concurrency: 7 },
    );

    expect(results).toEqual(items.map((item) => item * 2));
    expect(most).toBe(7);
  });

  it('R42 works on 10 items at a time by default', async () => {
    let began = 0;
    const controller = new AbortController();
    const running = rejection(
      parallel(
        Array.from({ length: 50 }),
        (_, { signal }) => {
          began += 1;
          return untilAborted(signal);
        },
        { signal: controller.signal },
      ),
    );

    controller.abort('enough');

    expect([await running, began]).toEqual(['enough', 10]);
  });

  it('gives nothing for nothing', async () => {
    expect(await parallel([], () => 1)).toEqual([]);
    expect(await parallel(slowly([]), () => 1)).toEqual([]);
  });

  it('stops at the first failure: begins no more, and waits for what can be told to stop', async () => {
    const failure = new Error('broken');
    const began: number[] = [];
    let cleanedUp = 0;

    const running = parallel(
      [0, 1, 2, 3, 4],
      async (item, { signal }) => {
        began.push(item);
        if (item === 1) throw failure;
        await untilAborted(signal).finally(() => (cleanedUp += 1));
      },
      { concurrency: 3 },
    );

    await expect(running).rejects.toBe(failure);
    expect([began, cleanedUp]).toEqual([[0, 1, 2], 2]);
  });

  it('begins no more items after a failure when one goes on in spite of it', async () => {
    const began: number[] = [];

    const running = parallel(
      [0, 1, 2, 3],
      async (item, { signal }) => {
        began.push(item);
        if (item === 0) throw new Error('broken');
        await untilAborted(signal).catch(() => {});
        return 'done all the same';
      },
      { concurrency: 2 },
    );

    await expect(running).rejects.toThrow('broken');
    expect(began).toEqual([0, 1]);
  });

  it('reports several failures together', async () => {
    const error = await rejection(
      parallel([1, 2], async (item, { signal }) => {
        if (item === 2) throw new Error('first');
        await untilAborted(signal).catch(() => {});
        throw new Error('cleanup failed');
      }),
    );

    expect(error).toBeInstanceOf(TaskGroupError);
    expect((error as TaskGroupError).errors.map(String)).toEqual([
      'Error: first',
      'Error: cleanup failed',
    ]);
  });

  it('reports an error that several items fail with once, as itself', async () => {
    const shared = new Error('the disk is full');
    const fail = async (item: number, signal: AbortSignal): Promise<void> => {
      if (item === 1) await untilAborted(signal).catch(() => {});
      throw shared;
    };

    const list = parallel([1, 2], (item, { signal }) => fail(item, signal));
    const lazy = parallel(new Set([1, 2]), (item, { signal }) => fail(item, signal));

    expect(await rejection(list)).toBe(shared);
    expect(await rejection(lazy)).toBe(shared);
  });

  it('leaves behind at a failure what cannot be told to stop', async () => {
    const running = parallel([1, 2], (item) =>
      item === 1 ? new Promise<never>(() => {}) : Promise.reject(new Error('broken')),
    );

    await expect(running).rejects.toThrow('broken');
  });

  it("rejects with the caller's reason, unchanged, and leaves no listener", async () => {
    const controller = new AbortController();
    const running = parallel([1, 2, 3], () => new Promise<never>(() => {}), {
      signal: controller.signal,
      concurrency: 2,
    });

    controller.abort('enough');

    await expect(running).rejects.toBe('enough');
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('begins nothing for a caller who has given up before', async () => {
    let began = false;

    const running = parallel([1], () => (began = true), { signal: AbortSignal.abort('enough') });

    await expect(running).rejects.toBe('enough');
    expect(began).toBe(false);
  });

  it('gives up at its deadline', async () => {
    const clock = new ManualClock();
    const running = rejection(
      parallel([1], (_, { signal }) => untilAborted(signal), {
        deadline: Deadline.after(10, clock),
      }),
    );

    await clock.advance(10);

    expect(await running).toHaveProperty('name', 'TimeoutError');
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes items of an iterable only as there is room', async () => {
    const gate = new Event();
    let taken = 0;
    function* endless(): Generator<number> {
      for (;;) yield (taken += 1);
    }

    const running = rejection(
      parallel(
        endless(),
        async (item) => {
          await gate.wait();
          if (item === 3) throw new Error('broken');
        },
        { concurrency: 3 },
      ),
    );
    await new ManualClock().advance(0);
    expect(taken).toBe(3);

    gate.set();
    expect(await running).toHaveProperty('message', 'broken');
  });

  it.each([[0], [-1], [1.5], [Number.NaN]])('refuses a concurrency of %s', async (concurrency) => {
    await expect(parallel([1], () => 1, { concurrency })).rejects.toThrow(
      `expected a concurrency that is an integer >= 1 or Infinity, found ${concurrency}`,
    );
  });

  it('gives the results of any items in their order, in any schedule', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.integer(), { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom('array' as const, 'set' as const, 'async' as const),
        async (scheduler, items, concurrency, kind) => {
          const source = kind === 'array' ? items : kind === 'set' ? items.values() : slowly(items);
          const running = parallel(
            source,
            async (item) => await scheduler.schedule(Promise.resolve(item * 2)),
            { concurrency },
          );

          expect(await scheduler.waitFor(running)).toEqual(items.map((item) => item * 2));
        },
      ),
    );
  });
});
