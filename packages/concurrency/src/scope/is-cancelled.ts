/** What tells whether, and why, something was aborted: an `AbortSignal` or a `CancelScope`. */
export interface Abortable {
  readonly aborted: boolean;
  readonly reason: unknown;
}

/**
 * Whether an error is the echo of a cancellation, and not a failure of its own: the reason of the
 * signal that aborted, or the `AbortError` that some platform functions make of it (the promises of
 * `node:timers` and `node:events` do, with the reason as its `cause`).
 *
 * Without a signal it can only tell that the error is an `AbortError`, whoever aborted.
 */
export function isCancelled(error: unknown, signal?: Abortable): boolean {
  if (signal === undefined) return isAbortError(error);
  if (!signal.aborted) return false;
  if (Object.is(error, signal.reason)) return true;
  return (
    isAbortError(error) && (error.cause === undefined || Object.is(error.cause, signal.reason))
  );
}

function isAbortError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'AbortError';
}
