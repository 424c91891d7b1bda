import { type Clock, systemClock } from '@linkspan/concurrency';
import { type Setting, setting } from '@linkspan/core';

/** The setting of a clock. */
export const clockSetting: Setting<Clock, Clock, false> = setting.custom<Clock>({
  default: systemClock,
  env: false,
  expected: 'a clock: now, setTimeout and clearTimeout',
  check: (value) => (isClock(value) ? value : undefined),
});

function isClock(value: unknown): value is Clock {
  const clock = value as Partial<Clock> | null;
  return typeof clock?.now === 'function' && typeof clock.setTimeout === 'function';
}
