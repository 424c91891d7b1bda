import type { LookupFunction } from 'node:net';
import { type Clock, clientSettings, ConfigurationError, setting } from '@linkspan/core';
import type { SettingsTable } from '@linkspan/core';
import {
  type AllowTarget,
  type AuthOptions,
  type Credentials,
  expectedAuth,
  type HeadersInit,
  type ProxyOption,
  type ProxyRoutes,
  readAuth,
  readProxy,
  type TlsOptions,
  type TlsSettings,
  tlsSettings,
} from '@linkspan/core/wire';
import { readProtocolHeaders, readSubprotocols } from './upgrade-headers.ts';

/** How WebSocket connections are made and kept. Durations are milliseconds. */
export interface ConnectionOptions {
  /** Sent with every upgrade. Those of the protocol itself are not allowed. */
  readonly headers?: HeadersInit | undefined;
  /** Adds credentials to every upgrade; after a 401 they are refreshed, and it is tried once more. */
  readonly auth?: AuthOptions | undefined;
  /** The subprotocols that are offered, the most wanted first (RFC 6455, section 1.9). @default none */
  readonly subprotocols?: readonly string[] | undefined;
  /** How long a connection may take to be made: name, TCP, proxy and TLS. @default 5_000 */
  readonly connectMs?: number | undefined;
  /** How long it may take until the WebSocket is open, the connection included. @default 10_000 */
  readonly handshakeMs?: number | undefined;
  /** How often a ping is sent. `Infinity` sends none, and finds no half-open connection. @default 20_000 */
  readonly pingMs?: number | undefined;
  /**
   * How long the peer may be silent after a ping. The connection is then taken for dead, and broken
   * without a close. While the reader is slow, and the socket paused for it, nothing is concluded.
   *
   * @default 10_000
   */
  readonly pongMs?: number | undefined;
  /** How long the peer may be silent after we closed. The connection is then broken. @default 5_000 */
  readonly closeMs?: number | undefined;
  /** The largest message that is received; a larger one breaks the connection. @default 16 MiB */
  readonly maxMessageBytes?: number | undefined;
  /** How many bytes may wait to be sent before sending waits. @default 1 MiB */
  readonly highWaterBytes?: number | undefined;
  /**
   * Whether compression of messages is offered (RFC 7692). For messages of 1 KB it takes some
   * twelve times the processor time. @default false
   */
  readonly deflate?: boolean | undefined;
  /**
   * The proxy for all connections, proxies by scheme (`http` is for `ws:`, `https` for `wss:`), or
   * `'env'` for what HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY say. Each goes through a tunnel
   * (CONNECT). @default none; the environment is not looked at
   */
  readonly proxy?: ProxyOption | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Resolves names, as `dns.lookup` of Node does and with its signature. @default `dns.lookup` */
  readonly lookup?: LookupFunction | undefined;
  /** Asked before every connection, with the address that the name was resolved to. */
  readonly allowTarget?: AllowTarget | undefined;
  /** @default `linkspan/` and the version */
  readonly userAgent?: string | undefined;
  /** Where all waits come from. @default the platform's monotonic clock */
  readonly clock?: Clock | undefined;
}

/** {@link ConnectionOptions}, checked, with defaults. */
export interface ConnectionSettings {
  readonly headers: Readonly<Record<string, string>>;
  readonly auth: Credentials | undefined;
  readonly subprotocols: readonly string[];
  readonly connectMs: number;
  readonly handshakeMs: number;
  readonly pingMs: number;
  readonly pongMs: number;
  readonly closeMs: number;
  readonly maxMessageBytes: number;
  readonly highWaterBytes: number;
  readonly deflate: boolean;
  readonly proxy: ProxyRoutes | undefined;
  readonly tls: TlsSettings;
  readonly lookup: LookupFunction | undefined;
  readonly allowTarget: AllowTarget | undefined;
  readonly userAgent: string | undefined;
  readonly clock: Clock;
}

/** The table of {@link ConnectionOptions}. */
export const connectionSettings: SettingsTable<ConnectionSettings, ConnectionOptions> = {
  headers: setting.custom<Readonly<Record<string, string>>, HeadersInit>({
    default: {},
    env: false,
    expected: 'headers by name',
    check: (value, report) =>
      reported(report, () => readProtocolHeaders(value as HeadersInit), 'headers'),
  }),
  auth: setting.custom<Credentials, AuthOptions>({
    optional: true,
    env: false,
    expected: expectedAuth,
    check: readAuth,
  }),
  subprotocols: setting.custom<readonly string[]>({
    default: [],
    env: false,
    expected: 'a list of different subprotocols, each a token of RFC 9110',
    check: readSubprotocols,
  }),
  connectMs: setting.durationMs({ default: 5_000 }),
  handshakeMs: setting.durationMs({ default: 10_000 }),
  pingMs: setting.durationMs({ default: 20_000 }),
  pongMs: setting.durationMs({ default: 10_000, finite: true }),
  closeMs: setting.durationMs({ default: 5_000, finite: true }),
  maxMessageBytes: setting.integer({ default: 16 * 1024 * 1024, min: 1, max: 2 ** 31 - 1 }),
  highWaterBytes: setting.integer({ default: 1024 * 1024, min: 1 }),
  deflate: setting.boolean({ default: false }),
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
  clock: clientSettings.clock,
};

type Report = (message: string, at?: string) => void;

/**
 * Turns what a parser throws into the report of a setting, beside those of all others.
 *
 * @param option the start of the names that the parser gives, where they are below the setting's.
 */
export function reported<Value>(
  report: Report,
  parse: () => Value,
  option?: string,
): Value | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    for (const issue of error.issues) {
      const isBelow = option !== undefined && issue.option.startsWith(`${option}.`);
      report(issue.message, isBelow ? issue.option.slice(option.length) : undefined);
    }
    return undefined;
  }
}
