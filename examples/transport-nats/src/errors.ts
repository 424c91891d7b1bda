import {
  ConnectionError,
  ConnectionRefusedError,
  ConnectionResetError,
  ConnectionTimeoutError,
  DnsError,
  type LinkspanError,
  MessageTooLargeError,
  redactText,
  SerializationError,
  StreamGapError,
  TlsError,
  TransportError,
} from '@linkspan/core';
import { errors } from '@nats-io/transport-node';

const transport = 'nats';

/** The failure of a connection that was not made: nothing was sent. */
export function connectFailure(cause: unknown, connectMs: number): LinkspanError {
  const facts = { sent: 'no', transport, cause } as const;
  if (cause instanceof errors.AuthorizationError) return refused(cause, facts);
  if (cause instanceof errors.UserAuthenticationExpiredError) return refused(cause, facts);
  if (cause instanceof errors.TimeoutError) {
    return new ConnectionTimeoutError(
      `Cannot connect: the NATS server did not greet us within ${connectMs} ms (connectMs)`,
      { ...facts, limitMs: connectMs, elapsedMs: connectMs },
    );
  }
  const code = codeOf(cause);
  switch (code) {
    case 'ECONNREFUSED':
      return new ConnectionRefusedError('Cannot connect: no NATS server listens there', facts);
    case 'ENOTFOUND':
      return new DnsError('Cannot connect: the name of the NATS server is not known', facts);
    default:
      return code?.startsWith('ERR_TLS') === true || code?.includes('CERT') === true
        ? new TlsError('Cannot connect: the NATS server cannot be trusted', facts)
        : new ConnectionError('Cannot connect to the NATS server', facts);
  }
}

/** The failure of a call whose connection broke. What broke it is in `cause`, where it is known. */
export function lostConnection(cause: unknown, phase: 'headers' | 'body'): LinkspanError {
  const facts = { phase, transport, cause, sent: phase === 'body' ? 'yes' : 'maybe' } as const;
  return new ConnectionResetError('Cannot get an answer: the connection to NATS broke', facts);
}

/** The failure of a connection that ended before anything was written to it. */
export function unsentOnLostConnection(cause: unknown): LinkspanError {
  return new ConnectionResetError('Cannot send: the connection to NATS has ended', {
    phase: 'send',
    sent: 'no',
    retryable: 'yes',
    transport,
    cause,
  });
}

/** What the server, or a service, says in the place of an answer: `503` means that nobody listens. */
export function statusFailure(status: number, description: string): LinkspanError {
  if (status === 503) {
    return new ConnectionRefusedError('Cannot send the request: nobody subscribes to its subject', {
      code: 'nats_no_responders',
      phase: 'send',
      sent: 'no',
      transport,
    });
  }
  return new TransportError(
    `Cannot get an answer: NATS says ${status} ${redactText(description)}`,
    {
      code: `nats_status_${status}`,
      phase: 'headers',
      sent: 'yes',
      transport,
    },
  );
}

/** What a service answers that has failed, in the headers of the services framework (ADR-32). */
export function serviceFailure(code: string, description: string): LinkspanError {
  return new TransportError(
    `Cannot get an answer: the service failed with ${code || 'no code'}: ${redactText(description)}`,
    { code: 'nats_service_error', phase: 'headers', sent: 'yes', transport },
  );
}

/** The server let nothing through: it tells so behind our back, in a message to the connection. */
export function permissionFailure(cause: unknown, what: 'publish' | 'subscription'): LinkspanError {
  const deed = what === 'publish' ? 'send the request' : 'subscribe';
  return new TransportError(`Cannot ${deed}: the NATS server does not permit it on this subject`, {
    code: 'nats_forbidden',
    phase: 'send',
    sent: 'no',
    transport,
    cause,
  });
}

/** The reader fell too far behind: NATS has no way to slow those who publish. */
export function overrun(limitBytes: number): StreamGapError {
  return new StreamGapError(
    `Cannot read on: more than ${limitBytes} bytes were waiting for the reader (maxPendingBytes), and what came then is lost`,
    { code: 'nats_overrun', transport },
  );
}

/** The request cannot be written. */
export function unwritable(reason: string): SerializationError {
  return new SerializationError(`Cannot send the request: ${reason}`, { sent: 'no', transport });
}

/** The request is larger than the server takes. */
export function tooLarge(bytes: number, limitBytes: number): MessageTooLargeError {
  return new MessageTooLargeError(
    `Cannot send the request: it has ${bytes} bytes, and the NATS server takes ${limitBytes} (max_payload)`,
    { phase: 'send', sent: 'no', transport },
  );
}

function refused(
  cause: Error,
  facts: { readonly sent: 'no'; readonly transport: string; readonly cause: unknown },
): LinkspanError {
  const isExpired = cause instanceof errors.UserAuthenticationExpiredError;
  return new ConnectionError(
    `Cannot connect: the NATS server ${isExpired ? 'says that the credentials have expired' : 'does not accept the credentials'}`,
    { ...facts, code: 'nats_unauthorized', retryable: 'no' },
  );
}

/** The code of the socket's error, which the client wraps. */
function codeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string') return code;
  }
  return undefined;
}
