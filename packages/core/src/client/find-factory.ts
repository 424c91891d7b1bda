import { ConfigurationError } from '../errors/local-errors.ts';
import * as setting from '../settings/kinds.ts';
import type { Setting, SettingsEntries } from '../settings/setting.ts';
import { suggestName } from '../settings/suggest-name.ts';
import type { TransportFactory, TransportLookup } from '../transport-registry.ts';
import type { AnyTransport } from './create-client.ts';

/** What the option `transport` takes, once a name has been looked up. */
export const transportSetting: Setting<
  AnyTransport | TransportFactory,
  AnyTransport | TransportFactory,
  true
> = setting.custom<AnyTransport | TransportFactory>({
  expected: 'a transport, such as httpTransport() of @linkspan/http, or the name of one',
  check: (value) => (isTransport(value) || isFactory(value) ? value : undefined),
});

/** The factory that a client's transport comes from, and who checks which option. */
export interface FoundFactory {
  /** What `transport` may be, given what the registry says. */
  readonly setting: typeof transportSetting;
  /** The table of the factory's options. */
  readonly table: SettingsEntries;
  /** The options that the tables check. */
  readonly options: object;
  /** The options of a factory that checks them alone. */
  readonly rest: object;
}

/**
 * Looks up the factory that `transport` names, so that its options are checked with the client's
 * own, of which there is the table `ownTable`.
 */
export function findFactory(options: object, ownTable: SettingsEntries): FoundFactory {
  const { transport, registry } = options as { transport?: unknown; registry?: unknown };
  const found = { setting: transportSetting, table: {}, options, rest: {} };
  if (typeof transport !== 'string') return found;
  try {
    const factory = lookUp(transport, registry);
    const known = { ...options, transport: factory };
    if (factory.settings !== undefined)
      return { ...found, table: factory.settings, options: known };
    return { ...found, options: only(known, ownTable), rest: except(options, ownTable) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const message = error.issues[0]?.message ?? error.message;
    return {
      ...found,
      setting: {
        ...transportSetting,
        read: (_value, report) => {
          report(message);
          return undefined;
        },
      },
      // Whose the other options are is not known: reported are only those that look like ours.
      options: withoutForeign(options, ownTable),
    };
  }
}

function lookUp(name: string, registry: unknown): TransportFactory {
  if (isLookup(registry)) return registry.get(name);
  const message = `there is no registry to look up '${name}' in; give one as 'registry', or use createClient() of the package linkspan`;
  throw new ConfigurationError(`Cannot configure createClient(): transport: ${message}`, {
    issues: [{ option: 'transport', message }],
  });
}

function withoutForeign(options: object, ownTable: SettingsEntries): object {
  const names = Object.keys(ownTable);
  return Object.fromEntries(
    Object.entries(options).filter(
      ([name]) => Object.hasOwn(ownTable, name) || suggestName(name, names) !== undefined,
    ),
  );
}

/** The options that a table knows. */
export function only(options: object, table: SettingsEntries): object {
  return Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(table, name)));
}

function except(options: object, table: SettingsEntries): object {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => !Object.hasOwn(table, name)),
  );
}

/** Whether a value is a transport. */
export function isTransport(value: unknown): value is AnyTransport {
  const transport = value as Partial<AnyTransport> | null | undefined;
  return typeof transport?.send === 'function' && typeof transport.close === 'function';
}

function isFactory(value: unknown): value is TransportFactory {
  return typeof (value as Partial<TransportFactory> | null | undefined)?.create === 'function';
}

/** Whether a value looks up factories by name, as a registry does. */
export function isLookup(value: unknown): value is TransportLookup {
  return typeof (value as Partial<TransportLookup> | null | undefined)?.get === 'function';
}
