import { createClient } from '../client/create-client.ts';
import { ConfigurationError, type ConfigurationIssue } from '../errors/local-errors.ts';
import type { Middleware } from '../middleware/middleware.ts';
import { describeValue } from '../settings/describe-value.ts';
import { REDACTED } from '../secrets/secret.ts';
import type { Explanation } from '../settings/explain-config.ts';
import { configurationError, parseSettings } from '../settings/parse-settings.ts';
import { ClientConfig, type ResolvedConfig, resolveClientConfig } from './client-config.ts';
import type { ClientConfigOptions } from './client-config-table.ts';
import type { EntryFacts } from './entry-facts.ts';
import { healthSettings } from './health-options.ts';
import { isManagedClient, type ManagedClient, type Probe } from './managed-client.ts';
import { type ManagerSettings, registerSettings } from './manager-options.ts';

/** What `register()` was given, and the layer that tells of calls. */
export interface Registration {
  readonly id: string;
  readonly given: object;
  readonly options: object | undefined;
  readonly observe: Middleware;
}

/**
 * Checks a registration, and makes the client where it is a configuration: nothing is made when
 * anything is wrong.
 *
 * @throws ConfigurationError with everything that is wrong with options and configuration.
 */
export function readRegistration(
  { id, given, options, observe }: Registration,
  manager: ManagerSettings,
): EntryFacts {
  const subject = `the client '${id}'`;
  const issues: ConfigurationIssue[] = [];
  const settings = collect(issues, () => parseSettings(subject, registerSettings, options));
  const config = isManagedClient(given)
    ? undefined
    : collect(issues, () => readConfig(given, manager, subject));
  if (issues.length > 0 || settings === undefined) throw configurationError(subject, issues);
  const health = parseSettings(subject, healthSettings, {
    ...manager.health,
    ...withoutAbsent(settings.health ?? {}),
  });
  const client = config === undefined ? (given as ManagedClient) : make(config, manager, observe);
  const { ownClient, probe, circuit, metadata = config?.settings.metadata } = settings;
  return {
    id,
    type: config?.settings.type ?? client.transport?.name ?? 'custom',
    client,
    ownsClient: ownClient ?? config !== undefined,
    probe: probe === false ? undefined : (probe ?? ownProbe(client)),
    health,
    circuit,
    metadata: shownOf(metadata, manager.metadataKeys),
    explain:
      config === undefined
        ? client.explainConfig && (() => client.explainConfig!())
        : () => hideMetadata(config.explain(), manager.metadataKeys),
    secrets: config?.secrets ?? [],
  };
}

function readConfig(given: object, manager: ManagerSettings, subject: string): ResolvedConfig {
  if (manager.registry === undefined) {
    const message = `expected a client, or a manager with a registry that makes one of a configuration; found ${describeValue(given)} and no registry`;
    throw configurationError(subject, [{ option: 'registry', message }]);
  }
  if (given instanceof ClientConfig) return resolveClientConfig(given, manager.registry, subject);
  const { registry, env, envPrefix: prefix, envAliases } = manager;
  const sources = { registry, env, prefix, envAliases, subject };
  const config = ClientConfig.from(given as ClientConfigOptions, sources);
  return resolveClientConfig(config, undefined);
}

/** What was wrong is collected; it gives nothing then. */
function collect<Value>(issues: ConfigurationIssue[], read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    issues.push(...error.issues);
    return undefined;
  }
}

function make(
  { options, settings }: ResolvedConfig,
  { registry, clock }: ManagerSettings,
  observe: Middleware,
): ManagedClient {
  return createClient({
    clock,
    ...options,
    env: {},
    transport: settings.type,
    registry,
    middleware: [observe, ...settings.middleware],
  } as never);
}

function ownProbe(client: ManagedClient): Probe | undefined {
  const { transport } = client;
  if (transport?.probe === undefined) return undefined;
  return (_client, context) => transport.probe!(context);
}

function shownOf(
  metadata: Readonly<Record<string, string>> | undefined,
  keys: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const shown = Object.entries(metadata ?? {}).filter(([name]) => keys.includes(name));
  return shown.length === 0 ? undefined : Object.freeze(Object.fromEntries(shown));
}

/** What `status()` does not show of the metadata, an explanation does not either. */
function hideMetadata(
  explained: Readonly<Record<string, Explanation>>,
  keys: readonly string[],
): Readonly<Record<string, Explanation>> {
  const { metadata } = explained;
  if (metadata === undefined) return explained;
  const entries = Object.entries(metadata.value as Readonly<Record<string, unknown>>);
  const value = Object.fromEntries(
    entries.map(([name, text]) => [name, keys.includes(name) ? text : REDACTED]),
  );
  return { ...explained, metadata: { ...metadata, value } };
}

function withoutAbsent(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
