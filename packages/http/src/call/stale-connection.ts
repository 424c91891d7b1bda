import { isIdempotent, isReplayable } from '@linkspan/core';
import { isBrokenConnection } from '../errors.ts';
import type { WireRequest } from './wire-request.ts';

/** A request up to this size is handed to the system in one write. */
const ONE_WRITE = 16 * 1024;

/**
 * Whether a request goes once more, on a new connection, because the kept one that it was sent over
 * was being closed by the peer. No byte of an answer has come. What may not be done twice goes again
 * only where the very first write failed: nothing has left this machine then.
 */
export function maySendAfresh({ request, body }: WireRequest, error: unknown): boolean {
  if (!isBrokenConnection(error) || !isReplayable(request.payload)) return false;
  if (isIdempotent(request)) return true;
  const { syscall, code } = error as { readonly syscall?: unknown; readonly code?: unknown };
  const isSmall = body === null || (body instanceof Buffer && body.byteLength <= ONE_WRITE);
  return isSmall && syscall === 'write' && code === 'EPIPE';
}
