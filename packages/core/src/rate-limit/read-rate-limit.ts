import { parseHttpDate, readRetryAfterMs } from '../errors/retry-after.ts';
import type { ResponseHeaders } from '../transport.ts';
import { readBodyHintMs } from './body-hint.ts';
import { firstText, readBucketHeaders } from './bucket-headers.ts';
import { readIetfRateLimit } from './ietf-rate-limit.ts';
import { type BucketName, type RateLimitBucket, tighter } from './rate-limit-bucket.ts';

/** An answer, of which the limits of a service are read. */
export interface LimitedAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers?: ResponseHeaders | undefined;
  /** The body of a failure, or its start: up to 64 KiB are looked at. */
  readonly body?: string | Uint8Array | null | undefined;
}

/** What an answer tells of the limits that its service keeps. */
export interface RateLimitReading {
  /**
   * How long the service asks to wait before the next try, in whole milliseconds; `undefined` when it
   * does not ask, or the answer is no failure.
   */
  readonly waitMs: number | undefined;
  /** Its limits, by what they count. Of two limits of the same thing, the one that is reached first. */
  readonly buckets: { readonly [Name in BucketName]?: RateLimitBucket };
}

/** Statuses by which services say that there are too many requests, or too much work. */
const REFUSALS = new Set([403, 413, 429, 498, 503, 529]);
const LONGEST_READ = 64 * 1024;

/**
 * What an answer tells of the limits that its service keeps, in the ways of OpenAI, Azure, Anthropic,
 * Groq, GitHub, Hugging Face, LiteLLM and the headers of the IETF
 * (draft-ietf-httpapi-ratelimit-headers, in its newer and older forms).
 *
 * The wait is taken from the first of these that is there: `retry-after-ms`, `x-ms-retry-after-ms`,
 * `Retry-After`, the latest reset of what is used up, the body. Only failures ask to wait. What
 * cannot be read means nothing; it never throws.
 *
 * @param options.now the wall clock, in milliseconds since 1970. Resets that are moments count from
 * the `Date` of the answer where that is there. @default Date.now()
 */
export function readRateLimit(
  { status, headers = {}, body }: LimitedAnswer,
  options: { readonly now?: number | Date | undefined } = {},
): RateLimitReading {
  const nowMs = Number(options.now ?? Date.now());
  const peerNowMs = parseHttpDate(firstText(headers['date']), nowMs) ?? nowMs;
  const read = [...readBucketHeaders(headers, peerNowMs), ...readIetfRateLimit(headers)];
  const buckets: { [Name in BucketName]?: RateLimitBucket } = {};
  let resetMs: number | undefined;
  for (const { name, bucket } of read) {
    if (bucket.remaining === 0 && bucket.resetInMs !== undefined) {
      resetMs = Math.max(resetMs ?? 0, bucket.resetInMs);
    }
    if (name === undefined || Object.keys(bucket).length === 0) continue;
    const known = buckets[name];
    buckets[name] = known === undefined ? bucket : tighter(known, bucket);
  }
  if (status < 400) return { waitMs: undefined, buckets };
  const asked = readRetryAfterMs(headers, nowMs);
  if (asked !== undefined || !REFUSALS.has(status)) return { waitMs: asked, buckets };
  return { waitMs: resetMs ?? readBodyHintMs(toText(body)), buckets };
}

function toText(body: string | Uint8Array | null | undefined): string {
  if (typeof body === 'string') return body.slice(0, LONGEST_READ);
  return body === undefined || body === null
    ? ''
    : new TextDecoder().decode(body.subarray(0, LONGEST_READ));
}
