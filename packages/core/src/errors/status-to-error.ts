import { hideSecrets } from '../secrets/hide-secrets.ts';
import { redactText } from '../secrets/redact-text.ts';
import { readRetryAfterMs } from './retry-after.ts';
import type { ResponseHeaders } from '../transport.ts';
import type { Retryable } from './linkspan-error.ts';
import { type ProviderError, readProviderError } from './provider-error.ts';
import {
  AuthenticationError,
  BadGatewayError,
  ConflictError,
  GatewayTimeoutError,
  InvalidRequestError,
  NotFoundError,
  OverloadedError,
  PermissionError,
  QuotaExhaustedError,
  RateLimitError,
  RequestTimeoutError,
  RequestTooLargeError,
  ServerError,
  StatusError,
  type StatusFacts,
} from './status-error.ts';

/** An answer that is not success. */
export interface FailedAnswer {
  readonly status: number;
  readonly headers?: ResponseHeaders | undefined;
  /** The body, or its start: up to 64 KiB are looked at, 4 KiB are kept. */
  readonly body?: string | Uint8Array | undefined;
  /** @default from `x-request-id`, `request-id` and their like, then from the body */
  readonly requestId?: string | undefined;
  /** @default what the peer answered, with its own words where it has any */
  readonly message?: string | undefined;
  /** Values that the peer may echo and nobody must see: what the secret headers of the request hold. */
  readonly secrets?: readonly string[] | undefined;
  /** The name of the transport. */
  readonly transport?: string | undefined;
  /** The wall clock, for `Retry-After` dates. @default Date.now() */
  readonly nowMs?: number | undefined;
}

type StatusErrorClass = new (message: string, facts: StatusFacts) => StatusError;

const CLASSES: Readonly<Record<number, StatusErrorClass>> = {
  400: InvalidRequestError,
  401: AuthenticationError,
  402: QuotaExhaustedError,
  403: PermissionError,
  404: NotFoundError,
  408: RequestTimeoutError,
  409: ConflictError,
  413: RequestTooLargeError,
  422: InvalidRequestError,
  429: RateLimitError,
  502: BadGatewayError,
  503: OverloadedError,
  504: GatewayTimeoutError,
  529: OverloadedError,
};

/** Codes and types by which services say that the money, not the rate, is used up. */
const QUOTA =
  /^(?:insufficient_quota|billing_hard_limit_reached|billing_not_active|billing_error)$/;
const REQUEST_ID_HEADERS = [
  'x-request-id',
  'request-id',
  'x-amzn-requestid',
  'x-ms-request-id',
  'apim-request-id',
];
const LONGEST_READ = 64 * 1024;
const LONGEST_MESSAGE = 300;

/**
 * The failure that an answer with such a status is: its class by status, and by the service's own
 * code where the status alone says too little; `retryable` by status, or by `x-should-retry`, which
 * is obeyed both ways; `retryAfterMs` from the headers.
 */
export function statusError(answer: FailedAnswer): StatusError {
  const { status, headers = {} } = answer;
  const text = toText(answer.body);
  const body = text === undefined ? undefined : hideSecrets(text, answer.secrets ?? []);
  const provider = readProviderError(body ?? '');
  const retryAfterMs = readRetryAfterMs(headers, answer.nowMs);
  const StatusErrorOf = classOf(status, headers, provider, retryAfterMs);
  return new StatusErrorOf(answer.message ?? describe(status, provider), {
    status,
    headers,
    body,
    retryAfterMs,
    code: status === 529 ? 'overloaded' : undefined,
    retryable: shouldRetry(headers) ?? retryableBy(status, retryAfterMs),
    requestId: answer.requestId ?? readRequestId(headers) ?? provider.requestId,
    transport: answer.transport,
  });
}

function classOf(
  status: number,
  headers: ResponseHeaders,
  provider: ProviderError,
  retryAfterMs: number | undefined,
): StatusErrorClass {
  const { code = '', type = '' } = provider;
  if (status === 429 && (QUOTA.test(code) || QUOTA.test(type))) return QuotaExhaustedError;
  if (status === 400 && code === 'model_not_found') return NotFoundError;
  // GitHub and others refuse over a limit with 403, and say when it ends.
  if (status === 403 && (retryAfterMs !== undefined || headers['x-ratelimit-remaining'] === '0'))
    return RateLimitError;
  return CLASSES[status] ?? (status >= 500 && status <= 599 ? ServerError : StatusError);
}

/** `undefined` leaves it to the class. */
function retryableBy(status: number, retryAfterMs: number | undefined): Retryable | undefined {
  if (status === 425) return 'if-idempotent';
  // Overload is told before the work begins; a bare 503 may come from a proxy whose peer broke off.
  if (status === 529 || (status === 503 && retryAfterMs !== undefined)) return 'yes';
  // What the peer cannot do at all it cannot do on the next try either.
  return status === 501 || status === 505 ? 'no' : undefined;
}

function shouldRetry(headers: ResponseHeaders): Retryable | undefined {
  if (headers['x-should-retry'] === 'true') return 'yes';
  return headers['x-should-retry'] === 'false' ? 'no' : undefined;
}

/** The peer's name for the request, from the headers that services give it in. */
export function readRequestId(headers: ResponseHeaders): string | undefined {
  for (const name of REQUEST_ID_HEADERS) {
    const value = headers[name];
    const id = typeof value === 'object' ? value[0] : value;
    if (id !== undefined && /^[\x21-\x7e]{1,256}$/.test(id)) return id;
  }
  return undefined;
}

function toText(body: string | Uint8Array | undefined): string | undefined {
  if (body === undefined || typeof body === 'string') return body?.slice(0, LONGEST_READ);
  return new TextDecoder().decode(body.subarray(0, LONGEST_READ));
}

function describe(status: number, provider: ProviderError): string {
  const said = provider.message?.replace(/\s+/g, ' ').trim();
  const answered = `Cannot get an answer: the peer refused with status ${status}`;
  if (said === undefined || said === '') return answered;
  // Redacted before it is cut, so that no half of a key is left at the end.
  const shown = redactText(said.slice(0, 2 * LONGEST_MESSAGE));
  const short = shown.length > LONGEST_MESSAGE ? `${shown.slice(0, LONGEST_MESSAGE)}...` : shown;
  return `${answered}: ${short.replace(/\.$/, '')}`;
}
