import { Deadline, ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import { type CallContext, pause } from '@linkspan/core';

function scene(signal?: AbortSignal) {
  const clock = new ManualClock();
  const context: CallContext = {
    signal,
    deadline: Deadline.never(clock),
    attempt: 1,
    streaming: false,
    attemptMs: Infinity,
    idleMs: Infinity,
    acceptStatus: () => true,
  };
  return { clock, context };
}

describe('pause()', () => {
  it('waits on the clock of the call', async () => {
    const { clock, context } = scene();
    let isOver = false;
    const waiting = pause(100, context).then(() => (isOver = true));
    await clock.advance(99);
    expect(isOver).toBe(false);
    await clock.advance(1);
    await waiting;
    expect(isOver).toBe(true);
  });

  it('ends with signal.reason itself, and leaves no timer', async () => {
    const controller = new AbortController();
    const { clock, context } = scene(controller.signal);
    const waiting = pause(100, context);
    controller.abort('enough');

    await expect(waiting).rejects.toBe('enough');
    await expect(pause(100, context)).rejects.toBe('enough');
    expect(clock.pendingTimers).toBe(0);
  });
});
