import type { LinkspanError } from './errors/linkspan-error.ts';

/** What came of a call, as a value: for those who prefer a look to a `catch`. */
export type Result<Value, Failure = LinkspanError> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Failure };

/**
 * Turns a promise into one that always resolves: with the value, or with what was thrown.
 *
 * The error of a Linkspan call is a `LinkspanError`, with one exception: a call whose signal was
 * aborted has the signal's reason, unchanged. A caller who aborts asks {@link isCancelled} first.
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

/**
 * Whether something thrown is the caller's own cancellation, and not a failure: the reason of this
 * signal. Without a signal, whether it is the `AbortError` of the platform.
 */
export function isCancelled(error: unknown, signal?: AbortSignal): boolean {
  if (signal !== undefined) return signal.aborted && Object.is(error, signal.reason);
  return error instanceof Error && error.name === 'AbortError';
}
