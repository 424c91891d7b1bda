import type { AllHttpSettings } from './http-client-options.ts';

const settings = new WeakMap<object, AllHttpSettings>();

/** Keeps the settings of a client for what is built on it, out of the sight of everybody else. */
export function keepSettings(client: object, ofClient: AllHttpSettings): void {
  settings.set(client, ofClient);
}

/** The settings of a client that `createHttpClient()` made. */
export function settingsOf(client: object): AllHttpSettings | undefined {
  return settings.get(client);
}
