/** What a timer call gives back; only the clock that made it can read it. */
export type TimerHandle = unknown;

/**
 * Where every wait and every duration comes from. The time is monotonic, in milliseconds from an
 * arbitrary start, so that a wall clock that jumps never moves a deadline.
 */
export interface Clock {
  /** The current monotonic time in milliseconds. */
  now(): number;
  /** Calls back once, not before `delayMs` has passed. Delays above 2^31-1 ms are allowed. */
  setTimeout(callback: () => void, delayMs: number): TimerHandle;
  /** Takes back a timer; one that has fired, or was cleared before, is ignored. */
  clearTimeout(handle: TimerHandle): void;
}

/** The longest delay that platforms honour; a longer one fires at once in Node and browsers. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

interface LongTimer {
  handle: ReturnType<typeof setTimeout>;
}

/** The platform's monotonic clock and timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout(callback, delayMs) {
    if (delayMs <= LONGEST_DELAY_MS) return setTimeout(callback, delayMs);
    const end = performance.now() + delayMs;
    const timer: LongTimer = { handle: setTimeout(wait, LONGEST_DELAY_MS) };
    function wait(): void {
      const left = end - performance.now();
      if (left <= 0) callback();
      else timer.handle = setTimeout(wait, Math.min(left, LONGEST_DELAY_MS));
    }
    return timer;
  },
  clearTimeout(handle) {
    clearTimeout(
      isLongTimer(handle) ? handle.handle : (handle as Parameters<typeof clearTimeout>[0]),
    );
  },
};

function isLongTimer(handle: unknown): handle is LongTimer {
  return typeof handle === 'object' && handle !== null && Object.hasOwn(handle, 'handle');
}
