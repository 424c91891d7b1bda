import {
  ConfigurationError,
  type Environment,
  Secret,
  secret,
  setting,
  type Setting,
  type SettingsEntries,
  type SettingsTable,
} from '@linkspan/core';
import { checkHeaderName, checkHeaderValue } from '@linkspan/core/wire';
import { type HttpTransportOptions, httpTransportFactory } from '@linkspan/http';

/** A key, or a function that gives the one of the moment. */
export type ApiKey = string | Secret | (() => string | Secret | Promise<string | Secret>);

/** What every SDK transport takes: its provider's address and key, and what http transports take. */
export interface SdkTransportOptions extends Omit<HttpTransportOptions, 'baseUrl'> {
  /** Held as a secret, and sent to the origin of `baseUrl` alone. @default from the environment */
  readonly apiKey?: ApiKey | undefined;
  /** Where the provider, or a server that speaks like it, is. */
  readonly baseUrl?: string | URL | undefined;
  /** Sent with every request that does not set them itself. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The variables that keys and addresses come from. @default the environment of the process */
  readonly env?: Environment | undefined;
}

/** {@link SdkTransportOptions} that are not those of http, checked. */
export interface SdkTransportSettings {
  readonly apiKey: Secret | (() => string | Secret | Promise<string | Secret>) | undefined;
  readonly baseUrl: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly env: Environment | undefined;
}

type OwnOptions = Pick<SdkTransportOptions, keyof SdkTransportSettings>;

/** A setting that takes a key. */
export function keySetting(
  env: string | false,
): Setting<SdkTransportSettings['apiKey'], ApiKey, false> {
  return setting.custom<NonNullable<SdkTransportSettings['apiKey']>, ApiKey>({
    optional: true,
    env,
    expected: 'a string that is not empty, a Secret or a function',
    check: (value) => {
      if (typeof value === 'string') return value === '' ? undefined : secret(value);
      if (value instanceof Secret) return value;
      return typeof value === 'function' ? (value as () => string) : undefined;
    },
  });
}

/** The table of what is an SDK transport's own. */
export const sdkTransportSettings: SettingsTable<SdkTransportSettings, OwnOptions> = {
  apiKey: keySetting('API_KEY'),
  baseUrl: setting.custom<string, string | URL>({
    optional: true,
    env: 'BASE_URL',
    expected: 'an absolute http or https URL without user and query',
    check: (value) => (isHttpUrl(value) ? String(value) : undefined),
  }),
  headers: setting.custom<Readonly<Record<string, string>>>({
    default: {},
    env: false,
    expected: 'an object of names and texts',
    check: (value, report) => {
      if (!isHeaders(value)) return undefined;
      for (const [name, text] of Object.entries(value)) checkHeader(name, text, report);
      return value;
    },
  }),
  env: setting.custom<Environment>({
    optional: true,
    env: false,
    expected: 'an object of variables',
    check: (value) =>
      typeof value === 'object' && value !== null ? (value as Environment) : undefined,
  }),
};

const { baseUrl: _ofHttp, ...httpTable } = httpTransportFactory().settings ?? {};

/** The table of what is for the http transport below. */
export const httpSettings: SettingsEntries = httpTable;

/** What was given of the http transport's options. */
export function pickHttp(options: object): HttpTransportOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => Object.hasOwn(httpSettings, name)),
  );
}

function isHttpUrl(value: unknown): boolean {
  if (typeof value !== 'string' && !(value instanceof URL)) return false;
  if (!URL.canParse(String(value))) return false;
  const { protocol, username, password, search, hash } = new URL(value);
  return /^https?:$/.test(protocol) && username + password + search + hash === '';
}

function isHeaders(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === 'string');
}

/** Here, and not by the SDK: its failure would repeat the value. */
function checkHeader(
  name: string,
  text: string,
  report: (message: string, at: string) => void,
): void {
  try {
    checkHeaderValue(checkHeaderName(name), text);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    for (const { option, message } of error.issues) report(message, option.slice('headers'.length));
  }
}
