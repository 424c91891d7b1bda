import { getEventListeners } from 'node:events';
import { type Clock, Deadline, ManualClock } from '@linkspan/concurrency';
import { ConnectionRefusedError, TimeoutError } from '@linkspan/core';
import { RetryHandler, type RetryTry } from '@linkspan/resilience';
import { describe, expect, it, vi } from 'vitest';
import { refused, scene } from './retry-handler-scene.ts';

describe('the limits of RetryHandler.run()', () => {
  it('fails with TimeoutError at the deadline, also when the function does not heed it', async () => {
    const clock = new ManualClock();
    const seen: RetryTry[] = [];
    const handler = new RetryHandler({ clock, random: () => 0 });
    const failed = handler
      .run(
        (limits) => {
          seen.push(limits);
          if (seen.length === 1) throw refused();
          return new Promise(() => {});
        },
        { totalMs: 1_000 },
      )
      .catch((error: unknown) => error);
    await clock.advance(999);
    expect(seen[1]?.signal.aborted).toBe(false);
    expect(seen[1]?.deadline.remainingMs).toBe(1);

    await clock.advance(1);
    const failure = await failed;
    expect(failure).toBeInstanceOf(TimeoutError);
    expect(failure).toMatchObject({ clock: 'totalMs', limitMs: 1_000, attempts: 2 });
    expect(seen[1]?.signal.reason).toBe(failure);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not run the function again when its wait ends behind the deadline', async () => {
    const time = new ManualClock();
    let lateMs = 0;
    const clock: Clock = {
      now: () => time.now() + lateMs,
      setTimeout: (callback, delayMs) => time.setTimeout(callback, delayMs),
      clearTimeout: (handle) => time.clearTimeout(handle),
    };
    const { settled, tries } = scene({ fails: [refused], clock, run: { totalMs: 1_000 } });
    await time.advance(499);
    lateMs = 1_000;
    await time.advance(1);

    expect(await settled).toBeInstanceOf(ConnectionRefusedError);
    expect(tries.length).toBe(1);
    expect(time.pendingTimers).toBe(0);
  });

  it('takes the earlier of two limits, and the clock of the deadline', async () => {
    const clock = new ManualClock(5_000);
    const handler = new RetryHandler();
    const deadlines: number[] = [];
    const note = ({ deadline }: RetryTry): number => deadlines.push(deadline.at);

    await handler.run(note, { deadline: Deadline.after(100, clock) });
    await handler.run(note, { deadline: Deadline.after(100, clock), totalMs: 50 });
    await handler.run(note, { deadline: Deadline.after(100, clock), totalMs: 500 });
    expect(deadlines).toEqual([5_100, 5_050, 5_100]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not run the function when the signal has aborted or the deadline has passed', async () => {
    const fn = vi.fn<() => void>();
    const budget = { record: vi.fn<() => void>(), take: () => true };
    const handler = new RetryHandler({ budget });
    const reason = { my: 'reason' };

    await expect(handler.run(fn, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(handler.run(fn, { totalMs: 0 })).rejects.toBeInstanceOf(TimeoutError);
    expect(fn).not.toHaveBeenCalled();
    expect(budget.record).not.toHaveBeenCalled();
  });

  it('fails with signal.reason itself when the caller aborts during a wait', async () => {
    const { signal, abort } = controlled();
    const { clock, settled, tries } = scene({ fails: [refused], run: { signal } });
    await clock.advance(1);
    const reason = { my: 'reason' };

    abort(reason);

    expect(await settled).toBe(reason);
    await clock.advance(60_000);
    expect(tries.length).toBe(1);
    expect(clock.pendingTimers).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('fails with signal.reason itself when the caller aborts during a try', async () => {
    const { signal, abort } = controlled();
    const clock = new ManualClock();
    const onRetry = vi.fn<() => void>();
    const handler = new RetryHandler({ clock, isRetryable: () => true, onRetry });
    let told: unknown;
    const heeding = handler.run(
      (limits) =>
        new Promise((_resolve, reject) => {
          limits.signal.addEventListener('abort', () => {
            told = limits.signal.reason;
            reject(new DOMException('This operation was aborted', 'AbortError'));
          });
        }),
      { signal },
    );
    const deaf = handler.run(() => new Promise(() => {}), { signal, totalMs: 1_000 });
    const reason = new ConnectionRefusedError('Cannot connect');

    abort(reason);

    await expect(heeding).rejects.toBe(reason);
    await expect(deaf).rejects.toBe(reason);
    expect(told).toBe(reason);
    // It is no failure of a try, though it looks like one.
    expect(onRetry).not.toHaveBeenCalled();
    expect(reason.attempts).toBe(1);
    expect(clock.pendingTimers).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('does not try again when the caller aborts while a try fails', async () => {
    const { signal, abort } = controlled();
    const reason = { my: 'reason' };
    const { clock, settled, tries } = scene({
      fails: [
        () => {
          abort(reason);
          return refused();
        },
      ],
      run: { signal },
    });

    expect(await settled).toBe(reason);
    expect(tries.length).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });
});

function controlled() {
  const controller = new AbortController();
  const { signal } = controller;
  return { signal, abort: (reason: unknown): void => controller.abort(reason) };
}
