import { ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { OpenCalls } from '@linkspan/core';

describe('OpenCalls', () => {
  it('is drained at once when nothing is open', async () => {
    const clock = new ManualClock();
    await new OpenCalls().drained(1_000, clock);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is drained when the last call leaves, and leaves no timer', async () => {
    const clock = new ManualClock();
    const calls = new OpenCalls<string>();
    calls.add('a');
    calls.add('b');
    const waits = [calls.drained(1_000, clock), calls.drained(Infinity, clock)];

    calls.delete('a');
    calls.delete('a');
    expect(clock.pendingTimers).toBe(1);
    calls.delete('b');

    await Promise.all(waits);
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits no longer than the limit; the calls are still there', async () => {
    const clock = new ManualClock();
    const calls = new OpenCalls<string>();
    calls.add('a');
    const wait = calls.drained(1_000, clock);
    await clock.advance(1_000);

    await wait;
    expect([...calls]).toEqual(['a']);
    expect(calls.size).toBe(1);
  });
});
