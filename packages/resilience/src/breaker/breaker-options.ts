import type { Clock } from '@linkspan/concurrency';
import { setting, type SettingsTable } from '@linkspan/core';
import { clockSetting } from '../clock-setting.ts';
import type { Store } from '../store/store.ts';
import { storeSetting } from '../store/store-setting.ts';
import { type BreakerRule, ruleSetting } from './breaker-rule.ts';

/** How a circuit is: calls go through, none does, or a few do to find out. */
export type CircuitState = 'closed' | 'open' | 'half-open';

/** A circuit goes from one state to another. */
export interface CircuitChange {
  /** The origin, as `https://api.example.com`, or the name that the breaker was given. */
  readonly key: string;
  readonly from: CircuitState;
  readonly to: CircuitState;
  /** The failure that opened it. */
  readonly error: unknown;
}

/** How a circuit breaker works. */
export interface CircuitBreakerOptions {
  /**
   * When the circuit opens: after failures in a row (`{ consecutive: 5 }`), when some of the last
   * calls failed (`{ failures: 10, ofCalls: 20 }`), or a share of those within a window.
   * @default { ratio: 0.5, windowMs: 10_000, minCalls: 20 }
   */
  readonly rule?: BreakerRule | undefined;
  /** How long the circuit stays open before calls are let through to find out. @default 10_000 */
  readonly openMs?: number | undefined;
  /** How many calls a half-open circuit lets through; it closes when all succeed. @default 1 */
  readonly halfOpenCalls?: number | undefined;
  /**
   * Whether a failure says that the peer does not work; `undefined` leaves it to
   * {@link saysPeerFailed}.
   */
  readonly isFailure?: ((error: unknown) => boolean | undefined) | undefined;
  /** Told of every change. What it throws is reported as a warning and changes nothing. */
  readonly onStateChange?: ((change: CircuitChange) => void) | undefined;
  /** Where the counts of a window are kept. @default memoryStore() on the same clock */
  readonly store?: Store | undefined;
  /** @default the platform's monotonic clock */
  readonly clock?: Clock | undefined;
}

/** {@link CircuitBreakerOptions}, checked and with defaults. */
export interface CircuitBreakerSettings {
  readonly rule: BreakerRule;
  readonly openMs: number;
  readonly halfOpenCalls: number;
  readonly isFailure: ((error: unknown) => boolean | undefined) | undefined;
  readonly onStateChange: ((change: CircuitChange) => void) | undefined;
  readonly store: Store | undefined;
  readonly clock: Clock;
}

/** The table of {@link CircuitBreakerOptions}. */
export const circuitBreakerSettings: SettingsTable<CircuitBreakerSettings, CircuitBreakerOptions> =
  {
    rule: ruleSetting,
    openMs: setting.durationMs({ default: 10_000, finite: true }),
    halfOpenCalls: setting.integer({ default: 1, min: 1 }),
    isFailure: setting.callback<(error: unknown) => boolean | undefined>({ optional: true }),
    onStateChange: setting.callback<(change: CircuitChange) => void>({ optional: true }),
    store: storeSetting,
    clock: clockSetting,
  };
