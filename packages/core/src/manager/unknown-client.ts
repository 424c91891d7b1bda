import { ConfigurationError } from '../errors/local-errors.ts';
import { suggestName } from '../settings/suggest-name.ts';

/** The failure of an id that nothing is registered under. */
export function unknownClient(id: string, ids: readonly string[]): ConfigurationError {
  const known = ids.length === 0 ? 'none is registered' : `registered: ${ids.join(', ')}`;
  const shown = JSON.stringify(id.slice(0, 64)).replaceAll('"', "'");
  const meant = suggestName(id, ids);
  const hint = meant === undefined ? '' : `; did you mean '${meant}'?`;
  const message = `there is no client ${shown}; ${known}${hint}`;
  return new ConfigurationError(`Cannot find the client: ${message}`, {
    code: 'unknown_client',
    issues: [{ option: 'id', message }],
  });
}

/** The failure of an id that nothing can be registered under. */
export function wrongId(message: string): ConfigurationError {
  return new ConfigurationError(`Cannot register the client: id: ${message}`, {
    issues: [{ option: 'id', message }],
  });
}
