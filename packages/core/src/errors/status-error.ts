import type { ResponseHeaders } from '../transport.ts';
import { type FailureFacts, type FailureKind, nameErrorClass } from './linkspan-error.ts';
import { TransportError } from './transport-error.ts';

/** What a {@link StatusError} knows of the answer. */
export interface StatusFacts extends FailureFacts {
  readonly status: number;
  readonly headers?: ResponseHeaders | undefined;
  /** The start of the body, at most 4 KiB, as text. */
  readonly body?: string | undefined;
}

/** The peer answered with a status that is not success. */
export class StatusError extends TransportError {
  static {
    nameErrorClass(this, 'StatusError');
  }
  override readonly kind: FailureKind = 'http';
  readonly status: number;

  constructor(message: string, facts: StatusFacts) {
    super(message, { code: 'http_status', sent: 'yes', ...facts });
    this.status = facts.status;
  }
}

/** 401: the credentials are missing or wrong. */
export class AuthenticationError extends StatusError {
  static {
    nameErrorClass(this, 'AuthenticationError');
  }
}

/** 403: the credentials are right, and not enough. */
export class PermissionError extends StatusError {
  static {
    nameErrorClass(this, 'PermissionError');
  }
}

/** 404: there is nothing at the target. */
export class NotFoundError extends StatusError {
  static {
    nameErrorClass(this, 'NotFoundError');
  }
}

/** 408: the peer waited too long for the request. */
export class RequestTimeoutError extends StatusError {
  static {
    nameErrorClass(this, 'RequestTimeoutError');
  }
}

/** 409: the request conflicts with the state of the peer. */
export class ConflictError extends StatusError {
  static {
    nameErrorClass(this, 'ConflictError');
  }
}

/** 413: the request is larger than the peer accepts. */
export class RequestTooLargeError extends StatusError {
  static {
    nameErrorClass(this, 'RequestTooLargeError');
  }
}

/** 400 or 422: the peer does not accept the request as it is. */
export class InvalidRequestError extends StatusError {
  static {
    nameErrorClass(this, 'InvalidRequestError');
  }
}

/** 429: too many requests. `retryAfterMs` is what the peer asked for. */
export class RateLimitError extends StatusError {
  static {
    nameErrorClass(this, 'RateLimitError');
  }
}

/** 429 or 402 that waiting does not cure. */
export class QuotaExhaustedError extends StatusError {
  static {
    nameErrorClass(this, 'QuotaExhaustedError');
  }
}

/** 5xx: the peer failed. */
export class ServerError extends StatusError {
  static {
    nameErrorClass(this, 'ServerError');
  }
}

/** 502: something in front of the peer got no good answer from it. */
export class BadGatewayError extends ServerError {
  static {
    nameErrorClass(this, 'BadGatewayError');
  }
}

/** 503 or 529: the peer cannot take the request now. */
export class OverloadedError extends ServerError {
  static {
    nameErrorClass(this, 'OverloadedError');
  }
}

/** 504: something in front of the peer got no answer in time. */
export class GatewayTimeoutError extends ServerError {
  static {
    nameErrorClass(this, 'GatewayTimeoutError');
  }
}
