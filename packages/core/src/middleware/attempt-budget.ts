import * as setting from '../settings/kinds.ts';
import type { Setting } from '../settings/setting.ts';
import type { TransportRequest } from '../transport.ts';

/**
 * Allows, or refuses, one more attempt: a place for what many calls share, so that a peer that is
 * down is not sent a multiple of what it could not answer. `RetryBudget` of `@linkspan/resilience` is
 * one.
 */
export interface AttemptBudget {
  /** A call begins: it is sent for the first time. A client tells it once, however many layers retry. */
  record?(request: TransportRequest): void;
  /** Takes one more attempt out of the budget; `false` when there is none. */
  take(request?: TransportRequest): boolean;
}

/** The setting of a budget: `false` for none, where there would be one. */
export const budgetSetting: Setting<
  AttemptBudget | false | undefined,
  AttemptBudget | false,
  false
> = setting.custom<AttemptBudget | false>({
  optional: true,
  env: false,
  expected: 'a budget: an object with take(); or false',
  check: (value) =>
    value === false || typeof (value as Partial<AttemptBudget> | null)?.take === 'function'
      ? (value as AttemptBudget | false)
      : undefined,
});
