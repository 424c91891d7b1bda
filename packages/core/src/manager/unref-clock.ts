import type { Clock } from '@linkspan/concurrency';

/** The clock, with timers that let the process end, where the platform knows such. */
export function unrefClock(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    setTimeout(callback, delayMs) {
      const handle = clock.setTimeout(callback, delayMs);
      (handle as { readonly unref?: () => unknown } | undefined)?.unref?.();
      return handle;
    },
    clearTimeout: (handle) => clock.clearTimeout(handle),
  };
}
