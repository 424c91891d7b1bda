import {
  hideSecrets,
  redactText,
  readRequestId,
  type StatusError,
  statusError,
  type StreamHead,
} from '@linkspan/core';

const MAX_WORD_CHARS = 100;
const MAX_MESSAGE_CHARS = 300;

/**
 * Which status the words of an error stand for, where it names none: inside a 200 there is only the
 * `code` or `type`. The first that matches holds.
 */
const STATUS_BY_WORD: readonly (readonly [RegExp, number])[] = [
  [/insufficient_quota|quota/, 429],
  [/billing|credit|payment/, 402],
  [/rate_?limit|too_?many_?requests|resource_exhausted/, 429],
  [/overload/, 529],
  [/unavailable|capacity|busy/, 503],
  [/time_?out|timed_?out|deadline_exceeded/, 504],
  [/authentication|unauthorized|unauthenticated|api_?key/, 401],
  [/permission|forbidden|access_denied/, 403],
  [/not_?found/, 404],
  [/conflict|already_exists|aborted/, 409],
  [/cancell?ed/, 499],
  [/unimplemented/, 501],
  [/too_?large/, 413],
  [/invalid|bad_?request|context_length|content_|unsupported|validation|tool_use_failed/, 400],
  [/precondition|out_of_range|policy|mismatch|image/, 400],
];

/** An error as peers write it into a stream. */
interface ReportedError {
  readonly message?: unknown;
  readonly type?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
}

/** The error that a frame reports, if it does: `{ error: … }`, or vLLM's `{ object: 'error', … }`. */
export function findReportedError(frame: unknown): unknown {
  if (typeof frame !== 'object' || frame === null) return undefined;
  const { error, object } = frame as { readonly error?: unknown; readonly object?: unknown };
  if (error !== undefined && error !== null && error !== '' && error !== false) return error;
  return object === 'error' ? frame : undefined;
}

/** The failure that a JSON body reports in place of a stream: as a frame does, or FastAPI's `detail`. */
export function bodyError(body: unknown, head: StreamHead): StatusError | undefined {
  const detail = (body as { readonly detail?: unknown } | null)?.detail;
  const error = findReportedError(body) ?? detail ?? undefined;
  return error === undefined ? undefined : reportedError(error, head);
}

/**
 * The failure that an error inside a stream stands for: the class that the same error would have
 * had as a status. What it says nothing about is a `ServerError`.
 *
 * The head's hints are left out: a `retry-after` on a 200 is about the next call, not this failure.
 *
 * @param status the status that means the same, where the protocol says so. @default by its words
 */
export function reportedError(reported: unknown, head: StreamHead, status?: number): StatusError {
  const error: ReportedError =
    typeof reported === 'object' && reported !== null ? reported : { message: reported };
  return statusError({
    status: status ?? statusOf(error),
    body: JSON.stringify({ error }),
    requestId: readRequestId(head.headers),
    message: describe(error, head.secrets),
    secrets: head.secrets,
  });
}

function statusOf(error: ReportedError): number {
  for (const value of [error.code, error.status]) {
    const status = typeof value === 'string' && value.length === 3 ? Number(value) : value;
    if (Number.isInteger(status) && (status as number) >= 400 && (status as number) <= 599)
      return status as number;
  }
  for (const value of [error.code, error.type, error.status]) {
    if (typeof value !== 'string') continue;
    const word = value.slice(0, MAX_WORD_CHARS).toLowerCase();
    const known = STATUS_BY_WORD.find(([pattern]) => pattern.test(word));
    if (known !== undefined) return known[1];
  }
  return 500;
}

function describe(error: ReportedError, secrets: readonly string[]): string {
  const words = [error.code, error.type, error.status].filter(
    (value) => typeof value === 'string' || typeof value === 'number',
  );
  const named =
    words.length === 0
      ? 'an error'
      : redactText(hideSecrets(words.join(', '), secrets).slice(0, MAX_WORD_CHARS));
  const failed = `Cannot complete the stream: the peer reports ${named}`;
  const text = typeof error.message === 'string' ? hideSecrets(error.message, secrets) : '';
  // Redacted before it is cut, so that no half of a key is left at the end.
  const shown = redactText(
    text
      .slice(0, 4 * MAX_MESSAGE_CHARS)
      .replace(/\s+/g, ' ')
      .trim(),
  );
  const short = shown.slice(0, MAX_MESSAGE_CHARS).replace(/\.$/, '');
  return short === '' ? failed : `${failed}: ${short}`;
}
