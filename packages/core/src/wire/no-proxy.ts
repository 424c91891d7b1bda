import { isInBlock, parseIpAddress } from './ip-address.ts';

/** One entry of NO_PROXY. */
type Rule = (host: string, port: number) => boolean;

/**
 * Reads a NO_PROXY list: hosts that are reached without a proxy, separated by commas or spaces.
 *
 * - `*`: all hosts
 * - `example.com`, `.example.com`, `*.example.com`: the domain and all below it
 * - `10.0.0.1`, `::1`, `[::1]`: an address
 * - `10.0.0.0/8`, `fd00::/8`: a block of addresses
 * - each with `:8080` behind it (IPv6 in brackets): that port alone
 *
 * Case and a dot at the end do not count. Names are compared as they are, not resolved.
 */
export function parseNoProxy(text: string): (host: string, port: number) => boolean {
  const rules = text
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(parseRule);
  return (host, port) => {
    const plain = plainHost(host);
    return rules.some((rule) => rule(plain, port));
  };
}

function parseRule(entry: string): Rule {
  if (entry === '*') return () => true;
  const [pattern, onlyPort] = splitPort(entry.toLowerCase());
  const matches = parsePattern(pattern);
  return (host, port) => (onlyPort === undefined || port === onlyPort) && matches(host);
}

function parsePattern(pattern: string): (host: string) => boolean {
  const [network = '', bits] = pattern.split('/');
  const address = plainHost(network);
  const block = parseIpAddress(address);
  if (block !== undefined) {
    const width = address.includes(':') ? 128 : 32;
    const prefix = bits === undefined ? width : /^\d+$/.test(bits) ? Number(bits) : Infinity;
    if (prefix > width) return () => false;
    return (host) => {
      const found = parseIpAddress(host);
      return found !== undefined && isInBlock(found, block, 128 - width + prefix);
    };
  }
  const domain = pattern === '*' ? '' : plainHost(pattern.replace(/^\*?\./, ''));
  if (domain === '') return () => pattern === '*';
  return (host) =>
    host === domain || (parseIpAddress(host) === undefined && host.endsWith(`.${domain}`));
}

function splitPort(entry: string): readonly [pattern: string, port: number | undefined] {
  const bracketed = /^(\[[^\]]*\](?:\/\d+)?)(?::(\d+))?$/.exec(entry);
  if (bracketed !== null) return [bracketed[1]!, toPort(bracketed[2])];
  const named = /^([^:]*):(\d+)$/.exec(entry);
  return named === null ? [entry, undefined] : [named[1]!, toPort(named[2])];
}

function toPort(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function plainHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
}
