import { ManualClock } from '@linkspan/concurrency';
import { ConnectionRefusedError, ConnectionResetError, statusError } from '@linkspan/core';
import { RetryHandler, type RetryHandlerOptions, type RetryRunOptions } from '@linkspan/resilience';

export const status =
  (code: number, headers: Record<string, string> = {}) =>
  (): unknown =>
    statusError({ status: code, headers });
export const refused = (): unknown => new ConnectionRefusedError('Cannot connect');
export const reset = (): unknown => new ConnectionResetError('Cannot read: reset');
export const foreign = (): unknown => new TypeError('fetch failed');

export interface RetryHandlerScene extends RetryHandlerOptions {
  /** What the tries fail with, in turn; the next one succeeds. */
  readonly fails: readonly (() => unknown)[];
  readonly run?: RetryRunOptions;
}

/** Runs a function that fails in turn, on a clock that the test moves; waits are the longest. */
export function scene({ fails, run, ...options }: RetryHandlerScene) {
  const clock = new ManualClock();
  const tries: { readonly atMs: number; readonly attempt: number }[] = [];
  const handler = new RetryHandler({ clock, random: () => 1, ...options });
  const answer = handler.run(async ({ attempt }) => {
    tries.push({ atMs: clock.now(), attempt });
    const fail = fails[tries.length - 1];
    if (fail !== undefined) throw fail();
    return 'done';
  }, run);
  const settled = answer.catch((error: unknown) => error);
  return { clock, tries, settled, answer };
}

/** How often a function runs that fails with this once. */
export async function triesAfter(
  fail: () => unknown,
  options: Omit<RetryHandlerScene, 'fails'> = {},
) {
  const { clock, tries, settled } = scene({ fails: [fail], ...options });
  await clock.advance(60_000);
  await settled;
  return tries.length;
}
