import {
  hideSecrets,
  isSecretHeader,
  REDACTED,
  redactHeaders,
  redactText,
  redactUrl,
  type ResponseHeaders,
} from '@linkspan/core';

/** What a text is part of. */
export type TextPart = 'target' | 'header' | 'payload' | 'body' | 'message';

/** Takes out of a text what only its owner knows to be secret. */
export type RedactHook = (text: string, part: TextPart) => string;

export interface RedactionSettings {
  /** Headers whose values are kept beside the harmless ones, in lower case. */
  readonly keepHeaders: readonly string[];
  readonly redact: RedactHook | undefined;
}

/** Takes the secrets out of one exchange: what it is told, and what looks like one. */
export class Redaction {
  readonly #settings: RedactionSettings;
  readonly #secrets: readonly string[];

  /** @param secrets values that no text may hold: what the secret headers of the request said. */
  constructor(settings: RedactionSettings, secrets: readonly string[] = []) {
    this.#settings = settings;
    this.#secrets = secrets;
  }

  text(text: string, part: TextPart): string {
    const clean = redactText(hideSecrets(text, this.#secrets));
    return this.#settings.redact?.(clean, part) ?? clean;
  }

  headers(headers: ResponseHeaders): Record<string, string | readonly string[]> {
    const shown = redactHeaders(headers);
    for (const [name, value] of Object.entries(headers)) {
      const lower = name.toLowerCase();
      if (value !== undefined && this.#settings.keepHeaders.includes(lower)) shown[lower] = value;
    }
    for (const [name, value] of Object.entries(shown)) {
      shown[name] =
        typeof value === 'string'
          ? this.text(value, 'header')
          : value.map((item) => this.text(item, 'header'));
    }
    return shown;
  }

  target(target: string): string {
    const { path, pairs } = readTarget(target);
    const query = pairs.map(({ name, value, isSecret }) => {
      if (value === undefined) return isSecret ? REDACTED : name;
      return `${name}=${isSecret ? REDACTED : value}`;
    });
    // Apart: of a whole address nothing but the names in its query would be left.
    const parts = pairs.length === 0 ? [path] : [path, query.join('&')];
    return parts.map((part) => this.text(part, 'target')).join('?');
  }
}

/** The values in the query of a target that look secret: a peer may repeat them. */
export function secretsOfTarget(target: string): readonly string[] {
  return readTarget(target).pairs.flatMap(({ value, isSecret }) =>
    isSecret && value !== undefined ? [value, decode(value)] : [],
  );
}

interface Pair {
  readonly name: string;
  readonly value: string | undefined;
  readonly isSecret: boolean;
}

const HAS_AUTHORITY = /^(?:[a-z][a-z\d+.-]*:|[\\/]{2})/i;

/** A target without userinfo and fragment. */
function readTarget(target: string): { readonly path: string; readonly pairs: readonly Pair[] } {
  const withoutFragment = target.split('#', 1)[0]!;
  const query = withoutFragment.indexOf('?');
  const before = query === -1 ? withoutFragment : withoutFragment.slice(0, query);
  const path = HAS_AUTHORITY.test(before) ? redactUrl(before) : before;
  if (query === -1) return { path, pairs: [] };
  const pairs = withoutFragment
    .slice(query + 1)
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      if (equals === -1) {
        return { name: pair, value: undefined, isSecret: looksSecret(decode(pair)) };
      }
      const name = pair.slice(0, equals);
      const value = pair.slice(equals + 1);
      const isSecret = isSecretName(decode(name)) || looksSecret(decode(value));
      return { name, value, isSecret };
    });
  return { path, pairs };
}

const SHORT_NAMES = /^(?:sig|pwd|pass|passwd|passphrase|jwt|apikey|accesskey|bearer)$/i;

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
