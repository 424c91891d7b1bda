import {
  type ClientBaseOptions,
  type ClientSettings,
  clientSettings,
  ConfigurationError,
  type ConfigSources,
  type Environment,
  setting,
  type SettingsTable,
} from '@linkspan/core';
import {
  type AuthOptions,
  type Credentials,
  expectedAuth,
  type HeadersInit,
  normalizeHeaders,
  readAuth,
} from '@linkspan/core/wire';
import {
  type HttpTransportOptions,
  type HttpTransportSettings,
  httpTransportSettings,
} from '../options.ts';
import type { SlowCall } from './watch-slow-calls.ts';

/**
 * What {@link createHttpClient} takes: what every client takes, and what its transport takes, side by
 * side. All times are in milliseconds.
 */
export interface HttpClientOptions
  extends HttpTransportOptions, Omit<ClientBaseOptions, 'headers' | 'clock'> {
  /** Sent with every request that does not set them itself. Names in any case. */
  readonly headers?: HeadersInit | undefined;
  /**
   * Credentials for every request that does not bring its own. With a `baseUrl` they go to its
   * origin alone; without one, to every URL that you send a request to. A redirect to another origin
   * never carries them.
   */
  readonly auth?: AuthOptions | undefined;
  /** When a call counts as slow, from its begin to the end of its body. @default 10_000 */
  readonly slowMs?: number | undefined;
  /** Told once of every call that is still under way after `slowMs`. */
  readonly onSlow?: ((call: SlowCall) => void) | undefined;
  /** Options as data, from a file say. One that stands beside it wins. */
  readonly config?: Omit<HttpClientOptions, 'config'> | undefined;
  /** Where options come from that are not given: `LINKSPAN_CONNECTIONS` for `connections`. @default the environment of the process */
  readonly env?: Environment | undefined;
  /** What the names of environment variables begin with. @default 'LINKSPAN_' */
  readonly envPrefix?: string | undefined;
  /** Older names of environment variables, by option. */
  readonly envAliases?: ConfigSources['envAliases'];
}

/** What is checked for the http client alone. */
export interface HttpClientSettings {
  readonly headers: Readonly<Record<string, string>>;
  readonly auth: Credentials | undefined;
  readonly slowMs: number;
  readonly onSlow: ((call: SlowCall) => void) | undefined;
}

/** All settings of an http client: its own, its transport's, and those of every client. */
export type AllHttpSettings = Omit<ClientSettings, 'headers' | 'clock'> &
  HttpTransportSettings &
  HttpClientSettings;

/** What says where options come from, and is no setting. */
export type Sources = 'config' | 'env' | 'envPrefix' | 'envAliases';

/** The table of {@link HttpClientOptions}. */
export const httpClientSettings: SettingsTable<
  AllHttpSettings,
  Omit<HttpClientOptions, Sources>
> = {
  ...clientSettings,
  ...httpTransportSettings,
  headers: setting.custom<Readonly<Record<string, string>>, HeadersInit>({
    default: {},
    env: false,
    expected: 'headers: an object, Headers or pairs',
    check: readHeaders,
  }),
  auth: setting.custom<Credentials, AuthOptions>({
    optional: true,
    env: false,
    expected: expectedAuth,
    check: readAuth,
  }),
  slowMs: setting.durationMs({ default: 10_000 }),
  onSlow: setting.callback<(call: SlowCall) => void>({ optional: true }),
};

/** The options with those of `config` beneath them, and where the rest comes from. */
export function splitSources(
  options: HttpClientOptions,
  subject: string,
): { readonly options: object; readonly sources: ConfigSources } {
  const { config, env, envPrefix, envAliases, ...given } = options;
  const merged: Record<string, unknown> = { ...config };
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) merged[name] = value;
  }
  return { options: merged, sources: { subject, env, prefix: envPrefix, envAliases } };
}

function readHeaders(
  value: unknown,
  report: (message: string) => void,
): Readonly<Record<string, string>> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    return normalizeHeaders(value as HeadersInit);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    for (const { option, message } of error.issues) report(`${option}: ${message}`);
    return undefined;
  }
}
