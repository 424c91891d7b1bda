import type { LookupFunction } from 'node:net';
import { type Clock, systemClock } from '@linkspan/concurrency';
import { ConfigurationError, setting, type SettingsTable } from '@linkspan/core';
import {
  type AllowTarget,
  BaseUrl,
  type ProxyOption,
  type ProxyRoutes,
  readProxy,
  type TlsOptions,
  type TlsSettings,
  tlsSettings,
} from '@linkspan/core/wire';

type ReportProblem = (message: string, at?: string) => void;

/** How many connections there may be to one origin, and how they are used. */
export interface PoolOptions {
  /** @default the transport's `connections` */
  readonly connections?: number | undefined;
  /** Multiplies `connections`, for those who think in several pools. @default 1 */
  readonly count?: number | undefined;
  /** @default the transport's `pipelining` */
  readonly pipelining?: number | undefined;
}

/** Which redirects are followed. */
export interface RedirectOptions {
  /**
   * `true` follows for requests without a body that are not streams of events; `'all'` for the
   * others as well, as far as their body can be sent again; `false` for none.
   *
   * @default true
   */
  readonly follow?: boolean | 'all' | undefined;
  /** The most hops; one more fails. @default 5 */
  readonly max?: number | undefined;
}

/** What {@link httpTransport} takes. Durations are milliseconds. */
export interface HttpTransportOptions {
  /** The origin and path that targets are under; without it every target is an absolute URL. */
  readonly baseUrl?: string | URL | undefined;
  /** The most connections to one origin. @default 50 */
  readonly connections?: number | undefined;
  /** Other limits for one origin (`'https://api.example.com'`), or for all (`'default'`). */
  readonly pools?: Readonly<Record<string, PoolOptions>> | undefined;
  /** How many requests share an HTTP/1.1 connection without waiting for its answer. @default 1 */
  readonly pipelining?: number | undefined;
  /** The most calls that wait for a connection to one origin. @default 10,000 */
  readonly maxQueue?: number | undefined;
  /** How long a call may wait for a connection. @default Infinity */
  readonly queueMs?: number | undefined;
  /** The most origins with connections at a time; idle ones make room. @default 256 */
  readonly maxOrigins?: number | undefined;
  /** How long a connection may take to be made: name, TCP, proxy and TLS. @default 5,000 */
  readonly connectMs?: number | undefined;
  /**
   * How long an unused connection is kept, where the server does not say how long it keeps it
   * (`keep-alive: timeout=…`, of which 2 s are taken off). Servers close after 5 s and more: a
   * client that does it first hardly ever sends on a connection that is being closed.
   *
   * @default 4,000
   */
  readonly keepAliveTimeoutMs?: number | undefined;
  /** Whether HTTP/2 is used where a TLS server offers it. @default false */
  readonly http2?: boolean | undefined;
  /** The most bytes that the head of an answer may have. @default 16 KiB */
  readonly maxHeaderBytes?: number | undefined;
  /** Whether compressed answers are asked for and decoded. @default true */
  readonly decompress?: boolean | undefined;
  readonly redirect?: RedirectOptions | false | undefined;
  /**
   * Where requests go through: a URL for all, or by scheme, or `'env'` for HTTP_PROXY, HTTPS_PROXY,
   * ALL_PROXY and NO_PROXY of the environment.
   *
   * @default none; the environment is not looked at
   */
  readonly proxy?: ProxyOption | undefined;
  readonly tls?: TlsOptions | undefined;
  /**
   * Resolves names, as `dns.lookup` of Node does and with its signature: for discovery of services,
   * or a cache. It is asked for every new connection, so that a name that moves is followed; of
   * several addresses the next one is tried beside the first after 250 ms.
   *
   * @default `dns.lookup`
   */
  readonly lookup?: LookupFunction | undefined;
  /** Asked before every connection, with the address that the name was resolved to. */
  readonly allowTarget?: AllowTarget | undefined;
  /** @default `linkspan/` and the version */
  readonly userAgent?: string | undefined;
  /** @default the platform's */
  readonly clock?: Clock | undefined;
}

/** The limits of one pool, checked. */
export interface PoolSettings {
  readonly connections: number | undefined;
  readonly count: number;
  readonly pipelining: number | undefined;
}

