import { Deadline, ManualClock } from '@linkspan/concurrency';
import { type AttemptBudget, RetrySchedule } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { get, refused, reset, status } from './retry-scene.ts';

const settings = {
  maxRetries: 3,
  baseDelayMs: 100,
  maxDelayMs: 300,
  backoffFactor: 2,
  maxRetryAfterMs: undefined,
  budget: undefined,
};
const never = Deadline.never(new ManualClock());
const schedule = new RetrySchedule(settings, () => 0.5);

describe('RetrySchedule', () => {
  it('gives the waits one after another, then that there are no more tries', () => {
    const error = new TypeError('of another library');
    const waits = [0, 1, 2, 3].map((retries) => schedule.next(error, retries, never, get));

    expect(waits).toEqual([50, 100, 150, 'retries']);
  });

  it('gives the wait that a failure asks for, where there is time for it', () => {
    const asks = status(429, { 'retry-after': '7' })();
    const soon = Deadline.after(7_000, new ManualClock());

    expect(schedule.next(asks, 0, never, get)).toBe(7_000);
    expect(schedule.next(asks, 0, soon, get)).toBe('wait');
    expect(String(asks)).toContain('; the peer asks to wait 7 s, and the call has 7 s left');
  });

  it('asks the budget for a try that can be had, and for no other', () => {
    let taken = 0;
    const budget: AttemptBudget = { take: () => (taken += 1) < 2 };
    const bounded = new RetrySchedule({ ...settings, budget }, () => 0.5);
    const error = new TypeError('of another library');
    const past = Deadline.after(0, new ManualClock());

    expect(bounded.next(error, 3, never, get)).toBe('retries');
    expect(bounded.next(error, 0, past, get)).toBe('wait');
    expect(taken).toBe(0);
    expect(bounded.next(error, 0, never, get)).toBe(50);
    expect(bounded.next(error, 0, never, get)).toBe('budget');
    expect(error.message).toBe('of another library');
  });

  it.each([
    ['a reset, of what may be repeated', reset, undefined, true, true],
    ['a reset, of what may not', reset, undefined, false, false],
    ['a reset that is chosen, of what may not', reset, true, false, false],
    ['what was never sent', refused, undefined, false, true],
    ['what was never sent, and is not chosen', refused, false, true, false],
    ['a status in the list', status(418), [418], true, true],
    ['a status that is not in the list', status(503), [418, 'network'], true, false],
    ['a kind in the list', refused, ['network'], false, true],
    ['what no other try cures', status(404), undefined, true, false],
  ] as const)('says of %s whether it is tried again', (_what, fail, chosen, mayRepeat, allowed) => {
    expect(schedule.allows(fail() as never, chosen, mayRepeat)).toBe(allowed);
  });
});
