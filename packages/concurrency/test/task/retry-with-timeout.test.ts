import { getEventListeners } from 'node:events';
import { Deadline, ManualClock, retryWithTimeout } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';
import { untilAborted } from '../until-aborted.ts';

/** Fails so many times, then succeeds; notes when it was called. */
function failingTimes(times: number, clock: ManualClock) {
  const calls: number[] = [];
  const fn = ({ attempt }: { readonly attempt: number }): string => {
    calls.push(clock.now());
    if (attempt <= times) throw new Error(`failure ${attempt}`);
    return `done at ${attempt}`;
  };
  return { calls, fn };
}

describe('retryWithTimeout()', () => {
  it('R43 tries until it succeeds, with pauses that double up to a limit', async () => {
    const clock = new ManualClock();
    const { calls, fn } = failingTimes(4, clock);
    const running = retryWithTimeout(fn, {
      maxRetries: 4,
      baseDelayMs: 100,
      maxDelayMs: 350,
      random: () => 1,
      clock,
    });

    await clock.advance(100 + 200 + 350 + 350);

    expect(await running).toBe('done at 5');
    expect(calls).toEqual([0, 100, 300, 650, 1_000]);
  });

  it('R43 tries three more times by default, and throws the last failure unchanged', async () => {
    const clock = new ManualClock();
    const { calls, fn } = failingTimes(9, clock);
    const failing = rejection(retryWithTimeout(fn, { clock }));

    await clock.advance(60_000);

    expect(await failing).toHaveProperty('message', 'failure 4');
    expect(calls).toHaveLength(4);
  });

  it('waits a random part of the longest pause', async () => {
    const clock = new ManualClock();
    const { calls, fn } = failingTimes(1, clock);
    const running = retryWithTimeout(fn, { baseDelayMs: 100, random: () => 0.25, clock });

    await clock.advance(25);

    await running;
    expect(calls).toEqual([0, 25]);
  });

  it('R43 gives each try its own time limit', async () => {
    const clock = new ManualClock();
    const attempts: number[] = [];
    const failing = rejection(
      retryWithTimeout(
        ({ attempt, signal }) => {
          attempts.push(attempt);
          return untilAborted(signal);
        },
        { maxRetries: 1, timeoutMs: 50, random: () => 0, clock },
      ),
    );

    await clock.advance(100);

    expect(await failing).toMatchObject({
      name: 'TimeoutError',
      message: 'Try 2 was not done within 50 ms',
    });
    expect([attempts, clock.pendingTimers]).toEqual([[1, 2], 0]);
  });

  it('R43 throws a failure at once that is not worth another try', async () => {
    const clock = new ManualClock();
    const { calls, fn } = failingTimes(9, clock);
    const seen: unknown[] = [];

    const failing = retryWithTimeout(fn, {
      clock,
      random: () => 0,
      retryIf(error, attempt) {
        seen.push([String(error), attempt]);
        return attempt < 2;
      },
    });
    const error = rejection(failing);
    await clock.advance(0);

    expect(await error).toHaveProperty('message', 'failure 2');
    expect(seen).toEqual([
      ['Error: failure 1', 1],
      ['Error: failure 2', 2],
    ]);
    expect(calls).toHaveLength(2);
  });

  it("rejects with the caller's reason during a try, and does not try again", async () => {
    const controller = new AbortController();
    let tries = 0;
    const running = retryWithTimeout(
      ({ signal }) => {
        tries += 1;
        return untilAborted(signal);
      },
      { signal: controller.signal },
    );

    controller.abort('enough');

    await expect(running).rejects.toBe('enough');
    expect(tries).toBe(1);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it("rejects with the caller's reason during a pause, and leaves no timer", async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const { fn } = failingTimes(9, clock);
    const running = rejection(
      retryWithTimeout(fn, { signal: controller.signal, random: () => 1, clock }),
    );
    await clock.advance(1);

    controller.abort('enough');

    expect(await running).toBe('enough');
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not begin a pause that would outlast the deadline', async () => {
    const clock = new ManualClock();
    const { calls, fn } = failingTimes(9, clock);
    const deadline = Deadline.after(250, clock);
    const running = rejection(
      retryWithTimeout(fn, { deadline, baseDelayMs: 100, random: () => 1, clock }),
    );

    await clock.advance(100);

    expect(await running).toHaveProperty('message', 'failure 2');
    expect(calls).toEqual([0, 100]);
  });

  it('ends a try at the deadline', async () => {
    const clock = new ManualClock();
    const running = rejection(
      retryWithTimeout(({ signal }) => untilAborted(signal), {
        deadline: Deadline.after(10, clock),
        clock,
      }),
    );

    await clock.advance(10);

    expect(await running).toMatchObject({
      name: 'TimeoutError',
      message: 'Try 1 was not done when the deadline passed',
    });
  });

  it('takes a timeoutMs of Infinity for no limit', async () => {
    const clock = new ManualClock();
    const running = retryWithTimeout(
      () => new Promise((resolve) => clock.setTimeout(() => resolve('late'), 1e9)),
      { timeoutMs: Infinity, clock },
    );

    await clock.advance(1e9);

    expect(await running).toBe('late');
  });

  it('refuses numbers that are out of range', async () => {
    await expect(retryWithTimeout(() => 1, { maxRetries: -1 })).rejects.toThrow(
      'Cannot retry: expected maxRetries to be a number >= 0, found -1',
    );
  });
});
