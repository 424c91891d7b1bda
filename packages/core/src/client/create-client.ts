import type { Environment } from '../settings/environment.ts';
import { explainConfig } from '../settings/explain-config.ts';
import * as setting from '../settings/kinds.ts';
import { GivenOptions } from '../settings/read-entries.ts';
import { type ConfigSources, type EnvAlias, gatherConfig } from '../settings/resolve-config.ts';
import { takeOptions } from '../settings/parse-settings.ts';
import type { Setting, SettingsEntries } from '../settings/setting.ts';
import type { Transport, TransportRequest } from '../transport.ts';
import type { TransportLookup, TransportRegistry } from '../transport-registry.ts';
import { type Client, CoreClient } from './client.ts';
import { type ClientBaseOptions, clientSettings } from './client-options.ts';
import { findFactory, isLookup, isTransport, only, transportSetting } from './find-factory.ts';
import { withConfig } from './with-config.ts';

/** A transport, whatever its chunks and its way of writing a request. */
// oxlint-disable-next-line typescript/no-explicit-any -- a bound: the parameters are inferred
export type AnyTransport = Transport<any, any>;

/** The way in which a transport's requests are written. */
export type InitOf<T> = T extends { prepare?(init: infer Init): TransportRequest }
  ? unknown extends Init
    ? TransportRequest
    : Init
  : TransportRequest;

/** What the answers of a transport consist of. */
export type ChunkOf<T> = T extends Transport<infer Chunk, never> ? Chunk : Uint8Array;

/** Where a client takes options from that are not given to it. */
export interface ConfigOptions {
  /** Options as data, from a file say. One that stands beside it wins. */
  readonly config?: ClientBaseOptions | undefined;
  /** The variables: `LINKSPAN_TOTAL_MS` for `totalMs`. @default the environment of the process */
  readonly env?: Environment | undefined;
  /** What the names of variables begin with. @default 'LINKSPAN_' */
  readonly envPrefix?: string | undefined;
  /** Older names of variables, by option. */
  readonly envAliases?: Readonly<Record<string, string | EnvAlias>> | undefined;
}

/** What a client is made of. */
export interface ClientOptions<T extends AnyTransport = Transport>
  extends ClientBaseOptions, ConfigOptions {
  readonly transport: T;
  /** Whether `close()` closes the transport too. @default false */
  readonly ownTransport?: boolean | undefined;
}

/** What a client is made of whose transport is made by a factory: its options stand beside the client's. */
export type NamedClientOptions<Factories, Name extends keyof Factories> = ClientBaseOptions &
  ConfigOptions &
  OptionsOfFactory<Factories[Name]> & {
    readonly transport: Name;
    readonly registry: TransportRegistry<Factories & object>;
    /** Whether `close()` closes the transport too. @default true */
    readonly ownTransport?: boolean | undefined;
  };

type OptionsOfFactory<Factory> = Factory extends { create(options: infer Options): unknown }
  ? Options
  : object;
type MadeBy<Factory> = Factory extends { create(options: never): infer Made } ? Made : never;

/** The names that have a meaning for the client itself. */
const ownTable = {
  transport: transportSetting,
  registry: setting.custom<TransportLookup>({
    optional: true,
    expected: 'a TransportRegistry',
    check: (value) => (isLookup(value) ? value : undefined),
  }),
  ownTransport: setting.boolean({ optional: true, env: false }),
  config: anObject<object>('an object of options'),
  env: anObject<Environment>('an object of variables'),
  envPrefix: setting.string({ optional: true, env: false }),
  envAliases: anObject<NonNullable<ConfigOptions['envAliases']>>(
    'an object of options and the names of variables',
  ),
  ...clientSettings,
};

/**
 * Makes a client over a transport, or over the transport that a factory of the `registry` makes.
 * The client closes a transport that it was given only when `ownTransport` says that it is its own.
 *
 * @throws ConfigurationError with everything that is wrong, in options and environment.
 */
export function createClient<Factories, Name extends keyof Factories & string>(
  options: NamedClientOptions<Factories, Name>,
): Client<InitOf<MadeBy<Factories[Name]>>, ChunkOf<MadeBy<Factories[Name]>>>;
export function createClient<T extends AnyTransport>(
  options: ClientOptions<T>,
): Client<InitOf<T>, ChunkOf<T>>;
export function createClient(options: ConfigOptions): Client<never, never> {
  const subject = 'createClient()';
  takeOptions(subject, options);
  const given = withConfig(options ?? {});
  const named = findFactory(given, ownTable);
  const table = { ...named.table, ...ownTable, transport: named.setting };
  const sources: ConfigSources = {
    subject,
    env: options?.env,
    prefix: options?.envPrefix,
    envAliases: options?.envAliases,
  };
  const { settings, given: values } = gatherConfig(table, named.options, sources);
  const { transport: found, ownTransport } = settings;
  const transport = isTransport(found)
    ? found
    : found.create({ ...named.rest, ...pick(values, named.table) } as never);
  const explained = { ...named.table, ...clientSettings };
  return new CoreClient<never, never>(
    transport as Transport<never>,
    ownTransport ?? !isTransport(found),
    settings,
    () => explainConfig(explained, only(given, explained), sources),
  );
}

/** What was given for a table, by option or variable, as the factory takes it. */
function pick(values: GivenOptions, table: SettingsEntries): object {
  const picked: [string, unknown][] = [];
  for (const [name, entry] of Object.entries(table)) {
    const given = entry.shape.type === 'alias' ? undefined : values.get(name);
    if (given !== undefined) picked.push([name, plain(given.value)]);
  }
  return Object.fromEntries(picked);
}

function plain(value: unknown): unknown {
  if (!(value instanceof GivenOptions)) return value;
  return Object.fromEntries([...value].map(([name, given]) => [name, plain(given.value)]));
}

function anObject<Value extends object>(
  expected: string,
): Setting<Value | undefined, Value, false> {
  return setting.custom<Value>({
    optional: true,
    expected,
    check: (value) => (typeof value === 'object' && value !== null ? (value as Value) : undefined),
  });
}
