/**
 * Many clients in one place: `ClientManager` registers them by their names, connects, checks and
 * closes them, and tells how each one is. An entry of its own, because a program with one client
 * needs none of it. Nothing here needs Node.
 */
export { ClientConfig, type ClientConfigSources } from './client-config.ts';
export type { ClientConfigOptions, ClientConfigSettings } from './client-config-table.ts';
export { ClientManager } from './client-manager.ts';
export type {
  CircuitState,
  ClientState,
  ClientStatus,
  ManagerStatus,
  Tally,
} from './client-status.ts';
export type { ClientOfType, ConfigOfType } from './config-of-type.ts';
export type { HealthOptions } from './health-options.ts';
export type { ManagedClient, Probe } from './managed-client.ts';
export type {
  CheckNotice,
  ClientManagerOptions,
  ManagerEvents,
  RegisterOptions,
  StatusChange,
} from './manager-options.ts';
export type { ErrorReport } from './show-error.ts';
