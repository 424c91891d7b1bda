import { describe, expect, it } from 'vitest';
import { ManualClock } from '@linkspan/concurrency';

describe('ManualClock', () => {
  it('stands still until it is advanced', async () => {
    const clock = new ManualClock(1_000);
    let fired = false;
    clock.setTimeout(() => (fired = true), 10);

    await clock.advance(9);
    expect([clock.now(), fired, clock.pendingTimers]).toEqual([1_009, false, 1]);

    await clock.advance(1);
    expect([clock.now(), fired, clock.pendingTimers]).toEqual([1_010, true, 0]);
  });

  it('fires timers in the order of their time, then of their making, each at its own moment', async () => {
    const clock = new ManualClock();
    const log: string[] = [];
    const note = (name: string) => () => log.push(`${name}@${clock.now()}`);
    clock.setTimeout(note('late'), 30);
    clock.setTimeout(note('early'), 10);
    clock.setTimeout(note('early too'), 10);

    await clock.advance(100);

    expect(log).toEqual(['early@10', 'early too@10', 'late@30']);
    expect(clock.now()).toBe(100);
  });

  it('tells when the timers that wait are due, the earliest first', async () => {
    const clock = new ManualClock(100);
    clock.setTimeout(() => {}, 30);
    const taken = clock.setTimeout(() => {}, 20);
    clock.setTimeout(() => {}, 10);
    clock.clearTimeout(taken);

    expect(clock.dueTimes).toEqual([110, 130]);
    await clock.advance(10);
    expect(clock.dueTimes).toEqual([130]);
  });

  it('lets promise jobs run between two timers, and counts the timers they set', async () => {
    const clock = new ManualClock();
    const log: string[] = [];
    clock.setTimeout(() => {
      void (async () => {
        await Promise.resolve();
        await Promise.resolve();
        clock.setTimeout(() => log.push(`set in a job@${clock.now()}`), 5);
      })();
    }, 10);
    clock.setTimeout(() => log.push(`second@${clock.now()}`), 20);

    await clock.advance(20);

    expect(log).toEqual(['set in a job@15', 'second@20']);
  });

  it('counts a timer that a waiting promise job is about to set', async () => {
    const clock = new ManualClock();
    let fired = false;
    queueMicrotask(() => clock.setTimeout(() => (fired = true), 5));

    await clock.advance(5);

    expect(fired).toBe(true);
  });

  it('takes a timer back, even between two that are due', async () => {
    const clock = new ManualClock();
    const log: string[] = [];
    const second = clock.setTimeout(() => log.push('second'), 10);
    clock.setTimeout(() => clock.clearTimeout(second), 5);

    await clock.advance(10);

    expect(log).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects with what a timer callback throws, and keeps the later timers', async () => {
    const clock = new ManualClock();
    const failure = new Error('broken timer');
    clock.setTimeout(() => {
      throw failure;
    }, 5);
    clock.setTimeout(() => {}, 10);

    await expect(clock.advance(20)).rejects.toBe(failure);

    expect([clock.now(), clock.pendingTimers]).toEqual([5, 1]);
  });

  it('refuses to go back', async () => {
    await expect(new ManualClock().advance(-1)).rejects.toThrow(RangeError);
  });
});
