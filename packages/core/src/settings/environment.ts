import { configurationError } from './parse-settings.ts';
import { parseBoolean, parseDictionary } from './environment-text.ts';
import { describeValue } from './describe-value.ts';

/** Environment variables: `process.env`, or a record in a test. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of the process, where there is one; browsers have none. */
export function processEnvironment(): Environment {
  const { process } = globalThis as { readonly process?: { readonly env?: Environment } };
  return process?.env ?? {};
}

/**
 * A variable that is `true 1 yes on` or `false 0 no off`, in any case. One that is empty or not set
 * is the default.
 *
 * @throws ConfigurationError when it is set to anything else.
 */
export function getEnvBool(
  name: string,
  defaultValue: boolean = false,
  env: Environment = processEnvironment(),
): boolean {
  const text = readVariable(env, name);
  if (text === undefined) return defaultValue;
  const value = parseBoolean(text);
  if (typeof value === 'boolean') return value;
  const message = `expected true or false, found ${describeValue(value)}`;
  throw configurationError('from the environment', [{ option: name, message }]);
}

/**
 * A variable of names and values, `name=value,other=value`, as `OTEL_RESOURCE_ATTRIBUTES` is
 * written. One that is empty or not set is the default.
 *
 * @throws ConfigurationError when it is of another form. Its text is not shown: values may be secret.
 */
export function getEnvDict(
  name: string,
  defaultValue: Readonly<Record<string, string>> = {},
  env: Environment = processEnvironment(),
): Readonly<Record<string, string>> {
  const text = readVariable(env, name);
  if (text === undefined) return defaultValue;
  const value = parseDictionary(text);
  if (typeof value === 'object') return value;
  const message = 'expected name=value,other=value, found text of another form';
  throw configurationError('from the environment', [{ option: name, message }]);
}

/** The text of a variable; an empty one counts as not set, as in shells and compose files. */
export function readVariable(env: Environment, name: string): string | undefined {
  const text = Object.hasOwn(env, name) ? env[name] : undefined;
  return text === undefined || text.trim() === '' ? undefined : text;
}
