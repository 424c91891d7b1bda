import type { Deadline } from '../time/deadline.ts';
import { CancelScope } from './cancel-scope.ts';

/** What {@link shield} takes beside the function. */
export interface ShieldOptions {
  /**
   * When the shielded work is given up all the same.
   *
   * @default none
   */
  readonly deadline?: Deadline | undefined;
}

/**
 * Runs a function in a scope that hears of no cancellation from outside, for what must not stop
 * halfway: a commit, a farewell to the peer. It is detached from the signals around it, not from
 * its owner's lifetime: who awaits it is not done before it is, nor is the task that it runs in.
 *
 * @throws DOMException `TimeoutError` when the deadline passes.
 * @example
 * await shield(({ signal }) => rollBack({ signal }), { deadline: Deadline.after(5_000) });
 */
export async function shield<T>(
  fn: (scope: CancelScope) => T | PromiseLike<T>,
  options: ShieldOptions = {},
): Promise<T> {
  const scope = new CancelScope({ deadline: options.deadline, shield: true });
  const outcome = await scope.run(fn);
  if (outcome.cancelled) throw scope.reason;
  return outcome.value;
}
