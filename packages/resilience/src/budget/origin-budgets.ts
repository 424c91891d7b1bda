import { type AttemptBudget, type TransportRequest, parseSettings } from '@linkspan/core';
import { OriginReader } from '../origin/origin-reader.ts';
import { PerOrigin } from '../origin/per-origin.ts';
import { memoryStore } from '../store/memory-store.ts';
import { RetryBudget, type RetryBudgetOptions, retryBudgetSettings } from './retry-budget.ts';

/** Budgets by origin. */
export interface OriginBudgets extends AttemptBudget {
  /** The budget of an origin, such as `https://api.example.com`. */
  readonly at: (origin: string) => RetryBudget;
}

type OriginBudgetsOptions = Omit<RetryBudgetOptions, 'key'>;

/**
 * A {@link RetryBudget} for each origin that requests go to.
 *
 * @throws ConfigurationError for options that are not right.
 */
export function originBudgets(
  options: OriginBudgetsOptions & {
    /** Where requests go whose target is a path. */
    readonly baseUrl?: string | URL | undefined;
  } = {},
): OriginBudgets {
  const { baseUrl, ...given } = options;
  return budgetsBy(new OriginReader(baseUrl), given);
}

/** {@link originBudgets} of origins as they are read for others, too. */
export function budgetsBy(origins: OriginReader, options: OriginBudgetsOptions): OriginBudgets {
  const settings = parseSettings('originBudgets()', retryBudgetSettings, options);
  const { ratio, minPerSecond, store = memoryStore() } = settings;
  const budgets = new PerOrigin(
    (origin) => new RetryBudget({ ratio, minPerSecond, store, key: `retry-budget ${origin}` }),
    origins,
  );
  return {
    record: (request: TransportRequest) => budgets.of(request).record(),
    take: (request) => budgets.of(request).take(),
    at: (origin) => budgets.at(origin),
  };
}
