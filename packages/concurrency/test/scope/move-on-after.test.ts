import { getEventListeners } from 'node:events';
import { Deadline, ManualClock, moveOnAfter } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { untilAborted } from '../until-aborted.ts';

describe('moveOnAfter()', () => {
  it('R32 gives the value of a function that is in time', async () => {
    const clock = new ManualClock();

    expect(await moveOnAfter(50, () => 'in time', { clock })).toEqual({
      cancelled: false,
      value: 'in time',
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('U4 goes on when the time is up, measured on the monotonic clock', async () => {
    const clock = new ManualClock(1_000_000);
    const running = moveOnAfter(50, ({ signal }) => untilAborted(signal), { clock });

    await clock.advance(50);

    expect(await running).toEqual({ cancelled: true, value: undefined });
  });

  it('fires on the system clock too', async () => {
    expect(await moveOnAfter(1, ({ signal }) => untilAborted(signal))).toEqual({
      cancelled: true,
      value: undefined,
    });
  });

  it('U5 takes undefined as no limit, and still hears the caller', async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const reason = new Error('enough');
    const running = moveOnAfter(undefined, ({ signal }) => untilAborted(signal), {
      clock,
      signal: controller.signal,
    });

    expect(clock.pendingTimers).toBe(0);
    controller.abort(reason);

    await expect(running).rejects.toBe(reason);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('does not start a function that has no time at all', async () => {
    let ran = false;

    const { cancelled } = await moveOnAfter(0, () => (ran = true));

    expect([cancelled, ran]).toEqual([true, false]);
  });

  it('lets the function move its own deadline', async () => {
    const clock = new ManualClock();
    const running = moveOnAfter(
      50,
      async (scope) => {
        scope.deadline = Deadline.after(200, clock);
        await untilAborted(scope.signal);
      },
      { clock },
    );

    await clock.advance(199);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(1);

    expect(await running).toMatchObject({ cancelled: true });
  });

  it('is ended by the outer of two limits when that is shorter', async () => {
    const clock = new ManualClock();
    let innerEnded = false;
    const running = moveOnAfter(
      10,
      async (outer) => {
        await moveOnAfter(100, ({ signal }) => untilAborted(signal), {
          clock,
          signal: outer.signal,
        });
        innerEnded = true;
      },
      { clock },
    );

    await clock.advance(10);

    expect(await running).toMatchObject({ cancelled: true });
    expect([innerEnded, clock.pendingTimers]).toEqual([false, 0]);
  });
});
