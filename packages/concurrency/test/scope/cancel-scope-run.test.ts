import { setTimeout as nodeSleep } from 'node:timers/promises';
import { CancelScope, Deadline, ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { untilAborted } from '../until-aborted.ts';

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

  it('waits for a function that nested a scope', async () => {
    const outer = new CancelScope();
    let cleanedUp = false;
    const running = outer.run(async () => {
      await new CancelScope({ parent: outer }).run(async ({ signal }) => {
        await untilAborted(signal).catch(() => {});
        await new ManualClock().advance(0);
        cleanedUp = true;
      });
    });

    outer.cancel();
    await running;

    expect(cleanedUp).toBe(true);
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
