import { readUsage, type Usage } from '@linkspan/core';

/** What a run used, over all its models; `undefined` when it did not tell. */
export function sumUsage(entries: unknown): Usage | undefined {
  if (!Array.isArray(entries)) return undefined;
  const sums: Record<string, number> = {};
  for (const entry of entries) {
    for (const [name, count] of Object.entries(readUsage(entry) ?? {})) {
      sums[name] = (sums[name] ?? 0) + count;
    }
  }
  return Object.keys(sums).length === 0 ? undefined : sums;
}
