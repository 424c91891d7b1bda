import { type AttemptBudget, type TransportRequest, parseSettings } from '@linkspan/core';
import { PerOrigin } from '../origin/per-origin.ts';
import { memoryStore } from '../store/memory-store.ts';
import { RetryBudget, type RetryBudgetOptions, retryBudgetSettings } from './retry-budget.ts';

/**
 * A {@link RetryBudget} for each origin that requests go to.
 *
 * @throws ConfigurationError for options that are not right.
 */
export function originBudgets(
  options: Omit<RetryBudgetOptions, 'key'> & {
    /** Where requests go whose target is a path. */
    readonly baseUrl?: string | URL | undefined;
  } = {},
): AttemptBudget & { readonly at: (origin: string) => RetryBudget } {
  const { baseUrl, ...given } = options;
  const settings = parseSettings('originBudgets()', retryBudgetSettings, given);
  const { ratio, minPerSecond, store = memoryStore() } = settings;
  const budgets = new PerOrigin(
    (origin) => new RetryBudget({ ratio, minPerSecond, store, key: `retry-budget ${origin}` }),
    baseUrl,
  );
  return {
    record: (request: TransportRequest) => budgets.of(request).record(),
    take: (request) => budgets.of(request).take(),
    at: (origin) => budgets.at(origin),
  };
}
