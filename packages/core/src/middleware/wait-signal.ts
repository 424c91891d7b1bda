import type { CallContext } from '../transport.ts';

/**
 * What ends a wait on behalf of a call: the caller's abort, the close of its client, and where a layer
 * has given one of several attempts a signal of its own, as hedging does, the end of that attempt.
 */
export function waitSignal({ call, signal }: CallContext): AbortSignal | undefined {
  if (call === undefined) return signal;
  if (signal === undefined || call.owns(signal)) return call.signal;
  return AbortSignal.any([signal, call.signal]);
}
