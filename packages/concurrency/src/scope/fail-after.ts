import { Deadline } from '../time/deadline.ts';
import { timeout } from './abort-reason.ts';
import { CancelScope } from './cancel-scope.ts';
import type { TimeLimitOptions } from './move-on-after.ts';

/**
 * The value of a function that has `ms` milliseconds, or a `TimeoutError` when they are up.
 * `undefined` and `Infinity` set no limit; 0 and less do not start it.
 *
 * The function is cancelled through `scope.signal` and waited for while it cleans up, as
 * {@link CancelScope.run} describes; `scope.deadline` may be moved meanwhile.
 *
 * @throws DOMException `TimeoutError`, or what `timeoutReason` makes, when the time is up.
 * @example
 * const page = await failAfter(5_000, ({ signal }) => fetch(url, { signal }));
 */
export async function failAfter<T>(
  ms: number | undefined,
  fn: (scope: CancelScope) => T | PromiseLike<T>,
  options: TimeLimitOptions = {},
): Promise<T> {
  const {
    signal: parent,
    clock,
    timeoutReason = () => timeout(`The work was not done within ${ms} ms`),
  } = options;
  const scope = new CancelScope({ parent, deadline: Deadline.after(ms, clock), timeoutReason });
  const outcome = await scope.run(fn);
  if (outcome.cancelled) throw scope.reason;
  return outcome.value;
}
