import { getEventListeners } from 'node:events';
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
