import { systemClock } from '@linkspan/concurrency';
import { describe, expect, it, vi } from 'vitest';

describe('systemClock', () => {
  it('never goes back', () => {
    const before = systemClock.now();

    expect(systemClock.now()).toBeGreaterThanOrEqual(before);
  });

  it('calls back once the time has passed', async () => {
    const value = await new Promise((resolve) => {
      systemClock.setTimeout(() => resolve('rang'), 1);
    });

    expect(value).toBe('rang');
  });

  it('honours a delay that platforms would turn into none', () => {
    vi.useFakeTimers();
    try {
      const callback = vi.fn<() => void>();
      systemClock.setTimeout(callback, 2 ** 31 + 1_000);

      vi.advanceTimersByTime(2 ** 31);
      expect(callback).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1_000);
      expect(callback).toHaveBeenCalledOnce();
    } finally {
      vi.useRealTimers();
    }
  });

  it('takes back timers, long ones too, and ignores what it never gave', () => {
    vi.useFakeTimers();
    try {
      const handles = [
        systemClock.setTimeout(() => {}, 10),
        systemClock.setTimeout(() => {}, 2 ** 40),
      ];

      for (const handle of [...handles, ...handles, undefined]) systemClock.clearTimeout(handle);

      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
