import { REDACTED } from './secret.ts';

/** Shorter values are no secrets, and would blank out what is no echo. */
const SHORTEST_SECRET = 4;

/** A text without the values of these secrets: peers repeat the key that they do not accept. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((value) => value.length >= SHORTEST_SECRET)
    .reduce((shown, value) => shown.replaceAll(value, REDACTED), text);
}
