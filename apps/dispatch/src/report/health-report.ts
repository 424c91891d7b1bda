import type { UpstreamStatus } from '../delivery/clients.ts';
import type { UpstreamId } from '../command-line/endpoints.ts';

/** How often something went well, and how often not. */
interface Tally {
  readonly successes: number;
  readonly failures: number;
}

/** How one upstream was in a run. Circuit, retries and limits are those of its origin. */
export interface HealthReport {
  readonly id: UpstreamId;
  /** Its origin, or `rehearsal`. */
  readonly upstream: string;
  /** How it was at the end: `connected`, `degraded`, `error`, or `idle` when nothing was sent. */
  readonly state: string;
  /** Requests, retries included; they failed when the upstream was to blame. */
  readonly calls: Tally;
  /** Health checks. */
  readonly checks: Tally;
  /** The response times of the checks: their moving average, and what 95 of 100 were within. */
  readonly ewmaMs?: number;
  readonly p95Ms?: number;
  /** The last failure of a call or a check: its code. */
  readonly lastError?: string;
  readonly circuit: UpstreamStatus['circuit'];
  readonly retries: UpstreamStatus['retries'];
  /** What the upstream said last that is left of its limits. */
  readonly limits: UpstreamStatus['limits'];
}

/** What the report tells of an upstream. */
export function reportHealth({
  label,
  client,
  circuit,
  retries,
  limits,
}: UpstreamStatus): HealthReport {
  const { id, state, calls, checks, ewmaMs, p95Ms, lastError } = client;
  return {
    id: id as UpstreamId,
    upstream: label,
    state,
    calls,
    checks,
    ...(ewmaMs !== undefined && { ewmaMs }),
    ...(p95Ms !== undefined && { p95Ms }),
    ...(lastError !== undefined && { lastError: lastError.code }),
    circuit,
    retries,
    limits,
  };
}
