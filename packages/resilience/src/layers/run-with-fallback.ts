import { TriedWays } from './tried-ways.ts';
import type { Way, WayOptions } from './way-options.ts';

/**
 * Gets an answer from the first of several ways that gives one: another client, another provider, or
 * at last a value. The next is taken when one fails with what the next may not.
 *
 * ```ts
 * const answer = await runWithFallback([
 *   (limits) => openai.chat({ messages }, limits),
 *   (limits) => anthropic.chat({ messages }, limits),
 * ]);
 * ```
 *
 * The deadline and the signal span all of it: they are given to each way, and hold for one that does
 * not heed them, too. What it fails with is the failure of the last way that was taken; its message
 * tells of those before, its `attempts` count theirs. For streams there is `streamWithFallback()`.
 *
 * @throws ConfigurationError for options that are not right; the caller's `signal.reason`;
 * TimeoutError at the deadline; what the last way failed with.
 */
export async function runWithFallback<Value>(
  ways: readonly Way<Value>[],
  options: WayOptions = {},
): Promise<Value> {
  const tried = new TriedWays('runWithFallback()', ways, options, {
    phase: 'headers',
    sent: 'maybe',
    missed: 'no way gave an answer',
  });
  const { scope, signal } = tried;
  try {
    for (;;) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- ways are taken one after another
        return await scope.race(tried.take(signal));
      } catch (error) {
        if (!tried.mayGoOn(error)) throw tried.failure(error);
        tried.goOn(error, 0);
      }
    }
  } finally {
    scope[Symbol.dispose]();
  }
}
