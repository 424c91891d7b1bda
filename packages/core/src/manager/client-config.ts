import { redactHeaders, isSecretHeader, secretValues } from '../secrets/redact-headers.ts';
import { redactUrl } from '../secrets/redact-url.ts';
import { REDACTED, Secret } from '../secrets/secret.ts';
import { type Environment, processEnvironment } from '../settings/environment.ts';
import { explainConfig, type Explanation } from '../settings/explain-config.ts';
import { isPlainObject } from '../settings/is-plain-object.ts';
import * as setting from '../settings/kinds.ts';
import { GivenOptions } from '../settings/read-entries.ts';
import { type EnvAlias, gatherConfig, resolveConfig } from '../settings/resolve-config.ts';
import type { SettingsEntries } from '../settings/setting.ts';
import type { TransportLookup } from '../transport-registry.ts';
import {
  anyBlock,
  blockOf,
  type ClientConfigOptions,
  type ClientConfigSettings,
  configTable,
} from './client-config-table.ts';

/** Where a configuration comes from, beside the options, and who checks what is the transport's. */
export interface ClientConfigSources {
  /** Says what its transports take, so that it can be checked at once. @default checked where a client is made */
  readonly registry?: TransportLookup | undefined;
  /** @default the environment of the process */
  readonly env?: Environment | undefined;
  /** What the names of variables begin with. @default 'LINKSPAN_' */
  readonly prefix?: string | undefined;
  /** Older names, by option: `{ totalMs: { name: 'API_TIMEOUT', unit: 's' } }`. */
  readonly envAliases?: Readonly<Record<string, string | EnvAlias>> | undefined;
  /** What is being configured, for messages. @default 'ClientConfig' */
  readonly subject?: string | undefined;
}

/** A configuration as a client is made of it. It holds secrets, and is handed to nobody else. */
export interface ResolvedConfig {
  /** The options of `createClient()`. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly settings: ClientConfigSettings;
  readonly explain: () => Readonly<Record<string, Explanation>>;
  /** The texts in it that must not be shown. */
  readonly secrets: readonly string[];
}

interface Gathered {
  readonly table: SettingsEntries;
  readonly settings: ClientConfigSettings & Readonly<Record<string, unknown>>;
  readonly given: GivenOptions;
}

/** The configuration with a registry that knows its transport. @throws ConfigurationError */
export let resolveClientConfig: (
  config: ClientConfig,
  registry: TransportLookup | undefined,
  subject?: string,
) => ResolvedConfig;

/**
 * What a client is made of, from data and environment, checked. It can be printed: `toJSON()`, the
 * console and {@link explainConfig} show no secret.
 *
 * ```ts
 * const config = ClientConfig.fromEnv('BILLING_'); // BILLING_TYPE, BILLING_BASE_URL, BILLING_TOTAL_MS
 * manager.register('billing', config);
 * ```
 */
