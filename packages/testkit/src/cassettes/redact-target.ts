import { isSecretHeader, REDACTED, redactText, redactUrl } from '@linkspan/core';

interface Pair {
  readonly name: string;
  readonly value: string | undefined;
  readonly isSecret: boolean;
}

const HAS_AUTHORITY = /^(?:[a-z][a-z\d+.-]*:|[\\/]{2})/i;
const SHORT_NAMES = /^(?:sig|pwd|pass|passwd|passphrase|jwt|apikey|accesskey|bearer)$/i;

/**
 * A path or URL without userinfo, fragment, and the values of its query that are secret by their
 * name or their look. The others stay: they say what was asked for.
 */
export function redactTarget(target: string): string {
  const { path, pairs } = readTarget(target);
  if (pairs === undefined) return path;
  const query = pairs.map(({ name, value, isSecret }) => {
    if (value === undefined) return isSecret ? REDACTED : name;
    return `${name}=${isSecret ? REDACTED : value}`;
  });
  return `${path}?${query.join('&')}`;
}

/** The values that {@link redactTarget} takes out of a query, as written and as meant. */
export function secretsOfTarget(target: string): readonly string[] {
  const { pairs = [] } = readTarget(target);
  return pairs.flatMap(({ value, isSecret }) =>
    isSecret && value !== undefined ? [value, decode(value)] : [],
  );
}

function readTarget(target: string): {
  readonly path: string;
  readonly pairs: readonly Pair[] | undefined;
} {
  const withoutFragment = target.split('#', 1)[0]!;
  const query = withoutFragment.indexOf('?');
  const before = query === -1 ? withoutFragment : withoutFragment.slice(0, query);
  const path = redactText(HAS_AUTHORITY.test(before) ? redactUrl(before) : before);
  if (query === -1) return { path, pairs: undefined };
  return {
    path,
    pairs: withoutFragment
      .slice(query + 1)
      .split('&')
      .map(readPair),
  };
}

function readPair(pair: string): Pair {
  const equals = pair.indexOf('=');
  if (equals === -1) {
    return { name: pair, value: undefined, isSecret: looksSecret(decode(pair)) };
  }
  const name = redactText(pair.slice(0, equals));
  const value = pair.slice(equals + 1);
  return { name, value, isSecret: isSecretName(decode(name)) || looksSecret(decode(value)) };
}

function isSecretName(name: string): boolean {
  const dashed = name.replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, '-');
  return isSecretHeader(dashed) || SHORT_NAMES.test(name);
}

function looksSecret(value: string): boolean {
  return redactText(value) !== value;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    // What is no percent-encoding is what it says.
    return text;
  }
}
