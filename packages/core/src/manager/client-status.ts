import type { ErrorReport } from './show-error.ts';

/**
 * How a client is: `idle` before its first connect or check, `connecting`, `connected`, `degraded`
 * when it answers but slowly or not every time, `error` when it does not, and `disconnected` once the
 * manager has closed it.
 */
export type ClientState =
  | 'idle'
  | 'connecting'
  | 'connected'
  | 'degraded'
  | 'disconnected'
  | 'error';

/** What a circuit breaker is doing. */
export type CircuitState = 'closed' | 'open' | 'half-open';

/** How often something went well, and how often not. */
export interface Tally {
  readonly successes: number;
  readonly failures: number;
}

/** All that is known of one client, as plain JSON; what is not known is left out. */
export interface ClientStatus {
  readonly id: string;
  /** The name of its transport: `'http'`. */
  readonly type: string;
  readonly state: ClientState;
  /** When it came into this state: ISO 8601, as all dates here. */
  readonly since: string;
  /** How long the last check that succeeded took. */
  readonly responseTimeMs?: number;
  /** The moving average of the response times, in which the last ones weigh most. */
  readonly ewmaMs?: number;
  /** What 95 of 100 of the last 128 response times were within. */
  readonly p95Ms?: number;
  /** The usual response time, which `degradedRatio` compares with. */
  readonly baselineMs?: number;
  readonly lastCheckAt?: string;
  /** The last failure, of a connect, a check or a call. */
  readonly lastError?: ErrorReport;
  readonly lastErrorAt?: string;
  /** Checks and calls that failed since one succeeded. */
  readonly consecutiveFailures: number;
  readonly checks: Tally;
  /** The attempts of calls, where the manager sees them: see `observe()`. */
  readonly calls: Tally;
  /** Where the client was registered with a `circuit`. */
  readonly circuit?: CircuitState;
  /** The entries of the client's metadata that `metadataKeys` names. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The state of everything, as plain JSON. */
export interface ManagerStatus {
  /** Whether no client is in the state `error`. */
  readonly healthy: boolean;
  /** How many clients there are in each state. */
  readonly states: Readonly<Record<ClientState, number>>;
  readonly clients: Readonly<Record<string, ClientStatus>>;
}

/** The state of all from the states of each. */
export function summarizeStatus(statuses: readonly ClientStatus[]): ManagerStatus {
  const states = { idle: 0, connecting: 0, connected: 0, degraded: 0, disconnected: 0, error: 0 };
  for (const { state } of statuses) states[state] += 1;
  return {
    healthy: states.error === 0,
    states,
    clients: Object.fromEntries(statuses.map((status) => [status.id, status])),
  };
}
