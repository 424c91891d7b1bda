import { type Setting, setting } from '@linkspan/core';
import type { Store } from '../store/store.ts';

/** Opens after so many failures without a success between. */
export interface ConsecutiveRule {
  readonly consecutive: number;
}

/** Opens when so many of the last calls have failed. */
export interface CountRule {
  readonly failures: number;
  /** How many of the last calls are looked at. */
  readonly ofCalls: number;
}

/** Opens when this share of the calls within a stretch of time has failed. */
export interface WindowRule {
  /** From 0 to 1. */
  readonly ratio: number;
  /** How long a call counts. */
  readonly windowMs: number;
  /** How many calls there have to be before the share means something. */
  readonly minCalls: number;
}

/** When a circuit opens. */
export type BreakerRule = ConsecutiveRule | CountRule | WindowRule;

/** What a rule makes of the calls while the circuit is closed. */
export interface Judge {
  succeeded(): void;
  /** Whether the circuit opens with this failure. */
  failed(): boolean;
  reset(): void;
}

const EXPECTED =
  '{ consecutive }, { failures, ofCalls } or { ratio, windowMs, minCalls }, with numbers above 0 and a ratio of at most 1';

/** The setting of a {@link BreakerRule}. */
export const ruleSetting: Setting<BreakerRule, BreakerRule, false> = setting.custom<BreakerRule>({
  default: { ratio: 0.5, windowMs: 10_000, minCalls: 20 },
  env: false,
  expected: EXPECTED,
  check: (value) => (isRule(value) ? value : undefined),
});

function isRule(value: unknown): value is BreakerRule {
  if (typeof value !== 'object' || value === null) return false;
  const rule = value as Partial<Record<string, unknown>>;
  const is = (...names: readonly string[]): boolean =>
    Object.keys(rule).length === names.length && names.every((name) => isCount(rule[name]));
  if (is('consecutive')) return true;
  if (is('failures', 'ofCalls')) return Number(rule['failures']) <= Number(rule['ofCalls']);
  const { ratio, ...others } = rule;
  const isRatio = typeof ratio === 'number' && ratio > 0 && ratio <= 1;
  return (
    isRatio &&
    Object.keys(others).length === 2 &&
    isCount(others['minCalls']) &&
    isCount(others['windowMs'])
  );
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1;
}

/** Makes the judge of a rule. What it counts over time is in the store, under the key. */
export function makeJudge(rule: BreakerRule, store: Store, key: string): Judge {
  if ('consecutive' in rule) return consecutive(rule);
  return 'ofCalls' in rule ? lastCalls(rule) : overTime(rule, store, key);
}

function consecutive({ consecutive: limit }: ConsecutiveRule): Judge {
  let failures = 0;
  const reset = (): void => {
    failures = 0;
  };
  return { succeeded: reset, failed: () => (failures += 1) >= limit, reset };
}

function lastCalls({ failures: limit, ofCalls }: CountRule): Judge {
  const failed = new Uint8Array(ofCalls);
  let [failures, next] = [0, 0];
  const note = (isFailure: 0 | 1): void => {
    failures += isFailure - failed[next]!;
    failed[next] = isFailure;
    next = (next + 1) % ofCalls;
  };
  return {
    succeeded: () => note(0),
    failed() {
      note(1);
      return failures >= limit;
    },
    reset() {
      failed.fill(0);
      failures = 0;
    },
  };
}

function overTime({ ratio, windowMs, minCalls }: WindowRule, store: Store, key: string): Judge {
  // Calls, and those of them that failed.
  const tally = store.tally(key, { windowMs, slots: 10 });
  return {
    succeeded: () => tally.add(1, 0),
    failed() {
      tally.add(1, 1);
      const calls = tally.first;
      return calls >= minCalls && tally.second >= ratio * calls;
    },
    reset: () => tally.reset(),
  };
}
