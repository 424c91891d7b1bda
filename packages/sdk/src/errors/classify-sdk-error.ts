import {
  ConfigurationError,
  ConnectionError,
  DeserializationError,
  isLinkspanError,
  type LinkspanError,
  ProtocolError,
  type ResponseHeaders,
  statusError,
  TimeoutError,
  TransportError,
} from '@linkspan/core';

/** What an SDK's errors have, some of them. */
export interface SdkError extends Error {
  readonly status?: unknown;
  readonly headers?: unknown;
  readonly error?: unknown;
}

/** Makes the failure that an error is. */
export type ToFailure = (error: SdkError) => LinkspanError;

/** What a class of an SDK's errors means: a status, a failure of another kind, or what its code says. */
export type Meaning = number | 'by-code' | ToFailure;

/** A class of an SDK's errors, and what it means. */
export type ErrorRow = readonly [errorClass: unknown, meaning: Meaning];

/** What is known about the errors of one SDK. */
export interface SdkErrors {
  /** Special classes before general ones; empty while the SDK is not loaded. */
  readonly rows: readonly ErrorRow[];
  /** The body that the provider sent, as the error keeps it. */
  readonly bodyOf: (error: SdkError) => unknown;
  /** The failure that a body reports by its code, if it reports one. */
  readonly readBody: (body: unknown) => LinkspanError | undefined;
}

/** How deep a cause may be hidden: fetch wraps it, and then the SDK. */
const DEEPEST_CAUSE = 5;

/**
 * The failure that an error of an SDK is. One of Linkspan's inside it is the failure itself; else it
 * is told by the class of the error, then by its status, then by the code in its body.
 */
export function classifySdkError(error: unknown, errors: SdkErrors): LinkspanError {
  const own = findOwn(error);
  if (own !== undefined) return own;
  const thrown = (typeof error === 'object' && error !== null ? error : {}) as SdkError;
  const meaning = errors.rows.find(([errorClass]) => isInstance(thrown, errorClass))?.[1];
  if (typeof meaning === 'function') return meaning(thrown);
  const ofClass = meaning === 'by-code' ? undefined : meaning;
  const status = isErrorStatus(thrown.status) ? thrown.status : ofClass;
  const body = errors.bodyOf(thrown);
  if (status !== undefined) {
    return statusError({
      status,
      headers: headersOf(thrown.headers),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }
  return errors.readBody(body) ?? unknownError(error);
}

/** A call that its caller aborted: no failure of ours has that meaning. */
export const aborted: ToFailure = (cause) =>
  new TransportError('Cannot complete the call: its caller aborted it', {
    code: 'aborted',
    sent: 'maybe',
    cause,
  });

/** The SDK's own clock ran out, which is that of one attempt. */
export function timedOut(limitMs: number): ToFailure {
  return (cause) =>
    new TimeoutError('Cannot get an answer: the time that the SDK allows is up', {
      clock: 'attemptMs',
      limitMs,
      elapsedMs: limitMs,
      phase: 'headers',
      sent: 'maybe',
      retryable: 'if-idempotent',
      cause,
    });
}

export const unconnected: ToFailure = (cause) =>
  new ConnectionError('Cannot get an answer: the connection failed', {
    code: 'connection',
    sent: 'maybe',
    retryable: 'if-idempotent',
    cause,
  });

/** The SDK did not take what it was told. */
export const misused: ToFailure = (cause) =>
  new ConfigurationError('Cannot make the call: the SDK refuses it', {
    code: 'sdk_refuses',
    cause,
  });

/** A helper of the SDK could not read an answer. */
export function unreadable(code: string, why: string): ToFailure {
  return (cause) =>
    new DeserializationError(`Cannot read the answer: ${why}`, { code, sent: 'yes', cause });
}

/** A message that does not prove who sent it. */
export const unproven: ToFailure = (cause) =>
  new ProtocolError('Cannot take the message: its signature is wrong', {
    code: 'webhook_signature',
    cause,
  });

function unknownError(cause: unknown): TransportError {
  return new TransportError('Cannot complete the call: the SDK failed', {
    code: 'sdk',
    sent: 'maybe',
    cause,
  });
}

function findOwn(error: unknown): LinkspanError | undefined {
  let cause = error;
  for (let depth = 0; depth < DEEPEST_CAUSE; depth++) {
    if (isLinkspanError(cause)) return cause;
    if (!(cause instanceof Error)) return undefined;
    cause = cause.cause;
  }
  return undefined;
}

/** Whether it is of a class; one that this version of the SDK does not have has no instances. */
function isInstance(error: object, errorClass: unknown): boolean {
  return typeof errorClass === 'function' && error instanceof errorClass;
}

function isErrorStatus(status: unknown): status is number {
  return typeof status === 'number' && status >= 400 && status <= 599;
}

function headersOf(headers: unknown): ResponseHeaders {
  return headers instanceof Headers ? Object.fromEntries(headers) : {};
}
