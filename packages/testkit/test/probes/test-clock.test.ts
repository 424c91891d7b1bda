import { createClient, memoryTransport, readRetryAfterMs } from '@linkspan/core';
import { testClock } from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';

describe('testClock()', () => {
  it('runs every timer, and those they set, each at its own moment', async () => {
    const clock = testClock();
    const log: number[] = [];
    clock.setTimeout(() => {
      log.push(clock.now());
      void Promise.resolve().then(() => clock.setTimeout(() => log.push(clock.now()), 5));
    }, 10);
    clock.setTimeout(() => log.push(clock.now()), 12);

    await clock.runAll();

    expect(log).toEqual([10, 12, 15]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('counts the timers that waiting promise jobs are about to set', async () => {
    const clock = testClock();
    let fired = false;
    queueMicrotask(() => clock.setTimeout(() => (fired = true), 5));

    await clock.runAll();

    expect(fired).toBe(true);
  });

  it('says so when timers set one another for ever', async () => {
    const clock = testClock();
    const again = (): void => void clock.setTimeout(again, 1);
    again();

    await expect(clock.runAll()).rejects.toThrow(/10000 timers set one another/);
  });

  it('runs a call through its retries and their pauses', async () => {
    const clock = testClock();
    let tries = 0;
    const transport = memoryTransport(() => {
      tries += 1;
      return tries < 3 ? { status: 503, headers: { 'retry-after': '7' } } : { body: 'done' };
    });
    const client = createClient({ transport, clock, ownTransport: true });

    const response = await clock.runUntil(client.request({ operation: 'GET', target: '/' }));

    expect(await response.text()).toBe('done');
    expect(clock.now()).toBe(14_000);
    await client.close();
    expect(clock.dueTimes).toEqual([]);
  });

  it('gives what the promise rejects with, and leaves the timers that come later', async () => {
    const clock = testClock();
    clock.setTimeout(() => {}, 60_000);
    const failing = new Promise((_resolve, reject) => {
      clock.setTimeout(() => reject(new RangeError('failed')), 10);
    });

    await expect(clock.runUntil(failing)).rejects.toThrow(RangeError);
    expect(clock.dueTimes).toEqual([60_000]);
  });

  it('says so when a promise waits for something else', async () => {
    await expect(testClock().runUntil(new Promise(() => {}))).rejects.toThrow(
      /it waits, and no timer is left to fire/,
    );
  });

  it('has a wall time that moves with it, as servers write it', async () => {
    const clock = testClock({ startAt: new Date('2026-11-06T08:49:37Z') });
    await clock.advance(23_000);

    expect(clock.date().toISOString()).toBe('2026-11-06T08:50:00.000Z');
    expect(clock.httpDate()).toBe('Fri, 06 Nov 2026 08:50:00 GMT');
    const headers = { date: clock.httpDate(), 'retry-after': clock.httpDate(5_000) };
    expect(readRetryAfterMs(headers)).toBe(5_000);
  });

  it('names an option that is wrong', () => {
    expect(() => testClock({ startAt: new Date('never') })).toThrow(/startAt: .*a valid Date/);
  });
});
