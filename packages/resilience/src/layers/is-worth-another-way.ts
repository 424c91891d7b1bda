import {
  DeserializationError,
  LinkspanError,
  QuotaExhaustedError,
  RateLimitError,
  TimeoutError,
} from '@linkspan/core';
import { saysPeerFailed } from '../breaker/says-peer-failed.ts';

/** Not asked at all: no place, no permit, an open circuit. */
const NOT_ASKED = new Set(['circuit-open', 'rate-limit', 'pool-exhausted']);
/** What breaks an answer behind its head. */
const BREAKS = new Set(['network', 'transport', 'protocol', 'stream-incomplete', 'stream-gap']);
/** A head that belongs to no stream: that of a page, of a gateway or a sign-in. */
const NO_STREAM = new Set(['sse_content_type', 'content_type']);

/**
 * Whether a failure is one that another peer may not have: this one does not work, refuses by a limit,
 * is not asked, or its answer broke off or cannot be read. What is wrong with the request is wrong
 * elsewhere, too; and the caller's own deadline holds there as well.
 */
export function isWorthAnotherWay(error: unknown): boolean {
  if (!(error instanceof LinkspanError)) return false;
  return (
    NOT_ASKED.has(error.kind) ||
    error instanceof RateLimitError ||
    error instanceof QuotaExhaustedError ||
    saysPeerFailed(error) ||
    isBrokenAnswer(error)
  );
}

function isBrokenAnswer(error: LinkspanError): boolean {
  if (error instanceof TimeoutError)
    return error.clock === 'idleMs' || error.clock === 'eventIdleMs';
  if (error instanceof DeserializationError || NO_STREAM.has(error.code)) return true;
  return error.phase === 'body' && BREAKS.has(error.kind);
}
