import type { Explanation } from '../settings/explain-config.ts';
import type { CallContext } from '../transport.ts';

/**
 * What the manager needs of a client: every client of Linkspan has it, and so may a database, a queue
 * or a provider's SDK. What has no `connect` is connected when its probe says so.
 */
export interface ManagedClient {
  connect?(): Promise<unknown>;
  close(options?: { readonly drainMs?: number }): Promise<unknown>;
  /** Tells which value each option has, where it can. */
  explainConfig?(): Readonly<Record<string, Explanation>>;
  /** Its `probe` is what checks it, unless the registration has one. */
  readonly transport?: {
    readonly name: string;
    probe?(context: CallContext): Promise<unknown>;
  };
}

/** A sign of life of a client: it resolves when there is one, and ends when `context.signal` aborts. */
export type Probe<Client = ManagedClient> = (
  client: Client,
  context: CallContext,
) => Promise<unknown>;

/** Whether a value can be managed. */
export function isManagedClient(value: unknown): value is ManagedClient {
  return typeof (value as Partial<ManagedClient> | null | undefined)?.close === 'function';
}
