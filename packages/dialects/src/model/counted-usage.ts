import type { Usage } from '@linkspan/core';

/** The counts that a peer told; what is no number was not told. */
export function countedUsage(counts: { readonly [Name in keyof Usage]: unknown }): Usage {
  return Object.fromEntries(
    Object.entries(counts).filter(([, count]) => typeof count === 'number'),
  );
}

/** The sum of the counts that were told, where the first was. */
export function sumOf(first: unknown, ...others: readonly unknown[]): number | undefined {
  if (typeof first !== 'number') return undefined;
  return others.reduce<number>(
    (sum, count) => sum + (typeof count === 'number' ? count : 0),
    first,
  );
}
