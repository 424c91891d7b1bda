import { getEventListeners } from 'node:events';
import { Deadline, ManualClock, parallelStream } from '@linkspan/concurrency';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';
import { untilAborted } from '../until-aborted.ts';

/** Counts what is taken from it, and notes when it is closed. */
function source(length: number): {
  taken: number;
  closed: boolean;
  items: () => Generator<number>;
} {
  const state = {
    taken: 0,
    closed: false,
    *items(): Generator<number> {
      try {
        while (state.taken < length) yield (state.taken += 1);
      } finally {
        state.closed = true;
      }
    },
  };
  return state;
}

const afterMs = (clock: ManualClock) => async (ms: number) => {
  await new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
  return ms;
};

describe('parallelStream()', () => {
  it('gives results in the order of the items by default', async () => {
    const clock = new ManualClock();
    const reading = Array.fromAsync(parallelStream([30, 10, 20], afterMs(clock)));

    await clock.advance(30);

    expect(await reading).toEqual([30, 10, 20]);
  });

  it('gives results as they come when it is told to', async () => {
    const clock = new ManualClock();
    const reading = Array.fromAsync(
      parallelStream([30, 10, 20], afterMs(clock), { ordered: false }),
    );

    await clock.advance(30);

    expect(await reading).toEqual([10, 20, 30]);
  });

  it('takes nothing before the first read, and keeps ahead of the reader by a limit', async () => {
    const counted = source(100);
    const clock = new ManualClock();
    const stream = parallelStream(counted.items(), (item) => item, {
      concurrency: 3,
      readAhead: 2,
    });
    await clock.advance(0);
    expect(counted.taken).toBe(0);

    await stream.next();
    await clock.advance(0);
    // One was read; three could be running and two be ready.
    expect(counted.taken).toBe(6);

    await stream.next();
    await clock.advance(0);
    expect(counted.taken).toBe(7);
  });

  it('closes its source and stops what runs when the reader leaves the loop', async () => {
    const counted = source(100);
    let stopped = 0;

    for await (const item of parallelStream(
      counted.items(),
      async (one, { signal }) => {
        if (one > 1) await untilAborted(signal).finally(() => (stopped += 1));
        return one;
      },
      { concurrency: 3 },
    )) {
      expect(item).toBe(1);
      break;
    }

    expect([counted.closed, stopped]).toEqual([true, 3]);
  });

  it('ends when it is closed before it was read', async () => {
    const counted = source(3);
    const stream = parallelStream(counted.items(), (item) => item);

    await stream.return?.();

    expect(await stream.next()).toEqual({ value: undefined, done: true });
    expect(counted.taken).toBe(0);
  });

  it('fails fast: throws, closes its source, and ends', async () => {
    const counted = source(100);
    const stream = parallelStream(
      counted.items(),
      async (item, { signal }) => {
        if (item === 2) throw new Error('broken');
        return await untilAborted(signal);
      },
      { concurrency: 3 },
    );

    await expect(stream.next()).rejects.toThrow('broken');

    expect(counted.closed).toBe(true);
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  it('throws what its source throws', async () => {
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      await Promise.resolve();
      throw new Error('source broken');
    }

    const error = await rejection(Array.fromAsync(parallelStream(broken(), (item) => item)));

    expect(error).toHaveProperty('message', 'source broken');
  });

  it('throws what closing its source throws, together with the failure', async () => {
    function* broken(): Generator<number> {
      try {
        yield 1;
        yield 2;
      } finally {
        // oxlint-disable-next-line no-unsafe-finally -- this is the failure that must not be lost
        throw new Error('close broken');
      }
    }
    const stream = parallelStream(broken(), () => Promise.reject(new Error('broken')), {
      concurrency: 1,
    });

    const error = await rejection(stream.next());

    expect((error as AggregateError).errors.map(String)).toEqual([
      'Error: broken',
      'Error: close broken',
    ]);
  });

  it('asks its source for one item at a time', async () => {
    let pending = 0;
    let most = 0;
    let left = 5;
    const items: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        async next() {
          pending += 1;
          most = Math.max(most, pending);
          await Promise.resolve();
          pending -= 1;
          left -= 1;
          return left >= 0 ? { value: left, done: false } : { value: undefined, done: true };
        },
      }),
    };

    const results = await Array.fromAsync(parallelStream(items, (item) => item));

    expect([results, most]).toEqual([[4, 3, 2, 1, 0], 1]);
  });

  it("throws the caller's reason while a source hangs, and leaves no listener", async () => {
    const controller = new AbortController();
    async function* hanging(): AsyncGenerator<number> {
      await new Promise<never>(() => {});
      yield 1;
    }
    const stream = parallelStream(hanging(), (item) => item, { signal: controller.signal });
    const reading = stream.next();

    controller.abort('enough');

    await expect(reading).rejects.toBe('enough');
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('begins no item that arrives when the reader has left', async () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const begun: number[] = [];
    async function* items(): AsyncGenerator<number> {
      yield await promise;
    }
    const controller = new AbortController();
    const stream = parallelStream(items(), (item) => begun.push(item), {
      signal: controller.signal,
    });
    const reading = stream.next();
    controller.abort('enough');
    await expect(reading).rejects.toBe('enough');

    resolve(1);
    await new ManualClock().advance(0);

    expect(begun).toEqual([]);
  });

  it('gives up at its deadline', async () => {
    const clock = new ManualClock();
    const stream = parallelStream([1], () => new Promise<never>(() => {}), {
      deadline: Deadline.after(10, clock),
    });
    const reading = rejection(stream.next());

    await clock.advance(10);

    expect(await reading).toHaveProperty('name', 'TimeoutError');
  });

  it('answers several reads at once in their order', async () => {
    const stream = parallelStream([1, 2, 3], (item) => Promise.resolve(item));

    const results = await Promise.all([1, 2, 3, 4].map(() => stream.next()));

    expect(results.map(({ value }) => value)).toEqual([1, 2, 3, undefined]);
  });

  it.each([[-1], [0.5], [Number.NaN]])('refuses a readAhead of %s', (readAhead) => {
    expect(() => parallelStream([], () => 1, { readAhead })).toThrow(RangeError);
  });

  it('gives each result once, in any schedule', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.uniqueArray(fc.integer(), { maxLength: 12 }),
        fc.record({
          concurrency: fc.integer({ min: 1, max: 4 }),
          readAhead: fc.integer({ min: 0, max: 3 }),
          ordered: fc.boolean(),
        }),
        async (scheduler, items, options) => {
          const stream = parallelStream(
            items,
            async (item) => await scheduler.schedule(Promise.resolve(item)),
            options,
          );

          const results = await scheduler.waitFor(Array.fromAsync(stream));

          expect(options.ordered ? results : results.toSorted((a, b) => a - b)).toEqual(
            options.ordered ? items : items.toSorted((a, b) => a - b),
          );
        },
      ),
    );
  });
});
