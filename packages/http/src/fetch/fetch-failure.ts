import { ConfigurationError, isCancelled, LinkspanError } from '@linkspan/core';

/**
 * What a fetch rejects with: the caller's own reason, unchanged, or a `TypeError` whose `cause` is
 * the `LinkspanError`. The messages are those of Node's fetch, by which libraries tell a network that
 * failed (`fetch failed`, before the head) and a body that was cut (`terminated`); a request that is
 * wrong in itself says what is wrong with it.
 */
export function fetchFailure(
  error: unknown,
  signal: AbortSignal | undefined,
  message: 'fetch failed' | 'terminated',
): unknown {
  if (isCancelled(error, signal) || !(error instanceof LinkspanError)) return error;
  const text = error instanceof ConfigurationError ? error.message : message;
  return new TypeError(text, { cause: error });
}