/** The redirect rules, checked. */
export interface RedirectSettings {
  readonly follow: boolean | 'all';
  readonly max: number;
}

/** {@link HttpTransportOptions}, checked, with defaults. */
export interface HttpTransportSettings {
  readonly baseUrl: BaseUrl | undefined;
  readonly connections: number;
  readonly pools: Readonly<Record<string, PoolSettings>>;
  readonly pipelining: number;
  readonly maxQueue: number;
  readonly queueMs: number;
  readonly maxOrigins: number;
  readonly connectMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly http2: boolean;
  readonly maxHeaderBytes: number;
  readonly decompress: boolean;
  readonly redirect: RedirectSettings | false;
  readonly proxy: ProxyRoutes | undefined;
  readonly tls: TlsSettings;
  readonly lookup: LookupFunction | undefined;
  readonly allowTarget: AllowTarget | undefined;
  readonly userAgent: string | undefined;
  readonly clock: Clock;
}

const poolSettings: SettingsTable<PoolSettings, PoolOptions> = {
  connections: setting.integer({ optional: true, min: 1 }),
  count: setting.integer({ default: 1, min: 1 }),
  pipelining: setting.integer({ optional: true, min: 1 }),
};

const redirectSettings: SettingsTable<RedirectSettings, RedirectOptions> = {
  follow: setting.custom<boolean | 'all'>({
    default: true,
    env: false,
    expected: "true, false or 'all'",
    check: (value) => (typeof value === 'boolean' || value === 'all' ? value : undefined),
  }),
  max: setting.integer({ default: 5, min: 0, env: false }),
};

/** The table of {@link HttpTransportOptions}, for clients that add options of their own to it. */
export const httpTransportSettings: SettingsTable<HttpTransportSettings, HttpTransportOptions> = {
  baseUrl: setting.custom<BaseUrl, string | URL>({
    optional: true,
    env: 'BASE_URL',
    expected: 'an absolute http or https URL',
    check: (value, report) =>
      typeof value === 'string' || value instanceof URL
        ? reported(report, () => new BaseUrl(value))
        : undefined,
  }),
  connections: setting.integer({ default: 50, min: 1 }),
  pools: setting.record(setting.group(poolSettings), { default: {}, env: false }),
  pipelining: setting.integer({ default: 1, min: 1 }),
  maxQueue: setting.number({ default: 10_000, min: 0, orInfinity: true }),
  queueMs: setting.durationMs({ default: Infinity }),
  maxOrigins: setting.integer({ default: 256, min: 1 }),
  connectMs: setting.durationMs({ default: 5_000 }),
  keepAliveTimeoutMs: setting.durationMs({ default: 4_000, finite: true }),
  http2: setting.boolean({ default: false }),
  maxHeaderBytes: setting.integer({ default: 16 * 1024, min: 256 }),
  decompress: setting.boolean({ default: true }),
  redirect: setting.group(redirectSettings, { orFalse: true, env: false }),
  proxy: setting.custom<ProxyRoutes, ProxyOption>({
    optional: true,
    expected: "a URL, { http, https, noProxy } or 'env'",
    fromText: (text) => text,
    check: (value, report) =>
      typeof value === 'string' || (typeof value === 'object' && value !== null)
        ? reported(report, () => readProxy(value, process.env))
        : undefined,
  }),
  tls: setting.group(tlsSettings, { env: '' }),
  lookup: setting.callback<LookupFunction>({ optional: true }),
  allowTarget: setting.callback<AllowTarget>({ optional: true }),
  userAgent: setting.string({ optional: true }),
  clock: setting.custom<Clock>({
    default: systemClock,
    env: false,
    expected: 'a clock: now, setTimeout and clearTimeout',
    check: (value) => (isClock(value) ? value : undefined),
  }),
};

/** Turns what a parser throws into the report of a setting, beside those of all others. */
function reported<Value>(report: ReportProblem, parse: () => Value): Value | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    for (const { message } of error.issues) report(message);
    return undefined;
  }
}

function isClock(value: unknown): value is Clock {
  const clock = value as Partial<Clock> | null | undefined;
  return (
    typeof clock?.now === 'function' &&
    typeof clock.setTimeout === 'function' &&
    typeof clock.clearTimeout === 'function'
  );
}
