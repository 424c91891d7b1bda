import { type Clock, Deadline, ManualClock } from '@linkspan/concurrency';
import type { CallContext } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { CallClock, type RunningClock } from '../../src/call/call-clock.ts';
import { contextOf } from '../transport-call.ts';

class TestClock extends CallClock {
  readonly timeouts: [clock: RunningClock, limitMs: number, elapsedMs: number][] = [];
  readonly over: Promise<void>;
  #end!: () => void;

  constructor(context: CallContext) {
    super(context);
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.startClocks();
  }

  override startQueueClock(ms: number): void {
    super.startQueueClock(ms);
  }
  override stopQueueClock(): void {
    super.stopQueueClock();
  }
  override stopAttemptClock(): void {
    super.stopAttemptClock();
  }
  override startIdleClock(): void {
    super.startIdleClock();
  }
  override stopIdleClock(): void {
    super.stopIdleClock();
  }
  override stopClocks(): void {
    super.stopClocks();
  }

  protected override onTimeout(clock: RunningClock, limitMs: number, elapsedMs: number): void {
    this.timeouts.push([clock, limitMs, elapsedMs]);
    this.stopClocks();
    this.#end();
  }
}

function start(facts: { totalMs?: number; attemptMs?: number; idleMs?: number }) {
  const clock = new ManualClock();
  const { totalMs, ...rest } = facts;
  const call = new TestClock(contextOf({ deadline: Deadline.after(totalMs, clock), ...rest }));
  return { clock, call };
}

describe('CallClock', () => {
  it('E4 E9 ends a call at the first clock that is due', async () => {
    const { clock, call } = start({ totalMs: 3_000, attemptMs: 1_000 });
    await clock.advance(1_000);
    await call.over;

    expect(call.timeouts).toEqual([['attemptMs', 1_000, 1_000]]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps to one timer, whatever starts and stops', async () => {
    const { clock, call } = start({ totalMs: 10_000, attemptMs: 1_000, idleMs: 500 });
    call.stopAttemptClock();
    for (let index = 0; index < 100; index++) {
      call.startIdleClock();
      call.stopIdleClock();
      // oxlint-disable-next-line no-await-in-loop -- time passes between the reads
      await clock.advance(20);
      expect(clock.pendingTimers).toBe(1);
    }
    await clock.advance(8_000);
    await call.over;

    expect(call.timeouts).toEqual([['totalMs', 10_000, 10_000]]);
  });

  it('counts idle time from when the wait began', async () => {
    const { clock, call } = start({ idleMs: 500 });
    call.startIdleClock();
    await clock.advance(400);
    call.startIdleClock();
    await clock.advance(400);
    expect(call.timeouts).toEqual([]);
    await clock.advance(100);
    await call.over;

    expect(call.timeouts).toEqual([['idleMs', 500, 500]]);
  });

  it('sets no timer without limits', () => {
    const { clock, call } = start({});
    call.startIdleClock();
    call.startQueueClock(Infinity);

    expect(clock.pendingTimers).toBe(0);
  });

  it('lets a stop that comes behind the timer win, when what was late is read', async () => {
    const { time, call } = startByHand({ attemptMs: 100, totalMs: 5_000 });
    time.fire(100);
    call.stopAttemptClock();
    await turn();
    expect(call.timeouts).toEqual([]);
    time.fire(5_000);
    await turn();

    expect(call.timeouts).toEqual([['totalMs', 5_000, 5_000]]);
  });

  it('does nothing after it was stopped', async () => {
    const { time, call } = startByHand({ attemptMs: 100 });
    time.fire(100);
    call.stopClocks();
    call.startIdleClock();
    await turn();

    expect(call.timeouts).toEqual([]);
    expect(time.timer).toBeUndefined();
  });
});

/** A clock whose one timer fires when it is told to, and runs nothing else. */
class HandClock implements Clock {
  timer: (() => void) | undefined;
  #nowMs = 0;

  now(): number {
    return this.#nowMs;
  }
  setTimeout(callback: () => void): unknown {
    this.timer = callback;
    return callback;
  }
  clearTimeout(): void {
    this.timer = undefined;
  }
  fire(atMs: number): void {
    const { timer } = this;
    this.#nowMs = atMs;
    this.timer = undefined;
    timer?.();
  }
}

function startByHand({ totalMs, ...rest }: { totalMs?: number; attemptMs?: number }) {
  const time = new HandClock();
  const call = new TestClock(contextOf({ deadline: Deadline.after(totalMs, time), ...rest }));
  return { time, call };
}

/** One turn of the event loop, behind the reading of the sockets. */
async function turn(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
