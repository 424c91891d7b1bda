import type { Clock } from '@linkspan/concurrency';
import { memoryStore, originBudgets } from '@linkspan/resilience';
import type { CallReconnectSettings } from './reconnect-options.ts';

/** How connections are made again, with a budget for each origin unless there is one, or is to be none. */
export function withOwnBudget<Settings extends CallReconnectSettings>(
  reconnect: Settings,
  clock: Clock,
): Settings {
  if (reconnect.budget !== undefined) return reconnect;
  return { ...reconnect, budget: originBudgets({ store: memoryStore({ clock }) }) };
}
