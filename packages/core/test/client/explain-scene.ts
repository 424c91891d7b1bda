import type { CallExplanation } from '@linkspan/core';
import { expect } from 'vitest';

/** The moments of a call, short. */
export function timeline(explained: CallExplanation | undefined) {
  return explained?.entries.map(({ atMs, event, attempt }) => `${atMs} ${event} ${attempt}`);
}

/** What a call fails with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => expect.unreachable('it did not fail'),
    (error: unknown) => error,
  );
}
