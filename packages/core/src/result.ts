import type { LinkspanError } from './errors/linkspan-error.ts';

/** What came of a call, as a value: for those who prefer a look to a `catch`. */
export type Result<Value, Failure = LinkspanError> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Failure };

/**
 * Turns a promise into one that always resolves: with the value, or with what was thrown.
 *
 * The error of a Linkspan call is a `LinkspanError`, with one exception: a call whose signal was
 * aborted has the signal's reason, unchanged. A caller who aborts asks `isCancelled()` first.
 */
export async function toResult<Value, Failure = LinkspanError>(
  promise: PromiseLike<Value>,
): Promise<Result<Value, Failure>> {
  try {
    return { ok: true, value: await promise };
  } catch (error) {
    return { ok: false, error: error as Failure };
  }
}
