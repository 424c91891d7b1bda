import { fromBase64 } from '../messages/base64.ts';
import { redactText } from './redact-text.ts';
import { redactUrl } from './redact-url.ts';
import { REDACTED } from './secret.ts';
import type { ResponseHeaders } from '../transport.ts';

/** Headers whose values may be shown: they say how a message is made, not for whom. */
const SHOWN = new Set(
  `accept accept-encoding accept-language accept-ranges age allow cache-control cf-ray connection
  content-encoding content-language content-length content-range content-type date etag expires
  keep-alive last-modified location openai-processing-ms openai-version anthropic-version
  range request-id retry-after retry-after-ms server transfer-encoding upgrade user-agent vary via
  x-ms-retry-after-ms x-request-id x-should-retry`.split(/\s+/),
);
const SHOWN_FAMILIES = /^(?:x-|anthropic-)?ratelimit-/;

/** Headers that identify somebody, whatever else is known of them. */
const SECRET =
  /^(?:proxy-)?authorization$|^(?:set-)?cookie2?$|(?:^|[-_])(?:api-?key|key|token|secret|password|auth|signature|session(?:-?id)?|credentials?)(?:$|[-_])/i;
const NOT_SECRET = /^(?:idempotency-key|sec-websocket-(?:key|accept))$/i;

/**
 * Whether a header, by its name, carries a credential: `authorization`, `cookie`, `x-api-key`,
 * `x-amz-security-token`. Such headers never follow a redirect to another origin.
 */
export function isSecretHeader(name: string): boolean {
  return SECRET.test(name) && !NOT_SECRET.test(name);
}

/**
 * Headers that can be shown: the values of the well-known harmless ones, and `[redacted]` for all
 * others. Names are in lower case.
 */
export function redactHeaders(
  headers: ResponseHeaders,
): Record<string, string | readonly string[]> {
  const shown: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === '__proto__') continue;
    const lower = name.toLowerCase();
    if (!SHOWN.has(lower) && !SHOWN_FAMILIES.test(lower)) shown[lower] = REDACTED;
    else {
      const show = lower === 'location' ? redactUrl : redactText;
      shown[lower] = typeof value === 'string' ? show(value) : value.map(show);
    }
  }
  return shown;
}

/**
 * What the secret headers among these hold, and no text may show where a peer echoes its request:
 * each value, what follows an authentication scheme in it, the password of Basic credentials, and
 * the values of cookies.
 */
export function secretValues(headers: ResponseHeaders): readonly string[] {
  const values: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || !isSecretHeader(name)) continue;
    for (const text of typeof value === 'string' ? [value] : value) {
      values.push(...secretsOfField(name, text));
    }
  }
  return values;
}

/** Shorter values of cookies say which theme somebody likes. */
const SHORTEST_COOKIE = 8;
const decoder = new TextDecoder();

/** The secrets in the value of one header. */
export function secretsOfField(name: string, value: string): readonly string[] {
  const secrets = [value];
  const [, scheme = '', credentials] = /^(\S+) +(\S.*)$/.exec(value) ?? [];
  if (credentials !== undefined) secrets.push(credentials);
  if (/^cookie$/i.test(name)) {
    for (const pair of value.split(/; */)) {
      const cookie = pair.slice(pair.indexOf('=') + 1).replace(/^"(.*)"$/, '$1');
      if (cookie.length >= SHORTEST_COOKIE) secrets.push(cookie, decodePercents(cookie));
    }
  } else if (credentials !== undefined && /^basic$/i.test(scheme)) {
    // RFC 7617, section 2: the first colon ends the user name.
    const pair = decoder.decode(fromBase64(credentials));
    const password = pair.slice(pair.indexOf(':') + 1);
    if (password !== '') secrets.push(password);
  }
  return secrets;
}

/** Text with percent-encoding as it is meant; what is no such encoding is what it says. */
export function decodePercents(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
