export { type Clock, systemClock, type TimerHandle } from './clock.ts';
export { Deadline } from './deadline.ts';
export { ManualClock } from './manual-clock.ts';
