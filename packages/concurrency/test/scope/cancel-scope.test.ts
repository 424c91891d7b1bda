import { getEventListeners } from 'node:events';
import { setTimeout as nodeSleep } from 'node:timers/promises';
import { CancelScope, Deadline, ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { untilAborted } from '../until-aborted.ts';

describe('CancelScope', () => {
  it('R31 aborts its signal with the reason, once', () => {
    const scope = new CancelScope();
    const reason = new Error('enough');

    scope.cancel(reason);
    scope.cancel(new Error('too late'));

    expect(scope.signal.reason).toBe(reason);
    expect([scope.aborted, scope.cancelCalled, scope.cancelledCaught]).toEqual([true, true, false]);
  });

  it('aborts with an AbortError when no reason is given', () => {
    const scope = new CancelScope();
    const { signal } = scope;

    scope.cancel();

    expect(signal.reason).toBeInstanceOf(DOMException);
    expect(signal.reason).toHaveProperty('name', 'AbortError');
  });

  it('gives a signal that is aborted already when it is asked for late', () => {
    const scope = new CancelScope();

    scope.cancel('enough');

    expect(scope.signal.aborted).toBe(true);
    expect(() => scope.throwIfAborted()).toThrow('enough');
  });

  it('cancels itself when its deadline passes, and not before', async () => {
    const clock = new ManualClock();
    const scope = new CancelScope({ deadline: Deadline.after(50, clock) });

    await clock.advance(49);
    expect(scope.aborted).toBe(false);

    await clock.advance(1);
    expect(scope.signal.reason).toHaveProperty('name', 'TimeoutError');
    expect(scope.cancelCalled).toBe(true);
  });

  it('is cancelled from the beginning by a deadline already past, and runs nothing', async () => {
    const clock = new ManualClock();
    const scope = new CancelScope({ deadline: Deadline.after(0, clock) });
    let ran = false;

    const outcome = await scope.run(() => (ran = true));

    expect(outcome).toEqual({ cancelled: true, value: undefined });
    expect([ran, scope.cancelledCaught, clock.pendingTimers]).toEqual([false, true, 0]);
  });

  it('follows a deadline that is moved while something waits', async () => {
    const clock = new ManualClock();
    const scope = new CancelScope({ deadline: Deadline.after(50, clock) });
    const running = scope.run(({ signal }) => untilAborted(signal));

    await clock.advance(40);
    scope.deadline = Deadline.after(100, clock);
    await clock.advance(99);
    expect(scope.aborted).toBe(false);

    scope.deadline = Deadline.at(clock.now(), clock);
    expect(await running).toEqual({ cancelled: true, value: undefined });
    expect(clock.pendingTimers).toBe(0);
  });

  it('can be relieved of its deadline', async () => {
    const clock = new ManualClock();
    const scope = new CancelScope({ deadline: Deadline.after(50, clock) });

    scope.deadline = Deadline.unlimited;
    await clock.advance(1_000);

    expect([scope.aborted, clock.pendingTimers]).toEqual([false, 0]);
  });

  it('takes the reason for its deadline from whoever makes it', async () => {
    const clock = new ManualClock();
    const reason = new Error('out of time');
    const scope = new CancelScope({
      deadline: Deadline.after(5, clock),
      timeoutReason: () => reason,
    });

    await clock.advance(5);

    expect(scope.reason).toBe(reason);
  });

  it('is cancelled with its parent, whether that is a signal or a scope', () => {
    const controller = new AbortController();
    const outer = new CancelScope({ parent: controller.signal });
    const inner = new CancelScope({ parent: outer });

    controller.abort('enough');

    expect([outer.reason, inner.reason, inner.signal.reason]).toEqual(Array(3).fill('enough'));
    expect([outer.cancelCalled, inner.cancelCalled]).toEqual([false, false]);
  });

  it('is cancelled at once by a parent that is cancelled already', () => {
    const outer = new CancelScope();
    outer.cancel('before');

    const byScope = new CancelScope({ parent: outer });
    const bySignal = new CancelScope({ parent: outer.signal });

    expect([byScope.reason, bySignal.reason]).toEqual(['before', 'before']);
  });

  it('does not cancel its parent', () => {
    const outer = new CancelScope();
    const inner = new CancelScope({ parent: outer });

    inner.cancel();

    expect(outer.aborted).toBe(false);
  });

  it('hears nothing of its parent behind a shield, but can be cancelled itself', () => {
    const outer = new CancelScope();
    const inner = new CancelScope({ parent: outer, shield: true });

    outer.cancel('outer');
    expect(inner.aborted).toBe(false);

    inner.cancel('inner');
    expect(inner.reason).toBe('inner');
  });

  it('lets an earlier abort of the parent through when the shield is taken away', () => {
    const outer = new CancelScope();
    const inner = new CancelScope({ parent: outer, shield: true });
    outer.cancel('outer');

    inner.shield = false;

    expect(inner.reason).toBe('outer');
  });

  it('can be shielded while it lasts', () => {
    const outer = new CancelScope();
    const inner = new CancelScope({ parent: outer });

    inner.shield = true;
    outer.cancel();

    expect(inner.aborted).toBe(false);
  });

  it('leaves no listener on the signal and no timer on the clock, however it ends', async () => {
    const clock = new ManualClock();
    const { signal } = new AbortController();
    const deadline = Deadline.after(1_000, clock);

    await new CancelScope({ parent: signal, deadline }).run(() => 1);
    await expect(
      new CancelScope({ parent: signal, deadline }).run(() => Promise.reject(new Error('broken'))),
    ).rejects.toThrow('broken');
    new CancelScope({ parent: signal, deadline }).cancel();
    new CancelScope({ parent: signal, deadline })[Symbol.dispose]();
    new CancelScope({ parent: signal, deadline }).shield = true;

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    // The shielded one still has its deadline.
    expect(clock.pendingTimers).toBe(1);
  });

  it('puts one listener on a signal, however many scopes follow it', () => {
    const controller = new AbortController();
    const scopes = Array.from(
      { length: 100 },
      () => new CancelScope({ parent: controller.signal }),
    );

    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);

    controller.abort();
    expect(scopes.every(({ aborted }) => aborted)).toBe(true);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('cannot be cancelled any more when it has ended', () => {
    const scope = new CancelScope();
    const { signal } = scope;

    scope[Symbol.dispose]();
    scope.cancel();

    expect([signal.aborted, scope.cancelCalled]).toEqual([false, true]);
  });
});

describe('CancelScope.run()', () => {
  it('gives the value of the function', async () => {
    expect(await new CancelScope().run(() => 7)).toEqual({ cancelled: false, value: 7 });
  });

  it('catches its own cancellation', async () => {
    const scope = new CancelScope();
    const running = scope.run(({ signal }) => untilAborted(signal));

    scope.cancel();

    expect(await running).toEqual({ cancelled: true, value: undefined });
    expect(scope.cancelledCaught).toBe(true);
  });

  it('lets the cancellation of its parent through, unchanged', async () => {
    const outer = new CancelScope();
    const inner = new CancelScope({ parent: outer });
    const reason = new Error('enough');
    const running = inner.run(({ signal }) => untilAborted(signal));

    outer.cancel(reason);

    await expect(running).rejects.toBe(reason);
    expect([inner.cancelledCaught, inner.cancelCalled]).toEqual([false, false]);
  });

  it('unwraps the AbortError that platform functions make of the reason', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const scope = new CancelScope({ parent: controller.signal });
    const running = scope.run(({ signal }) => nodeSleep(60_000, undefined, { signal }));

    controller.abort(reason);

    await expect(running).rejects.toBe(reason);
  });

  it('ends at the outer of two nested scopes when that is cancelled', async () => {
    const outer = new CancelScope();
    const inner = new CancelScope({ parent: outer });
    let afterInner = false;
    const running = outer.run(async () => {
      await inner.run(({ signal }) => untilAborted(signal));
      afterInner = true;
    });

    outer.cancel();

    expect(await running).toEqual({ cancelled: true, value: undefined });
    expect([afterInner, outer.cancelledCaught, inner.cancelledCaught]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('ends at the inner of two nested scopes when that is cancelled', async () => {
    const outer = new CancelScope();
    const inner = new CancelScope({ parent: outer });
    const running = outer.run(async () => await inner.run(({ signal }) => untilAborted(signal)));

    inner.cancel();

    expect(await running).toEqual({
      cancelled: false,
      value: { cancelled: true, value: undefined },
    });
  });

  it('keeps the value of a function that finished in spite of the cancellation', async () => {
    const scope = new CancelScope();

    const outcome = await scope.run(async (self) => {
      self.cancel();
      await Promise.resolve();
      return 'done all the same';
    });

    expect(outcome).toEqual({ cancelled: false, value: 'done all the same' });
    expect([scope.cancelCalled, scope.cancelledCaught]).toEqual([true, false]);
  });

  it('throws a failure that happens in the same tick as the cancellation', async () => {
    const scope = new CancelScope();
    const failure = new Error('broken');
    const { promise, reject } = Promise.withResolvers<never>();
    const running = scope.run(() => promise);
    expect(scope.signal.aborted).toBe(false);

    scope.cancel();
    reject(failure);

    await expect(running).rejects.toBe(failure);
    expect(scope.cancelledCaught).toBe(false);
  });

  it('waits for the cleanup of a function that was cancelled, and throws what fails there', async () => {
    const clock = new ManualClock();
    const scope = new CancelScope();
    const running = scope.run(async ({ signal }) => {
      try {
        await untilAborted(signal);
      } finally {
        await new Promise<void>((resolve) => clock.setTimeout(resolve, 10));
        // oxlint-disable-next-line no-unsafe-finally -- this is the failure that must not be lost
        throw new Error('cleanup failed');
      }
    });

    scope.cancel();
    const [result] = await Promise.allSettled([running, clock.advance(10)]);

    expect(result).toMatchObject({ status: 'rejected', reason: { message: 'cleanup failed' } });
  });

  it('leaves a function behind that cannot be told of the cancellation', async () => {
    const clock = new ManualClock();
    const scope = new CancelScope({ deadline: Deadline.after(50, clock) });
    const running = scope.run(() => new Promise<never>(() => {}));

    await clock.advance(50);

    expect(await running).toEqual({ cancelled: true, value: undefined });
  });

  it('waits for a function that took the signal from outside', async () => {
    const scope = new CancelScope();
    let cleanedUp = false;
    const running = scope.run(async () => {
      await untilAborted(scope.signal).catch(() => {});
      await Promise.resolve();
      cleanedUp = true;
    });

    scope.cancel();
    await running;

    expect(cleanedUp).toBe(true);
  });

  it('refuses a second function', async () => {
    const scope = new CancelScope();
    await scope.run(() => {});

    await expect(scope.run(() => {})).rejects.toThrow(
      'Cannot run a function in the scope: it has ended',
    );
  });
});

describe('CancelScope.race()', () => {
  it('gives the value, or the reason of the scope at once', async () => {
    const scope = new CancelScope();

    expect(await scope.race(Promise.resolve(3))).toBe(3);
    const racing = scope.race(new Promise<never>(() => {}));
    scope.cancel('enough');

    await expect(racing).rejects.toBe('enough');
    await expect(scope.race(new Promise<never>(() => {}))).rejects.toBe('enough');
  });
});
