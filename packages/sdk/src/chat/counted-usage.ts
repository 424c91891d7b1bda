import type { Usage } from '@linkspan/core';

/** The counts that a provider told; `undefined` when it told none. */
export function countedUsage(counts: { readonly [Name in keyof Usage]: unknown }):
  | Usage
  | undefined {
  const told = Object.entries(counts).filter(([, count]) => typeof count === 'number');
  return told.length === 0 ? undefined : Object.fromEntries(told);
}
