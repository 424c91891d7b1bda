import * as setting from '../settings/kinds.ts';
import type { SettingsTable } from '../settings/setting.ts';

/** How clients are checked. All times are in milliseconds. */
export interface HealthOptions {
  /** The time from the end of a check to the next; `Infinity` for checks on demand alone. @default Infinity */
  readonly intervalMs?: number | undefined;
  /** How long one check may take. @default 5_000 */
  readonly timeoutMs?: number | undefined;
  /**
   * By what part of it each interval is longer or shorter, at random, so that many processes do not
   * check at the same moment: 0.2 for a fifth. @default 0.2
   */
  readonly jitter?: number | undefined;
  /** How many checks or calls in a row must fail before a client counts as down. @default 3 */
  readonly downAfter?: number | undefined;
  /** How many in a row must go well before it counts as up. @default 2 */
  readonly upAfter?: number | undefined;
  /** A check that takes longer is slow: `downAfter` of them make the client `degraded`. @default Infinity */
  readonly degradedAboveMs?: number | undefined;
  /**
   * So is one that takes longer than so many times the usual, and 10 ms more. The usual is a moving
   * average of at least five checks that were not slow. @default Infinity
   */
  readonly degradedRatio?: number | undefined;
  /** Whether the wait for the next periodic check lets the process end. @default true */
  readonly unref?: boolean | undefined;
}

/** {@link HealthOptions}, checked and with defaults. */
export interface HealthSettings {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly jitter: number;
  readonly downAfter: number;
  readonly upAfter: number;
  readonly degradedAboveMs: number;
  readonly degradedRatio: number;
  readonly unref: boolean;
}

/** The longest timer of the platform. */
const LONGEST_MS = 2 ** 31 - 1;

/** The table of {@link HealthOptions}. */
export const healthSettings: SettingsTable<HealthSettings, HealthOptions> = {
  // With the jitter of 1 an interval may be twice as long.
  intervalMs: setting.durationMs({ default: Infinity, max: (LONGEST_MS - 1) / 2 }),
  timeoutMs: setting.durationMs({ default: 5_000 }),
  jitter: setting.number({ default: 0.2, min: 0, max: 1 }),
  downAfter: setting.integer({ default: 3, min: 1 }),
  upAfter: setting.integer({ default: 2, min: 1 }),
  degradedAboveMs: setting.durationMs({ default: Infinity }),
  degradedRatio: setting.number({ default: Infinity, min: 1, orInfinity: true }),
  unref: setting.boolean({ default: true }),
};
