import { hideSecrets } from '../secrets/hide-secrets.ts';
import { redactText } from '../secrets/redact-text.ts';
import { type RateLimitReading, readRateLimit } from '../rate-limit/read-rate-limit.ts';
import type { ResponseHeaders } from '../transport.ts';
import type { Retryable } from './linkspan-error.ts';
import { type ReadProviderError, readProviderError } from './provider-error.ts';
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
  // Of Cloudflare, about the server behind it: https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
  520: BadGatewayError,
  521: BadGatewayError,
  522: GatewayTimeoutError,
  523: BadGatewayError,
  524: GatewayTimeoutError,
  525: BadGatewayError,
  526: BadGatewayError,
  529: OverloadedError,
};

/** A class, and the code where it is not that of the class. */
type Meaning = readonly [StatusErrorClass, code?: string];

/** What services say in codes, types and reasons, where the status alone says too little. */
const WORDS: readonly (readonly [statuses: readonly number[], words: RegExp, ...Meaning])[] = [
  // The money, not the rate, is used up.
  [
    [400, 403, 429],
    /^(?:insufficient_quota|billing_hard_limit_reached|billing_not_active|billing_error)$/,
    QuotaExhaustedError,
  ],
  [[400], /^(?:model_not_found|invalid_model)$/, NotFoundError],
  [[400], /^(?:API_KEY_INVALID|API_KEY_EXPIRED|invalid_api_key)$/, AuthenticationError],
  [
    [400, 403, 422],
    /^(?:content_filter|content_policy_violation|moderation_blocked|ResponsibleAIPolicyViolation)$/,
    InvalidRequestError,
    'content_filter',
  ],
  [[400], /^(?:request_too_large|request_entity_too_large)$/, RequestTooLargeError],
  // Groq, for work without a guarantee.
  [[498], /^capacity_exceeded$/, OverloadedError, 'overloaded'],
  [[500, 503], /^overloaded_error$/, OverloadedError, 'overloaded'],
];

/** What services say in their message alone. */
const SENTENCES: readonly (readonly [status: number, sentence: RegExp, ...Meaning])[] = [
  [400, /credit balance is too low/i, QuotaExhaustedError],
  [403, /secondary rate limit|rate limit exceeded/i, RateLimitError],
];

const REQUEST_ID_HEADERS = [
  'x-request-id',
  'request-id',
  'x-amzn-requestid',
  'x-amz-request-id',
  'x-ms-request-id',
  'apim-request-id',
  'x-github-request-id',
];
const LONGEST_READ = 64 * 1024;
const LONGEST_MESSAGE = 300;

/**
 * The failure that an answer with such a status is: its class by status, and by the service's own
 * words where the status alone says too little; `retryable` by status, or by `x-should-retry`, which
 * is obeyed both ways; `retryAfterMs` as {@link readRateLimit} reads it.
 */
export function statusError(answer: FailedAnswer): StatusError {
  const { status, secrets = [] } = answer;
  const headers = hideInHeaders(answer.headers ?? {}, secrets);
  const text = toText(answer.body);
  const body = text === undefined ? undefined : hideSecrets(text, secrets);
  const provider = hideInWords(readProviderError(body ?? ''), secrets);
  const limits = readRateLimit({ status, headers, body }, { now: answer.nowMs });
  const { waitMs } = limits;
  const [StatusErrorOf, code] = meaningOf(status, provider, limits);
  return new StatusErrorOf(answer.message ?? describe(status, provider), {
    status,
    headers,
    body,
    providerError: provider,
    retryAfterMs: waitMs,
    code,
    retryable: shouldRetry(headers) ?? retryableBy(status, code, waitMs),
    requestId: hide(answer.requestId, secrets) ?? readRequestId(headers) ?? provider.requestId,
    transport: answer.transport,
  });
}

function meaningOf(
  status: number,
  { code, type, reason, message = '' }: ReadProviderError,
  { waitMs, buckets }: RateLimitReading,
): Meaning {
  for (const [statuses, words, ...meaning] of WORDS) {
    if (!statuses.includes(status)) continue;
    if ([code, type, reason].some((word) => word !== undefined && words.test(word))) return meaning;
  }
  for (const [of, sentence, ...meaning] of SENTENCES) {
    if (status === of && sentence.test(message)) return meaning;
  }
  // GitHub and others refuse over a limit with 403, and say when it ends.
  if (status === 403 && (waitMs !== undefined || buckets.requests?.remaining === 0))
    return [RateLimitError];
  if (status === 529) return [OverloadedError, 'overloaded'];
  return [CLASSES[status] ?? (status >= 500 && status <= 599 ? ServerError : StatusError)];
}

/** `undefined` leaves it to the class. */
function retryableBy(
  status: number,
  code: string | undefined,
  waitMs: number | undefined,
): Retryable | undefined {
  if (status === 425) return 'if-idempotent';
  // Overload is told before the work begins; a bare 503 may come from a proxy whose peer broke off.
  if (code === 'overloaded' || (status === 503 && waitMs !== undefined)) return 'yes';
  // What the peer cannot do at all it cannot do on the next try either.
  return status === 501 || status === 505 ? 'no' : undefined;
}

function shouldRetry(headers: ResponseHeaders): Retryable | undefined {
  if (headers['x-should-retry'] === 'true') return 'yes';
  return headers['x-should-retry'] === 'false' ? 'no' : undefined;
}

/** Some peers send back what they were sent: a request id, the target in a location. */
function hideInHeaders(headers: ResponseHeaders, secrets: readonly string[]): ResponseHeaders {
  if (secrets.length === 0) return headers;
  const hideIn = (value: string): string => hideSecrets(value, secrets);
  const hidden: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name === '__proto__') continue;
    hidden[name] = typeof value === 'string' ? hideIn(value) : value.map(hideIn);
  }
  return hidden;
}

/** What was written with escapes in the body is found when it is read. */
function hideInWords(said: ReadProviderError, secrets: readonly string[]): ReadProviderError {
  if (secrets.length === 0) return said;
  return {
    type: hide(said.type, secrets),
    code: hide(said.code, secrets),
    status: hide(said.status, secrets),
    message: hide(said.message, secrets),
    requestId: hide(said.requestId, secrets),
    reason: hide(said.reason, secrets),
  };
}

function hide(text: string | undefined, secrets: readonly string[]): string | undefined {
  return text === undefined ? undefined : hideSecrets(text, secrets);
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

function describe(status: number, provider: ReadProviderError): string {
  const said = provider.message?.replace(/\s+/g, ' ').trim();
  const answered = `Cannot get an answer: the peer refused with status ${status}`;
  if (said === undefined || said === '') return answered;
  // Redacted before it is cut, so that no half of a key is left at the end.
  const shown = redactText(said.slice(0, 2 * LONGEST_MESSAGE));
  const short = shown.length > LONGEST_MESSAGE ? `${shown.slice(0, LONGEST_MESSAGE)}...` : shown;
  return `${answered}: ${short.replace(/\.$/, '')}`;
}
