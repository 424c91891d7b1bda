import { isSecretHeader } from '../secrets/redact-headers.ts';
import { redactText } from '../secrets/redact-text.ts';
import { redactUrl } from '../secrets/redact-url.ts';
import { REDACTED, Secret } from '../secrets/secret.ts';
import { describeValue } from './describe-value.ts';
import { isPlainObject } from './is-plain-object.ts';
import { type Given, type GivenOptions, takeOwn } from './read-entries.ts';
import { type ConfigSources, gatherConfig } from './resolve-config.ts';
import type { SettingsEntries } from './setting.ts';

/** Where one value came from. */
export interface Explanation {
  /** The value that holds, as plain data; what is secret says `[redacted]`. */
  readonly value: unknown;
  readonly origin: 'argument' | 'environment' | 'default';
  /** The variable, for `environment`. */
  readonly name?: string;
}

/**
 * Tells for every option which value holds and where it came from; options in groups are named
 * with a dot: `retry.maxRetries`. Secrets are redacted.
 *
 * @throws ConfigurationError as `resolveConfig()` does.
 */
export function explainConfig(
  entries: SettingsEntries,
  options: object | undefined,
  sources: ConfigSources = {},
): Readonly<Record<string, Explanation>> {
  const { settings, given } = gatherConfig(entries, options, sources);
  return Object.fromEntries(explain(entries, settings, given, ''));
}

function explain(
  entries: SettingsEntries,
  settings: Readonly<Record<string, unknown>>,
  given: GivenOptions | undefined,
  path: string,
): [string, Explanation][] {
  return Object.entries(entries).flatMap(([name, { shape }]) => {
    if (shape.type === 'alias') return [];
    const option = path + name;
    const value = settings[name];
    const found = given?.get(name);
    if (shape.type === 'group' && isPlainObject(value)) {
      return explain(shape.members, value, takeOwn(found?.value), `${option}.`);
    }
    return [[option, { value: showMember(name, value), ...originOf(found) }]];
  });
}

function originOf(found: Given | undefined): Omit<Explanation, 'value'> {
  if (found === undefined) return { origin: 'default' };
  if (found.fromEnvironment !== true) return { origin: 'argument' };
  return { origin: 'environment', ...(found.label !== undefined && { name: found.label }) };
}

/** The option `key` of TLS holds what no pattern has to recognise. */
function showMember(name: string, value: unknown): unknown {
  const isText = typeof value === 'string' || Array.isArray(value);
  return isText && isSecretHeader(name) ? REDACTED : show(value);
}

function show(value: unknown): unknown {
  if (value instanceof Secret) return REDACTED;
  if (value instanceof URL) return redactUrl(value);
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map(show);
  if (isPlainObject(value)) {
    const shown = Object.entries(value).map(([name, inner]): [string, unknown] => [
      name,
      isSecretHeader(name) ? REDACTED : show(inner),
    ]);
    return Object.fromEntries(shown);
  }
  return typeof value === 'function' || (typeof value === 'object' && value !== null)
    ? describeValue(value)
    : value;
}
