import type { Clock, TimerHandle } from './clock.ts';

interface ManualTimer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/**
 * A clock that stands still until it is told to move, for tests of whatever takes a {@link Clock}:
 * an hour passes in microseconds, and always in the same order.
 *
 * @example
 * const clock = new ManualClock();
 * const timer = clock.setTimeout(() => console.log('a minute later'), 60_000);
 * await clock.advance(60_000);
 */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #timers = new Set<ManualTimer>();

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  /** The moment the clock stands at, in milliseconds. */
  now(): number {
    return this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    // As the platform does: a delay that is negative or not a number means none.
    const timer: ManualTimer = { dueMs: this.#nowMs + (delayMs > 0 ? delayMs : 0), callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(handle: TimerHandle): void {
    this.#timers.delete(handle as ManualTimer);
  }

  /** How many timers wait to fire; 0 shows that nothing was left behind. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** When the timers that wait are due, on this clock, the earliest first. */
  get dueTimes(): readonly number[] {
    return Array.from(this.#timers, ({ dueMs }) => dueMs).toSorted((a, b) => a - b);
  }

  /**
   * Moves the time on by `ms` and fires the timers that come due, in the order of their time (then
   * of their making), each at its own moment. The promise jobs that are waiting run before the
   * first timer, between the timers, and after the last, so that a timer set by one of them counts
   * if it still falls within the stretch. `advance(0)` fires what is due now.
   *
   * What a timer callback throws rejects the promise; the time stands at that timer then.
   *
   * @throws RangeError when `ms` is negative or not a number: a monotonic clock never goes back.
   */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) {
      throw new RangeError(`Cannot advance the clock: expected a number >= 0, found ${ms}`);
    }
    await promiseJobs();
    const endMs = this.#nowMs + ms;
    for (let timer = this.#nextDue(endMs); timer; timer = this.#nextDue(endMs)) {
      this.#timers.delete(timer);
      this.#nowMs = Math.max(this.#nowMs, timer.dueMs);
      timer.callback();
      // oxlint-disable-next-line no-await-in-loop -- what the callback set off comes before the next timer
      await promiseJobs();
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  #nextDue(endMs: number): ManualTimer | undefined {
    let next: ManualTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }
}

/** Resolves when the promise jobs that wait now, and those they make, have run: a macrotask later. */
async function promiseJobs(): Promise<void> {
  await new Promise<void>((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => {
      port1.close();
      resolve();
    });
    port1.start();
    port2.postMessage(undefined);
  });
}
