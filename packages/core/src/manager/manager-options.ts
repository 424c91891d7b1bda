import type { Clock } from '@linkspan/concurrency';
import { clientSettings } from '../client/client-options.ts';
import { isLookup } from '../client/find-factory.ts';
import type { Environment } from '../settings/environment.ts';
import * as setting from '../settings/kinds.ts';
import type { EnvAlias } from '../settings/resolve-config.ts';
import type { Setting, SettingsTable } from '../settings/setting.ts';
import type { TransportLookup, TransportRegistry } from '../transport-registry.ts';
import type { CircuitState, ClientState, ClientStatus } from './client-status.ts';
import { type HealthOptions, type HealthSettings, healthSettings } from './health-options.ts';
import type { ManagedClient, Probe } from './managed-client.ts';
import type { ErrorReport } from './show-error.ts';

/** A client that has come into another state. */
export interface StatusChange {
  readonly id: string;
  readonly from: ClientState;
  readonly to: ClientState;
  readonly status: ClientStatus;
}

/** What came of a check: what a metric needs. */
export interface CheckNotice {
  readonly id: string;
  readonly type: string;
  readonly result: 'success' | 'failure' | 'cancelled';
  /** How long the probe took that succeeded. */
  readonly responseTimeMs?: number;
  /** Why it failed. */
  readonly error?: ErrorReport;
  /** The state that the client is in now. */
  readonly state: ClientState;
  /** The entries of the client's metadata that `metadataKeys` names. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What {@link ClientManager.on} tells of. What a listener throws is reported as a warning. */
export interface ManagerEvents {
  readonly statusChange: (change: StatusChange) => void | Promise<void>;
  readonly check: (notice: CheckNotice) => void | Promise<void>;
}

/** What a `ClientManager` takes. All times are in milliseconds. */
export interface ClientManagerOptions<Factories extends object = object> {
  /** Makes the clients that are registered by their configuration. */
  readonly registry?: TransportRegistry<Factories> | undefined;
  /** How clients are checked that do not say otherwise. */
  readonly health?: HealthOptions | undefined;
  /** How many checks, and how many connects of `connectAll()`, are under way at a time. @default 10 */
  readonly concurrency?: number | undefined;
  /** How long a connect may take. @default 10_000 */
  readonly connectMs?: number | undefined;
  /** Told of every change of a state. */
  readonly onStatusChange?: ManagerEvents['statusChange'] | undefined;
  /** Told of every check, for metrics. */
  readonly onCheck?: ManagerEvents['check'] | undefined;
  /**
   * Which entries of the metadata of clients `status()`, `explainConfig()`, events and hooks may show.
   * @default []
   */
  readonly metadataKeys?: readonly string[] | undefined;
  /** Where configurations take from what they do not say. @default the environment of the process */
  readonly env?: Environment | undefined;
  /** What the names of variables begin with. @default 'LINKSPAN_' */
  readonly envPrefix?: string | undefined;
  /** Older names of variables, by option. */
  readonly envAliases?: Readonly<Record<string, string | EnvAlias>> | undefined;
  /** Where all waits come from, those of clients that are made here too. @default the platform's */
  readonly clock?: Clock | undefined;
  /** The time of day in milliseconds since 1970, for dates in statuses. @default Date.now */
  readonly now?: (() => number) | undefined;
  /** Numbers from 0 up to 1, for jitter. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** {@link ClientManagerOptions}, checked and with defaults. */
export interface ManagerSettings {
  readonly registry: TransportLookup | undefined;
  readonly health: HealthSettings;
  readonly concurrency: number;
  readonly connectMs: number;
  readonly onStatusChange: ManagerEvents['statusChange'] | undefined;
  readonly onCheck: ManagerEvents['check'] | undefined;
  readonly metadataKeys: readonly string[];
  readonly env: Environment | undefined;
  readonly envPrefix: string | undefined;
  readonly envAliases: Readonly<Record<string, string | EnvAlias>> | undefined;
  readonly clock: Clock;
  readonly now: () => number;
  readonly random: () => number;
}

/** How one client is managed. */
export interface RegisterOptions<Client = ManagedClient> {
  /** Whether closing it here closes the client itself. @default whether it was made here */
  readonly ownClient?: boolean | undefined;
  /**
   * What checks the client; `false` for nothing: its checks connect it where it is not connected, and
   * else tell its state. @default the `probe` of its transport
   */
  readonly probe?: Probe<Client> | false | undefined;
  /** What is different in checking this client. */
  readonly health?: HealthOptions | undefined;
  /** Tells the state of the circuit breaker in front of the client. */
  readonly circuit?: (() => CircuitState | undefined) | undefined;
  /** What is known of the client beside. @default the metadata of its configuration */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** {@link RegisterOptions}, checked; what is absent is as the manager has it. */
export interface RegisterSettings {
  readonly ownClient: boolean | undefined;
  readonly probe: Probe | false | undefined;
  readonly health: HealthOptions | undefined;
  readonly circuit: (() => CircuitState | undefined) | undefined;
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

const healthGroup = setting.group(healthSettings);

/** The table of {@link ClientManagerOptions}. */
export const managerSettings: SettingsTable<ManagerSettings, ClientManagerOptions> = {
  registry: setting.custom<TransportLookup>({
    optional: true,
    expected: 'a TransportRegistry',
    check: (value) => (isLookup(value) ? value : undefined),
  }),
  health: healthGroup,
  concurrency: setting.integer({ default: 10, min: 1, orInfinity: true }),
  connectMs: setting.durationMs({ default: 10_000 }),
  onStatusChange: setting.callback<ManagerEvents['statusChange']>({ optional: true }),
  onCheck: setting.callback<ManagerEvents['check']>({ optional: true }),
  metadataKeys: setting.list(setting.string(), { default: [] }),
  env: anObject<Environment>('an object of variables'),
  envPrefix: setting.string({ optional: true }),
  envAliases: anObject<Readonly<Record<string, string | EnvAlias>>>(
    'an object of options and the names of variables',
  ),
  clock: clientSettings.clock,
  now: setting.callback<() => number>({ default: Date.now }),
  random: clientSettings.random,
};

/** The table of {@link RegisterOptions}. */
export const registerSettings: SettingsTable<RegisterSettings, RegisterOptions> = {
  ownClient: setting.boolean({ optional: true }),
  probe: setting.custom<Probe | false>({
    optional: true,
    expected: 'a function or false',
    check: (value) =>
      value === false || typeof value === 'function' ? (value as Probe) : undefined,
  }),
  health: setting.custom<HealthOptions>({
    optional: true,
    expected: 'an object',
    // As it was given: what is left out is as the manager has it, and not as a default would be.
    check: (value, report) =>
      healthGroup.read(value, report) === undefined ? undefined : (value as HealthOptions),
  }),
  circuit: setting.callback<() => CircuitState | undefined>({ optional: true }),
  metadata: setting.record(setting.string(), { optional: true }),
};

function anObject<Value extends object>(
  expected: string,
): Setting<Value | undefined, Value, false> {
  return setting.custom<Value>({
    optional: true,
    expected,
    check: (value) => (typeof value === 'object' && value !== null ? (value as Value) : undefined),
  });
}
