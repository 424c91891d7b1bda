import { ManualClock } from '@linkspan/concurrency';
import * as fc from 'fast-check';
import { memoryStore } from '@linkspan/resilience';
import { describe, expect, it, vi } from 'vitest';

const step = fc.record({
  advanceMs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 5000 })),
  first: fc.integer({ min: 0, max: 5 }),
  second: fc.integer({ min: 0, max: 5 }),
});

describe('memoryStore()', () => {
  it('counts what was added within the window, to the slot', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = new ManualClock(7);
        const tally = memoryStore({ clock }).tally('a', { windowMs: 1000, slots: 10 });
        const added: { slot: number; first: number; second: number }[] = [];
        for (const { advanceMs, first, second } of steps) {
          await clock.advance(advanceMs);
          const slot = Math.floor(clock.now() / 100);
          tally.add(first, second);
          added.push({ slot, first, second });
          const inside = added.filter((each) => each.slot > slot - 10);
          const sum = (name: 'first' | 'second') =>
            inside.reduce((total, each) => total + each[name], 0);
          expect([tally.first, tally.second]).toEqual([sum('first'), sum('second')]);
        }
      }),
    );
  });

  it('forgets while nothing is added', async () => {
    const clock = new ManualClock();
    const tally = memoryStore({ clock }).tally('a', { windowMs: 1000, slots: 10 });
    tally.add(2, 1);
    expect(tally.first).toBe(2);

    await clock.advance(999);
    expect(tally.first).toBe(2);
    await clock.advance(1);
    expect([tally.first, tally.second]).toEqual([0, 0]);
  });

  it('looks at the clock with every sixteenth addition, or when it is asked', async () => {
    const clock = new ManualClock();
    const looks = vi.spyOn(clock, 'now');
    const tally = memoryStore({ clock }).tally('a', { windowMs: 1000, slots: 10 });
    looks.mockClear();
    for (let time = 0; time < 15; time += 1) tally.add(1, 0);
    expect(looks).not.toHaveBeenCalled();

    await clock.advance(5000);
    // What has waited counts from now on: at most fifteen additions, and none is lost.
    expect(tally.first).toBe(15);
    for (let time = 0; time < 32; time += 1) tally.add(1, 0);
    await clock.advance(1000);
    expect(tally.first).toBe(0);
  });

  it('gives the same counts for the same key and shape', () => {
    const store = memoryStore();
    const shape = { windowMs: 1000, slots: 10 };
    store.tally('a', shape).add(1, 1);

    expect(store.tally('a', shape).first).toBe(1);
    expect(store.tally('b', shape).first).toBe(0);
    expect(store.tally('a', { ...shape, windowMs: 2000 }).first).toBe(0);
  });

  it('remembers ten thousand keys, and no more', () => {
    const store = memoryStore();
    const shape = { windowMs: 1000, slots: 1 };
    for (let key = 0; key <= 10_000; key += 1) store.tally(String(key), shape).add(1, 0);

    expect(store.tally('10000', shape).first).toBe(1);
    expect(store.tally('0', shape).first).toBe(0);
  });

  it('goes on with a clock that goes back', () => {
    let now = 10_000;
    const clock = { ...new ManualClock(), now: () => now };
    const tally = memoryStore({ clock: clock as unknown as ManualClock }).tally('a', {
      windowMs: 1000,
      slots: 10,
    });
    tally.add(1, 0);
    now = 5000;
    tally.add(1, 0);

    expect(tally.first).toBe(2);
    now = 10_999;
    expect(tally.first).toBe(2);
    now = 11_000;
    expect(tally.first).toBe(0);
  });
});
