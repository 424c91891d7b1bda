import { Condition, Deadline, Lock, ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';

describe('Condition', () => {
  it('R40 lets its holder wait for what another changes', async () => {
    const condition = new Condition();
    const queue: string[] = [];
    const consumer = (async () => {
      const lease = await condition.acquire();
      while (queue.length === 0) await condition.wait();
      lease.release();
      return queue.pop();
    })();

    await condition.lock.run(() => {
      queue.push('job');
      condition.notify();
    });

    expect(await consumer).toBe('job');
    expect(condition.lock.locked).toBe(false);
  });

  it('R40 wakes those that have waited longest, as many as it is told, or all', async () => {
    const condition = new Condition(new Lock());
    const woken: number[] = [];
    const waits = [0, 1, 2, 3].map(async (index) => {
      const lease = await condition.acquire();
      await condition.wait();
      woken.push(index);
      lease.release();
    });
    const clock = new ManualClock();
    await clock.advance(0);
    expect(condition.waiting).toBe(4);

    await condition.lock.run(() => condition.notify(2));
    await clock.advance(0);
    expect(woken).toEqual([0, 1]);

    await condition.lock.run(() => condition.notifyAll());
    await Promise.all(waits);
    expect(woken).toEqual([0, 1, 2, 3]);
  });

  it('has the lock again when a wait is cancelled', async () => {
    const condition = new Condition();
    const controller = new AbortController();
    {
      using lease = await condition.acquire();
      expect(lease.released).toBe(false);
      const waiting = rejection(condition.wait(controller.signal));
      const other = await condition.acquire();
      controller.abort('enough');
      let isBack = false;
      void waiting.then(() => (isBack = true));
      await new ManualClock().advance(0);
      expect(isBack).toBe(false);

      other.release();
      expect(await waiting).toBe('enough');
      expect([condition.lock.locked, condition.waiting]).toEqual([true, 0]);
    }
    expect(condition.lock.locked).toBe(false);
  });

  it('counts a notification that comes before the cancellation', async () => {
    const condition = new Condition();
    const controller = new AbortController();
    await condition.acquire();
    const waiting = condition.wait(controller.signal);
    const other = await condition.acquire();

    condition.notify();
    controller.abort('too late');
    other.release();

    await expect(waiting).resolves.toBeUndefined();
  });

  it('does not wait for who has given up before', async () => {
    const condition = new Condition();
    await condition.acquire();

    await expect(condition.wait(AbortSignal.abort('enough'))).rejects.toBe('enough');

    expect(condition.lock.locked).toBe(true);
  });

  it('gives up at the deadline', async () => {
    const clock = new ManualClock();
    const condition = new Condition();
    await condition.acquire();
    const waiting = rejection(condition.wait({ deadline: Deadline.after(5, clock) }));

    await clock.advance(5);

    expect(await waiting).toHaveProperty('name', 'TimeoutError');
  });

  it('is only for who holds the lock', async () => {
    const condition = new Condition();

    await expect(condition.wait()).rejects.toThrow(
      'Cannot wait for the condition: its lock is not held',
    );
    expect(() => condition.notify()).toThrow('Cannot notify the condition: its lock is not held');
    expect(() => condition.notifyAll()).toThrow('its lock is not held');
  });
});
