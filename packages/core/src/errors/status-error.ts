import { isSecretHeader, redactHeaders } from '../secrets/redact-headers.ts';
import { redactText } from '../secrets/redact-text.ts';
import { redactUrl } from '../secrets/redact-url.ts';
import { REDACTED } from '../secrets/secret.ts';
import type { ResponseHeaders } from '../transport.ts';
import {
  type FailureFacts,
  type FailureKind,
  nameErrorClass,
  withDefaults,
} from './linkspan-error.ts';
import type { ProviderError } from './provider-error.ts';
import { TransportError } from './transport-error.ts';

/** What a {@link StatusError} knows of the answer. */
export interface StatusFacts extends FailureFacts {
  readonly status: number;
  readonly headers?: ResponseHeaders | undefined;
  /** The start of the body, as text. What is over 4 KiB is dropped. */
  readonly body?: string | undefined;
  /** What the body says, where it was read. */
  readonly providerError?: ProviderError | undefined;
}

/** How much of a body an error keeps, in UTF-16 units. */
const LONGEST_BODY = 4096;

/** The peer answered with a status that is not success. */
export class StatusError extends TransportError {
  static {
    nameErrorClass(this, 'StatusError');
  }
  override readonly kind: FailureKind = 'http';
  readonly status: number;
  /** The headers of the answer; those that carry credentials say `[redacted]`. Not printed. */
  declare readonly headers: ResponseHeaders;
  /** At most 4 KiB of the body, without what looks like a credential. Not printed. */
  declare readonly body: string | undefined;
  /**
   * What the service says in the body, without what looks like a credential; every member is
   * `undefined` where it says nothing that can be read. Not printed.
   */
  declare readonly providerError: ProviderError;

  constructor(message: string, facts: StatusFacts) {
    super(message, withDefaults({ code: 'http_status', sent: 'yes' }, facts));
    this.status = facts.status;
    // Not enumerable, so that loggers that copy properties do not copy what a peer wrote.
    Object.defineProperties(this, {
      headers: { value: withoutSecrets(facts.headers ?? {}) },
      body: { value: shorten(facts.body) },
      providerError: { value: withoutCredentials(facts.providerError) },
    });
  }

  /** The answer, as far as it is kept. */
  get response(): {
    readonly status: number;
    readonly headers: ResponseHeaders;
    readonly body: string | undefined;
  } {
    return { status: this.status, headers: this.headers, body: this.body };
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), headers: redactHeaders(this.headers) };
  }
}

function withoutSecrets(headers: ResponseHeaders): ResponseHeaders {
  const kept: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === '__proto__') continue;
    if (isSecretHeader(name)) kept[name] = REDACTED;
    else if (name === 'location' && typeof value === 'string') kept[name] = redactUrl(value);
    else kept[name] = value;
  }
  return Object.freeze(kept);
}

/** Redacted before it is cut, so that no half of a key is left at the end. */
function shorten(body: string | undefined): string | undefined {
  if (body === undefined) return undefined;
  return redactText(body.slice(0, 2 * LONGEST_BODY)).slice(0, LONGEST_BODY);
}

function withoutCredentials(said: ProviderError | undefined): ProviderError {
  return Object.freeze({
    type: shorten(said?.type),
    code: shorten(said?.code),
    status: shorten(said?.status),
    message: shorten(said?.message),
  });
}

/** 401: the credentials are missing or wrong. */
export class AuthenticationError extends StatusError {
  static {
    nameErrorClass(this, 'AuthenticationError');
  }

  constructor(message: string, facts: StatusFacts) {
    super(message, withDefaults({ code: 'authentication' }, facts));
  }
}

/** 403: the credentials are right, and not enough. */
export class PermissionError extends StatusError {
  static {
    nameErrorClass(this, 'PermissionError');
  }

  constructor(message: string, facts: StatusFacts) {
    super(message, withDefaults({ code: 'permission' }, facts));
  }
}

/** 404: there is nothing at the target. */
export class NotFoundError extends StatusError {
  static {
    nameErrorClass(this, 'NotFoundError');
  }

  constructor(message: string, facts: StatusFacts) {
    super(message, withDefaults({ code: 'not_found' }, facts));
  }
}

/** 408: the peer waited too long for the request. */
export class RequestTimeoutError extends StatusError {
  static {
    nameErrorClass(this, 'RequestTimeoutError');
  }

  constructor(message: string, facts: StatusFacts) {
    super(message, withDefaults({ code: 'request_timeout', retryable: 'if-idempotent' }, facts));
  }
}

/** 409: the request conflicts with the state of the peer. */
export class ConflictError extends StatusError {
  static {
    nameErrorClass(this, 'ConflictError');
  }

  constructor(message: string, facts: StatusFacts) {
    super(message, withDefaults({ code: 'conflict' }, facts));
  }
}

/** 413: the request is larger than the peer accepts. */
export class RequestTooLargeError extends StatusError {
  static {
    nameErrorClass(this, 'RequestTooLargeError');
  }

  constructor(message: string, facts: StatusFacts) {
    super(message, withDefaults({ code: 'request_too_large' }, facts));
  }
}

/** 400 or 422: the peer does not accept the request as it is. */
export class InvalidRequestError extends StatusError {
  static {
    nameErrorClass(this, 'InvalidRequestError');
  }

  constructor(message: string, facts: StatusFacts) {
    super(message, withDefaults({ code: 'invalid_request' }, facts));
  }
}

/** 429: too many requests. `retryAfterMs` is what the peer asked for. */
export class RateLimitError extends StatusError {
  static {
    nameErrorClass(this, 'RateLimitError');
  }

  constructor(message: string, facts: StatusFacts) {
    super(message, withDefaults({ code: 'rate_limit', retryable: 'yes' }, facts));
  }
}

/** 429 or 402 that waiting does not cure. */
export class QuotaExhaustedError extends StatusError {
  static {
    nameErrorClass(this, 'QuotaExhaustedError');
  }

  constructor(message: string, facts: StatusFacts) {
    super(message, withDefaults({ code: 'quota_exhausted' }, facts));
  }
}

/** 5xx: the peer failed. */
export class ServerError extends StatusError {
  static {
    nameErrorClass(this, 'ServerError');
  }

  constructor(message: string, facts: StatusFacts) {
    super(message, withDefaults({ code: 'server_error', retryable: 'if-idempotent' }, facts));
  }
}

/** 502: something in front of the peer got no good answer from it. */
export class BadGatewayError extends ServerError {
  static {
    nameErrorClass(this, 'BadGatewayError');
  }

  constructor(message: string, facts: StatusFacts) {
    super(message, withDefaults({ code: 'bad_gateway' }, facts));
  }
}

/** 503 or 529: the peer cannot take the request now. */
export class OverloadedError extends ServerError {
  static {
    nameErrorClass(this, 'OverloadedError');
  }

  constructor(message: string, facts: StatusFacts) {
    super(message, withDefaults({ code: 'unavailable' }, facts));
  }
}

/** 504: something in front of the peer got no answer in time. */
export class GatewayTimeoutError extends ServerError {
  static {
    nameErrorClass(this, 'GatewayTimeoutError');
  }

  constructor(message: string, facts: StatusFacts) {
    super(message, withDefaults({ code: 'gateway_timeout' }, facts));
  }
}
