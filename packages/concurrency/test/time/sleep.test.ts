import { getEventListeners } from 'node:events';
import { Deadline, ManualClock, sleep } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';

describe('sleep()', () => {
  it('R45 waits for the time it was given, on the clock it was given', async () => {
    const clock = new ManualClock();
    let awake = false;
    const sleeping = sleep(100, undefined, clock).then(() => (awake = true));

    await clock.advance(99);
    expect(awake).toBe(false);
    await clock.advance(1);
    await sleeping;

    expect(awake).toBe(true);
  });

  it('ends with the reason when it is cancelled, and leaves neither timer nor listener', async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const sleeping = sleep(100, controller.signal, clock);

    controller.abort('enough');

    await expect(sleeping).rejects.toBe('enough');
    expect(clock.pendingTimers).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('ends at a deadline that comes first', async () => {
    const clock = new ManualClock();
    const sleeping = rejection(sleep(100, { deadline: Deadline.after(10, clock) }, clock));

    await clock.advance(10);

    expect(await sleeping).toMatchObject({ message: 'Cannot sleep on: the deadline has passed' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('wakes on the system clock', async () => {
    await expect(sleep(0)).resolves.toBeUndefined();
  });
});
