import { getEventListeners } from 'node:events';
import { Deadline, Event, ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';

describe('Event', () => {
  it('R39 wakes all who wait, and stays set', async () => {
    const event = new Event();
    const waits = [event.wait(), event.wait()];
    expect([event.isSet, event.waiting]).toEqual([false, 2]);

    event.set();

    await Promise.all([...waits, event.wait()]);
    expect([event.isSet, event.waiting]).toEqual([true, 0]);
  });

  it('lets one who waits be cancelled without the others', async () => {
    const event = new Event();
    const controller = new AbortController();
    const cancelled = event.wait({ signal: controller.signal });
    const patient = event.wait();

    controller.abort('enough');
    await expect(cancelled).rejects.toBe('enough');
    expect(event.waiting).toBe(1);

    event.set();
    await patient;
  });

  it('puts one listener on the signal of many who wait, and takes it away with the last', async () => {
    const event = new Event();
    const { signal } = new AbortController();
    const waits = Array.from({ length: 50 }, () => event.wait(signal));

    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    event.set();
    await Promise.all(waits);

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('gives up at the deadline, and leaves no timer either way', async () => {
    const clock = new ManualClock();
    const event = new Event();
    const late = rejection(event.wait({ deadline: Deadline.after(10, clock) }));

    await clock.advance(10);
    expect(await late).toMatchObject({
      name: 'TimeoutError',
      message: 'Cannot wait for the event: the deadline has passed',
    });

    const inTime = event.wait({ deadline: Deadline.after(10, clock) });
    event.set();
    await inTime;
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects a wait that was cancelled before, also when it is set', async () => {
    const clock = new ManualClock();
    const event = new Event();
    event.set();

    await expect(event.wait(AbortSignal.abort('enough'))).rejects.toBe('enough');
    await expect(event.wait({ deadline: Deadline.after(-1, clock) })).rejects.toHaveProperty(
      'name',
      'TimeoutError',
    );
  });
});
