import { type Setting, setting } from '@linkspan/core';
import type { Store } from './store.ts';

/** The setting of a {@link Store}. */
export const storeSetting: Setting<Store | undefined, Store, false> = setting.custom<Store>({
  optional: true,
  env: false,
  expected: 'a store: an object with tally()',
  check: (value) =>
    typeof (value as Partial<Store> | null)?.tally === 'function' ? (value as Store) : undefined,
});
