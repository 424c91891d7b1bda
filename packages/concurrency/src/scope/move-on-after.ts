import type { Clock } from '../time/clock.ts';
import { Deadline } from '../time/deadline.ts';
import { CancelScope, type ScopeOutcome } from './cancel-scope.ts';

/** What {@link moveOnAfter} and {@link failAfter} take beside the time and the function. */
export interface TimeLimitOptions {
  /** What cancels the function too; the call then rejects with `signal.reason`, unchanged. */
  readonly signal?: AbortSignal | undefined;
  /**
   * What the time is measured on.
   *
   * @default systemClock
   */
  readonly clock?: Clock | undefined;
  /**
   * Makes the reason to abort with when the time is up.
   *
   * @default a `DOMException` named `TimeoutError`
   */
  readonly timeoutReason?: (() => unknown) | undefined;
}

/**
 * Gives a function `ms` milliseconds and goes on without its value when they are up: a result that
 * is late is no failure. `undefined` and `Infinity` set no limit; 0 and less do not start it.
 *
 * The function is cancelled through `scope.signal` and waited for while it cleans up, as
 * {@link CancelScope.run} describes; `scope.deadline` may be moved meanwhile.
 *
 * @example
 * const { cancelled, value } = await moveOnAfter(200, ({ signal }) => lookUp(key, { signal }));
 */
export async function moveOnAfter<T>(
  ms: number | undefined,
  fn: (scope: CancelScope) => T | PromiseLike<T>,
  options: TimeLimitOptions = {},
): Promise<ScopeOutcome<T>> {
  const { signal: parent, clock, timeoutReason } = options;
  const deadline = Deadline.after(ms, clock);
  return await new CancelScope({ parent, deadline, timeoutReason }).run(fn);
}
