import { ConfigurationError } from '@linkspan/core';
import { type HeadersInit, normalizeHeaders } from '@linkspan/core/wire';

/** What the protocol sets itself: RFC 6455, section 4.1, and the framing of HTTP/1.1. */
const OWN = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'sec-websocket-accept',
  'sec-websocket-extensions',
  'sec-websocket-key',
  'sec-websocket-version',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The header that offers subprotocols: RFC 6455, section 11.3.4. */
export const SUBPROTOCOLS = 'sec-websocket-protocol';
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * The headers of an option, with names in lower case.
 *
 * @throws ConfigurationError for one that cannot be sent, or that the protocol sets itself.
 */
export function readProtocolHeaders(headers: HeadersInit): Readonly<Record<string, string>> {
  const read = normalizeHeaders(headers);
  for (const name of Object.keys(read)) {
    if (name === SUBPROTOCOLS) throw refuse(name, 'expected the option subprotocols instead');
    refuseOwn(name);
  }
  return Object.freeze(read);
}

/** The subprotocols, when each may be offered, once. */
export function readSubprotocols(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const isRight = value.every((name) => typeof name === 'string' && TOKEN.test(name));
  return isRight && new Set(value).size === value.length
    ? Object.freeze([...(value as string[])])
    : undefined;
}

/** What one upgrade is made with. */
export interface UpgradeHeaders {
  readonly headers: Readonly<Record<string, string>>;
  readonly subprotocols: readonly string[];
}

/**
 * The headers of one upgrade: those of the request over those of the options. A
 * `sec-websocket-protocol` of the request takes the place of the option's.
 *
 * @throws ConfigurationError for a header that cannot be sent, or that the protocol sets itself.
 */
export function mergeHeaders(
  common: UpgradeHeaders,
  own: Readonly<Record<string, string>> | undefined,
): UpgradeHeaders {
  if (own === undefined) return common;
  const { [SUBPROTOCOLS]: offered, ...headers } = normalizeHeaders(own);
  for (const name of Object.keys(headers)) refuseOwn(name);
  const subprotocols =
    offered === undefined ? common.subprotocols : readSubprotocols(splitList(offered));
  if (subprotocols === undefined) {
    throw refuse(SUBPROTOCOLS, 'expected different tokens of RFC 9110, separated by commas');
  }
  return { headers: { ...common.headers, ...headers }, subprotocols };
}

function splitList(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

function refuseOwn(name: string): void {
  if (OWN.has(name)) throw refuse(name, 'it is set by the protocol');
}

function refuse(name: string, message: string): ConfigurationError {
  return new ConfigurationError(`Cannot open the WebSocket: header ${name}: ${message}`, {
    issues: [{ option: `headers.${name}`, message }],
  });
}
