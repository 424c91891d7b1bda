import type { Deadline } from '@linkspan/concurrency';
import { deadlineSetting, setting, type SettingsTable, signalSetting } from '@linkspan/core';

/**
 * What holds for all ways together. It is made to be given on as the options of a call:
 * `(limits) => client.get('/users/1', limits)`.
 */
export interface WayLimits {
  /** Aborts when the caller does. */
  readonly signal: AbortSignal | undefined;
  /** When there has to be an answer, whichever way it comes. */
  readonly deadline: Deadline;
}

/** One way to get an answer: it asks somebody, or gives a value. */
export type Way<Value> = (limits: WayLimits) => Value | PromiseLike<Value>;

/** What is told of each other way that is taken. */
export interface FallbackNotice {
  /** Why the way before it is given up. */
  readonly error: unknown;
  /** The way that is taken now, by its place in the list: 1 is the first that is another one. */
  readonly way: number;
  /** How many events of the way before were handed over: they are void now. */
  readonly events: number;
}

/** When another way is taken, and how long all of them may take. */
export interface WayOptions {
  /**
   * Whether another way is tried after a failure; `undefined` leaves it to the default: the peer does
   * not work, refuses by a limit, is not asked because its circuit is open or it has no place, or its
   * answer broke off or cannot be read.
   */
  readonly when?: ((error: unknown) => boolean | undefined) | undefined;
  /** Told of each other way before it is taken. What it throws is reported as a warning. */
  readonly onFallback?: ((notice: FallbackNotice) => void) | undefined;
  /** The caller's will: when it aborts, no other way is taken, and `signal.reason` is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** How long all ways may take together, a stream to its end. @default Infinity */
  readonly totalMs?: number | undefined;
  /** The deadline of what this is part of, and its clock; the earlier of the two holds. */
  readonly deadline?: Deadline | undefined;
}

/** {@link WayOptions}, checked. */
export interface WaySettings {
  readonly when: WayOptions['when'];
  readonly onFallback: WayOptions['onFallback'];
  readonly signal: AbortSignal | undefined;
  readonly totalMs: number | undefined;
  readonly deadline: Deadline | undefined;
}

/** The table of {@link WayOptions}. */
export const waySettings: SettingsTable<WaySettings, WayOptions> = {
  when: setting.callback<(error: unknown) => boolean | undefined>({ optional: true }),
  onFallback: setting.callback<(notice: FallbackNotice) => void>({ optional: true }),
  signal: signalSetting,
  totalMs: setting.durationMs({ optional: true, min: 0 }),
  deadline: deadlineSetting,
};
