import { type Setting, setting } from '@linkspan/core';
import type { Store } from './store.ts';

/** The setting of a {@link Store}. */
export const storeSetting: Setting<Store | undefined, Store, false> = setting.custom<Store>({
  optional: true,
  env: false,
  expected: 'a store: an object with tally() and share()',
  check: (value) => (isStore(value) ? value : undefined),
});

function isStore(value: unknown): value is Store {
  const store = value as Partial<Store> | null;
  return typeof store?.tally === 'function' && typeof store.share === 'function';
}
