import { ManualClock } from '@linkspan/concurrency';
import { ConfigurationError } from '@linkspan/core';
import * as fc from 'fast-check';
import { memoryStore, RetryBudget, type RetryBudgetOptions } from '@linkspan/resilience';
import { describe, expect, it } from 'vitest';

function scene(options: RetryBudgetOptions = {}) {
  const clock = new ManualClock();
  const budget = new RetryBudget({ store: memoryStore({ clock }), ...options });
  return {
    clock,
    budget,
    record: (times: number): void => {
      for (let time = 0; time < times; time += 1) budget.record();
    },
    /** How many can be taken now. */
    drain: (): number => {
      let taken = 0;
      while (taken < 100_000 && budget.take()) taken += 1;
      return taken;
    },
  };
}

describe('RetryBudget', () => {
  it('allows a tenth as many further attempts as there were calls in the last second', async () => {
    const { clock, record, drain } = scene();
    record(1000);

    expect(drain()).toBe(100);
    await clock.advance(500);
    record(500);
    expect(drain()).toBe(50);
    await clock.advance(500);
    // The thousand have left, and so have the hundred taken for them.
    expect(drain()).toBe(0);
  });

  it('allows three a second however few the calls are, thirty at once', async () => {
    const { clock, budget, drain } = scene();

    expect(drain()).toBe(30);
    await clock.advance(9_000);
    expect(budget.take()).toBe(false);
    await clock.advance(1_000);
    expect(drain()).toBe(30);
  });

  it('tells how many it has allowed and refused', () => {
    const { budget, drain } = scene({ minPerSecond: 1 });

    expect(drain()).toBe(10);
    expect(budget.take()).toBe(false);

    expect(budget).toMatchObject({ allowed: 10, refused: 2 });
  });

  it('does not add the one to the other', () => {
    const { record, drain } = scene();
    record(200);

    expect(drain()).toBe(30);
  });

  it('takes other shares, and none at all', () => {
    const none = scene({ ratio: 0, minPerSecond: 0 });
    none.record(1000);

    expect(none.drain()).toBe(0);
    const half = scene({ ratio: 0.5, minPerSecond: 0 });
    half.record(1000);
    expect(half.drain()).toBe(500);
  });

  it('shares the counts of a key with the others on its store', () => {
    const store = memoryStore({ clock: new ManualClock() });
    const [one, other, apart] = ['a', 'a', 'b'].map((key) => scene({ store, key }));

    expect(one!.drain()).toBe(30);
    expect(other!.budget.take()).toBe(false);
    expect(apart!.budget.take()).toBe(true);
  });

  it('never allows more over a stretch of time than its shares add up to', async () => {
    const step = fc.record({
      advanceMs: fc.integer({ min: 0, max: 400 }),
      calls: fc.integer({ min: 0, max: 200 }),
      tries: fc.integer({ min: 0, max: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, budget, record } = scene();
        let [calls, taken] = [0, 0];
        for (const { advanceMs, calls: more, tries } of steps) {
          await clock.advance(advanceMs);
          record(more);
          calls += more;
          for (let time = 0; time < tries; time += 1) if (budget.take()) taken += 1;
        }
        const stretches = Math.ceil((clock.now() + 1) / 10_000);
        expect(taken).toBeLessThanOrEqual(0.1 * calls + 30 * stretches);
      }),
    );
  });

  it('tells what is wrong with its options', () => {
    expect(() => new RetryBudget({ ratio: -1, store: {} as never })).toThrow(ConfigurationError);
    expect(() => new RetryBudget({ ratio: -1, store: {} as never })).toThrow(
      /new RetryBudget\(\): 2 problems\n {2}- ratio: .*\n {2}- store: expected a store/,
    );
  });
});
