import { isObject, parseErrorBody } from '../errors/provider-error.ts';
import { wholeMs } from '../errors/retry-after.ts';
import { readDurationMs } from './reset-time.ts';

const SECOND_MS = 1000;
const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: SECOND_MS,
  m: 60 * SECOND_MS,
  h: 3600 * SECOND_MS,
  d: 86_400 * SECOND_MS,
};

/** `Please try again in 6m0s`, `Please retry after 86400 seconds`, `try again in 1 hour 5 minutes`. */
const IN_WORDS =
  /\b(?:try again|retry) (?:in|after) ((?:\d{1,12}(?:\.\d{0,12})? ?(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h|days?|d)\b(?:,? )?)+|(?:\d{1,12}(?:\.\d{0,12})?(?:ms|[smhd]))+)/i;

/**
 * How long the body of a refusal asks to wait, in milliseconds: `retryDelay` of Google's
 * `RetryInfo`, a `retry_after` in seconds, or the words of OpenAI, Groq and Azure.
 */
export function readBodyHintMs(body: string): number | undefined {
  const error = parseErrorBody(body);
  return readRetryInfo(error?.inner) ?? readRetryAfter(error?.outer) ?? readWords(body);
}

function readRetryInfo(error: Readonly<Record<string, unknown>> | undefined): number | undefined {
  const details = error?.['details'];
  if (!Array.isArray(details)) return undefined;
  for (const detail of details as unknown[]) {
    const delay = isObject(detail) ? detail['retryDelay'] : undefined;
    if (typeof delay === 'string') return readDurationMs(delay);
  }
  return undefined;
}

function readRetryAfter(outer: Readonly<Record<string, unknown>> | undefined): number | undefined {
  const seconds = outer?.['retry_after'];
  return typeof seconds === 'number' && seconds >= 0 ? wholeMs(seconds * SECOND_MS) : undefined;
}

function readWords(body: string): number | undefined {
  const words = IN_WORDS.exec(body)?.[1];
  if (words === undefined) return undefined;
  let sum = 0;
  for (const [, amount, unit] of words.matchAll(/(\d+(?:\.\d*)?) ?(ms|milli|[smhd])/gi)) {
    const short = unit!.toLowerCase();
    sum += Number(amount) * UNITS_MS[short === 'milli' ? 'ms' : short]!;
  }
  return wholeMs(sum);
}
