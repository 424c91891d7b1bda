import type { StumbleKind } from './stumble.ts';

/** The stumbles that are an error of the provider with a status of its own. */
export type RefusalKind = Extract<
  StumbleKind,
  'rate-limit' | 'overloaded' | 'server-error' | 'quota' | 'bad-key'
>;

/** An error as an upstream reports it; each provider has its own form for it. */
export interface ProviderFault {
  readonly status: number;
  readonly message: string;
  /** The provider's word for the class of the error. @default the provider's word for the status */
  readonly type?: string | undefined;
  /** The provider's word for this error alone. */
  readonly code?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** How a provider refuses a request, by the stumble. */
export type FaultTable = Readonly<Record<RefusalKind, ProviderFault>>;

/** Whether a stumble is an error of the provider. */
export function isRefusal(kind: StumbleKind): kind is RefusalKind {
  return refusals.has(kind);
}

const refusals: ReadonlySet<StumbleKind> = new Set<RefusalKind>([
  'rate-limit',
  'overloaded',
  'server-error',
  'quota',
  'bad-key',
]);

/** A wait in whole seconds, as `retry-after` has it. */
export function retryAfterHeader(retryAfterMs: number | undefined): Record<string, string> {
  return retryAfterMs === undefined
    ? {}
    : { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) };
}
