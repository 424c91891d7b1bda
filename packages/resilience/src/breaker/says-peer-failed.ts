import {
  ConnectionError,
  DnsError,
  LinkspanError,
  ProtocolError,
  StatusError,
  TimeoutError,
  TlsError,
} from '@linkspan/core';

/** The state of this machine, or of what stands between, not of the peer. */
const NOT_OF_THE_PEER = new Set([
  'resource',
  'connection_denied',
  'target_refused',
  'proxy',
  'proxy_tls',
]);
/** The clocks that wait for a sign of life; the others wait for the reader, or are the caller's patience. */
const CLOCKS_OF_THE_PEER = new Set([
  'connectMs',
  'handshakeMs',
  'attemptMs',
  'firstEventMs',
  'pongMs',
]);
/** Not done at all, ever: an answer of a peer that works. */
const NOT_IMPLEMENTED = new Set([501, 505]);

/**
 * Whether a failure says that its peer does not work: it cannot be reached, does not answer in time,
 * breaks off, breaks the protocol, or answers 5xx. Answers about the request (4xx), limits (429), the
 * caller's deadline and abort, and what was refused on this side say nothing of the kind.
 */
export function saysPeerFailed(error: unknown): boolean {
  if (!(error instanceof LinkspanError) || error.phase === 'queue') return false;
  if (error instanceof StatusError) return isServerFailure(error.status);
  if (error instanceof TimeoutError) return CLOCKS_OF_THE_PEER.has(error.clock);
  // A name that does not exist is a mistake here; one that cannot be resolved just now is not.
  if (error instanceof DnsError) return error.retryable !== 'no';
  if (error instanceof TlsError || error.phase === 'body') return false;
  if (error instanceof ConnectionError) return !NOT_OF_THE_PEER.has(error.code);
  return error instanceof ProtocolError && error.code === 'protocol';
}

/** Whether a status says that the peer does not work. */
export function isServerFailure(status: number): boolean {
  return status >= 500 && status <= 599 && !NOT_IMPLEMENTED.has(status);
}
