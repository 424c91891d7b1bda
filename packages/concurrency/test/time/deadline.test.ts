import { Deadline, ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';

describe('Deadline', () => {
  it('tells how much time is left on its clock', async () => {
    const clock = new ManualClock(1_000);
    const deadline = Deadline.after(100, clock);
    expect([deadline.at, deadline.remainingMs, deadline.expired]).toEqual([1_100, 100, false]);

    await clock.advance(100);
    expect([deadline.remainingMs, deadline.expired]).toEqual([0, true]);

    await clock.advance(100);
    expect(deadline.remainingMs).toBe(0);
  });

  it.each([[undefined], [Infinity]])('is unlimited after %s', (durationMs) => {
    const deadline = Deadline.after(durationMs, new ManualClock());

    expect([deadline.isUnlimited, deadline.remainingMs, deadline.expired]).toEqual([
      true,
      Infinity,
      false,
    ]);
  });

  it('is past after a negative duration', () => {
    expect(Deadline.after(-1, new ManualClock()).expired).toBe(true);
  });

  it('gives the earlier of two', () => {
    const clock = new ManualClock();
    const [early, late] = [Deadline.after(1, clock), Deadline.after(2, clock)];

    expect([early.min(late), late.min(early)]).toEqual([early, early]);
    expect(Deadline.unlimited.min(late)).toBe(late);
  });

  it('refuses what is not a number', () => {
    expect(() => Deadline.after(Number.NaN)).toThrow(
      'expected a number of milliseconds, found NaN',
    );
  });
});