export class ClientConfig {
  static {
    resolveClientConfig = (config, registry, subject) => config.#resolve(registry, subject);
    // What the console and `util.inspect` of Node call.
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: ClientConfig, _depth: number, options: object, inspect: Inspect): string {
        return `ClientConfig ${inspect(this.toJSON(), options)}`;
      },
    });
  }

  readonly #options: object;
  readonly #sources: ClientConfigSources;
  readonly #gathered: Gathered;

  private constructor(options: object, sources: ClientConfigSources) {
    this.#options = options;
    // As it is now: what was checked is what a client is made of.
    this.#sources = { ...sources, env: { ...(sources.env ?? processEnvironment()) } };
    this.#gathered = gather(options, this.#sources);
  }

  /**
   * A configuration of data, a file say. What it does not say is taken from the environment, and
   * else the default.
   *
   * @throws ConfigurationError with everything that is wrong, in options and variables.
   */
  static from(options: ClientConfigOptions, sources: ClientConfigSources = {}): ClientConfig {
    return new ClientConfig(options, sources);
  }

  /**
   * A configuration of variables alone, named like their options behind the prefix: `API_TYPE`,
   * `API_BASE_URL`, `API_TOTAL_MS`, `API_MAX_RETRIES`, `API_HEADERS` (`name=value,other=value`), and
   * where a `registry` knows the type, those of its transport: `API_CONNECTIONS`.
   *
   * @throws ConfigurationError with every variable that is wrong; the text of none that may be secret.
   */
  static fromEnv(
    prefix: string = 'LINKSPAN_',
    sources: Omit<ClientConfigSources, 'prefix'> = {},
  ): ClientConfig {
    return new ClientConfig({}, { ...sources, prefix });
  }

  /** The name of the transport. */
  get type(): string {
    return this.#gathered.settings.type;
  }

  /** What is known of the client beside. */
  get metadata(): Readonly<Record<string, string>> {
    return this.#gathered.settings.metadata;
  }

  /** All that every client takes, with defaults. The headers may hold secrets. */
  get settings(): ClientConfigSettings {
    return this.#gathered.settings;
  }

  /** Which value each option has, and where it came from; secrets are redacted. */
  explainConfig(): Readonly<Record<string, Explanation>> {
    return this.#explain(this.#gathered);
  }

  /** What was given, by options and variables, without secrets. */
  toJSON(): Readonly<Record<string, unknown>> {
    const given = Object.entries(this.explainConfig()).filter(
      ([, { origin }]) => origin !== 'default',
    );
    return Object.fromEntries(given.map(([option, { value }]) => [option, value]));
  }

  #explain({ table, settings, given }: Gathered): Readonly<Record<string, Explanation>> {
    const explained = { ...explainConfig(table, this.#options, this.#sources) };
    const address = given.get('baseUrl')?.value;
    const unread = Object.keys(table).filter((name) => table[name] === anyBlock && given.has(name));
    return {
      ...explained,
      ...Object.fromEntries(
        unread.map((name) => [
          name,
          { ...explained[name]!, value: namesOf(given.get(name)?.value) },
        ]),
      ),
      // Names alone do not tell which headers are secret: shown are those that are known not to be.
      headers: { ...explained['headers']!, value: redactHeaders(settings.headers) },
      ...(address !== undefined && {
        baseUrl: { ...explained['baseUrl']!, value: redactUrl(address as string | URL) },
      }),
    };
  }

  #resolve(registry: TransportLookup | undefined, subject: string | undefined): ResolvedConfig {
    const gathered =
      registry === undefined
        ? this.#gathered
        : gather(this.#options, { ...this.#sources, registry, ...(subject && { subject }) });
    const { table, settings, given } = gathered;
    const block = blockOf(settings.type);
    const options: Record<string, unknown> = {};
    for (const [name, { shape }] of Object.entries(table)) {
      const own = shape.type === 'alias' ? undefined : given.get(name);
      if (own === undefined || name === 'type' || name === 'metadata') continue;
      if (name === block) Object.assign(options, plain(own.value));
      else options[name] = plain(own.value);
    }
    return {
      options,
      settings,
      explain: () => this.#explain(gathered),
      secrets: secretsIn(settings.headers, settings[block], options),
    };
  }
}

type Inspect = (value: unknown, options: object) => string;

function gather(options: object, sources: ClientConfigSources): Gathered {
  const { registry, ...others } = sources;
  const from = { subject: 'ClientConfig', ...others };
  const table = configTable(findType(options, from), registry);
  return { table, ...gatherConfig(table, options, from) } as never;
}

/** Which type it is, before it is known what else there may be. */
function findType(options: object, sources: ClientConfigSources): string | undefined {
  const { type } = (isPlainObject(options) ? options : {}) as { readonly type?: unknown };
  if (type !== undefined) return typeof type === 'string' && type !== '' ? type : undefined;
  return resolveConfig({ type: setting.string({ optional: true }) }, {}, sources).type;
}

/** What was given, as `createClient()` takes it. */
function plain(value: unknown): unknown {
  if (!(value instanceof GivenOptions)) return value;
  return Object.fromEntries([...value].map(([name, given]) => [name, plain(given.value)]));
}

/** Which options there are, without their values: nobody has said which of them are secret. */
function namesOf(block: unknown): object {
  const names = Object.keys(block as object);
  return Object.fromEntries(names.map((name) => [name, REDACTED]));
}

function secretsIn(
  headers: Readonly<Record<string, string>>,
  block: unknown,
  options: Readonly<Record<string, unknown>>,
): readonly string[] {
  const found = [...secretValues(headers)];
  for (const value of Object.values({ ...(block as object | undefined) })) {
    if (value instanceof Secret) found.push(value.reveal());
  }
  for (const [name, value] of Object.entries(options)) {
    // `accessToken` is to an option what `access-token` is to a header.
    const header = name.replace(/(?<=[a-z])(?=[A-Z])/g, '-');
    if (typeof value === 'string' && isSecretHeader(header)) found.push(value);
  }
  return found;
}
