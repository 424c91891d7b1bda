import type { Explanation } from '../settings/explain-config.ts';
import type { CircuitState } from './client-status.ts';
import type { HealthSettings } from './health-options.ts';
import type { ManagedClient, Probe } from './managed-client.ts';

/** One registered client, as the manager has been told of it. */
export interface EntryFacts {
  readonly id: string;
  readonly type: string;
  readonly client: ManagedClient;
  readonly ownsClient: boolean;
  readonly probe: Probe | undefined;
  readonly health: HealthSettings;
  readonly circuit: (() => CircuitState | undefined) | undefined;
  /** What of its metadata may be shown. */
  readonly metadata: Readonly<Record<string, string>> | undefined;
  /** Where its options came from, where that is known. */
  readonly explain: (() => Readonly<Record<string, Explanation>>) | undefined;
  /** What must not be shown, whoever says it. */
  readonly secrets: readonly string[];
}
