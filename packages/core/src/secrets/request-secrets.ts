import type { Payload } from '../payload.ts';
import type { TransportRequest } from '../transport.ts';
import { decodePercents, isSecretHeader, secretValues } from './redact-headers.ts';
import { isSecretMember } from './redact-text.ts';

/** How much of a payload is searched. */
const LONGEST_SEARCHED = 1024 * 1024;
const MOST_MEMBERS = 10_000;
const SHORT_NAMES = /^(?:sig|pwd|pass|passwd|passphrase|jwt|bearer)$/i;

const decoder = new TextDecoder();

/**
 * What a request holds that no text may show where its peer repeats it: what its secret headers
 * say, the values of its query and of its body, JSON or form, that are secret by their names.
 * A body that is a stream is not looked into.
 */
export function requestSecrets(request: TransportRequest): readonly string[] {
  const { headers = {}, target, payload } = request;
  const query = target.indexOf('?');
  return [
    ...secretValues(headers),
    ...(query === -1 ? [] : secretsOfPairs(target.slice(query + 1).split('#', 1)[0]!)),
    ...(payload === undefined ? [] : secretsOfPayload(payload, headers['content-type'])),
  ];
}

function secretsOfPayload(payload: Payload, contentType: string | undefined): readonly string[] {
  if (payload.kind === 'value') return secretsOfValue(payload.value);
  if (payload.kind !== 'bytes' || payload.bytes.byteLength > LONGEST_SEARCHED) return [];
  if (/\bx-www-form-urlencoded\b/i.test(contentType ?? '')) {
    return secretsOfPairs(decoder.decode(payload.bytes));
  }
  if (!/\bjson\b/i.test(contentType ?? '')) return [];
  try {
    return secretsOfValue(JSON.parse(decoder.decode(payload.bytes)));
  } catch {
    return []; // What is no JSON has no members.
  }
}

/** Pairs as in a query: as they are written, and as they are meant. */
function secretsOfPairs(text: string): readonly string[] {
  return text.split('&').flatMap((pair) => {
    const equals = pair.indexOf('=');
    if (equals === -1) return [];
    const value = pair.slice(equals + 1);
    return isSecretParameter(decode(pair.slice(0, equals))) ? [value, decode(value)] : [];
  });
}

function isSecretParameter(name: string): boolean {
  const dashed = name.replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, '-');
  return isSecretHeader(dashed) || SHORT_NAMES.test(name);
}

function secretsOfValue(value: unknown): readonly string[] {
  const secrets: string[] = [];
  const seen = new Set<object>();
  const open: unknown[] = [value];
  while (open.length > 0 && seen.size < MOST_MEMBERS) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    for (const [name, member] of Object.entries(next)) {
      if (typeof member === 'object') open.push(member);
      else if (typeof member === 'string' && isNamedSecret(name)) secrets.push(member);
    }
  }
  return secrets;
}

function isNamedSecret(name: string): boolean {
  return isSecretMember(name) || SHORT_NAMES.test(name);
}

function decode(text: string): string {
  return decodePercents(text.replaceAll('+', ' '));
}
