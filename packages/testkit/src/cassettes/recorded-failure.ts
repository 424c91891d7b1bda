import {
  AuthenticationError,
  BadGatewayError,
  CircuitOpenError,
  ClosedError,
  ConfigurationError,
  ConflictError,
  ConnectionError,
  ConnectionRefusedError,
  ConnectionResetError,
  ConnectionTimeoutError,
  DeserializationError,
  DnsError,
  type FailureFacts,
  GatewayTimeoutError,
  InvalidRequestError,
  isLinkspanError,
  type LinkspanError,
  MessageError,
  MessageTooLargeError,
  NotFoundError,
  OverloadedError,
  PermissionError,
  PoolExhaustedError,
  ProtocolError,
  QuotaExhaustedError,
  RateLimitError,
  RateLimitExceededError,
  RequestTimeoutError,
  RequestTooLargeError,
  SerializationError,
  ServerError,
  StatusError,
  StreamGapError,
  StreamIncompleteError,
  summarizeCause,
  TimeoutError,
  TlsError,
  TransportError,
} from '@linkspan/core';
import type { RecordedFailure } from './cassette.ts';
import type { Redaction } from './redaction.ts';

type FailureClass = new (message: string, facts: never) => LinkspanError;

/** From the special to the general: the first that a failure is an instance of is its class. */
const CLASSES: readonly FailureClass[] = [
  AuthenticationError,
  PermissionError,
  NotFoundError,
  ConflictError,
  RequestTooLargeError,
  InvalidRequestError,
  RequestTimeoutError,
  QuotaExhaustedError,
  RateLimitError,
  OverloadedError,
  BadGatewayError,
  GatewayTimeoutError,
  ServerError,
  StatusError,
  DnsError,
  ConnectionRefusedError,
  ConnectionTimeoutError,
  TlsError,
  ConnectionResetError,
  ConnectionError,
  SerializationError,
  DeserializationError,
  MessageTooLargeError,
  MessageError,
  ProtocolError,
  StreamIncompleteError,
  StreamGapError,
  TransportError,
  ConfigurationError,
  TimeoutError,
  ClosedError,
  CircuitOpenError,
  PoolExhaustedError,
  RateLimitExceededError,
];
const BY_NAME = new Map(CLASSES.map((errorClass) => [nameOf(errorClass), errorClass]));

/** The facts of a failure. What a transport throws that is none of ours is told as a `TransportError`. */
export function recordFailure(error: unknown, redaction: Redaction): RecordedFailure {
  if (!isLinkspanError(error)) {
    const { name, message } = summarizeCause(error);
    return {
      class: 'TransportError',
      message: redaction.text(`Cannot answer: ${name}: ${message}`, 'message'),
      code: 'foreign_error',
      retryable: 'no',
      sent: 'maybe',
    };
  }
  const { clock, limitMs, elapsedMs, status, headers, body } = error as Partial<
    TimeoutError & StatusError
  >;
  const errorClass = CLASSES.find((candidate) => error instanceof candidate) ?? TransportError;
  return {
    class: nameOf(errorClass),
    message: redaction.text(error.message, 'message'),
    code: error.code,
    retryable: error.retryable,
    sent: error.sent,
    ...(error.phase !== undefined && { phase: error.phase }),
    ...(error.retryAfterMs !== undefined && { retryAfterMs: writeNumber(error.retryAfterMs) }),
    ...(error.requestId !== undefined && { requestId: error.requestId }),
    ...(error.transport !== undefined && { transport: error.transport }),
    ...(clock !== undefined && { clock }),
    ...(limitMs !== undefined && { limitMs: writeNumber(limitMs) }),
    ...(elapsedMs !== undefined && { elapsedMs: writeNumber(elapsedMs) }),
    ...(status !== undefined && { status }),
    ...(headers !== undefined && { headers: redaction.headers(headers) }),
    ...(body !== undefined && { body: redaction.text(body, 'body') }),
  };
}

/** The failure again, of the same class and with the same facts; its `cause` was not recorded. */
export function playFailure(recorded: RecordedFailure): LinkspanError {
  const { class: name, message, retryAfterMs, limitMs, elapsedMs, ...facts } = recorded;
  const FailureOf = (BY_NAME.get(name) ?? TransportError) as new (
    message: string,
    facts: FailureFacts,
  ) => LinkspanError;
  return new FailureOf(message, {
    ...facts,
    ...(retryAfterMs !== undefined && { retryAfterMs: Number(retryAfterMs) }),
    ...(limitMs !== undefined && { limitMs: Number(limitMs) }),
    ...(elapsedMs !== undefined && { elapsedMs: Number(elapsedMs) }),
  });
}

/** Whether a name is that of a class that can be made again. */
export function isFailureName(name: unknown): boolean {
  return typeof name === 'string' && BY_NAME.has(name);
}

function nameOf(errorClass: FailureClass): string {
  return (errorClass.prototype as Error).name;
}

function writeNumber(value: number): number | 'Infinity' {
  return value === Infinity ? 'Infinity' : value;
}
