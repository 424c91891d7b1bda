import { ConfigurationError, type Environment } from '@linkspan/core';

/** What a variable holds; an empty one holds nothing. */
export function readVariable(env: Environment, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}

/** The failure of a provider that knows nobody without a key. */
export function missingKey(subject: string, variable: string): ConfigurationError {
  const message = `expected a key, as an option or in ${variable}, found none`;
  return new ConfigurationError(`Cannot configure ${subject}: apiKey: ${message}`, {
    issues: [{ option: 'apiKey', message }],
  });
}
