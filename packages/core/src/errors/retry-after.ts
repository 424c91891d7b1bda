import type { ResponseHeaders } from '../transport.ts';

/**
 * How long the peer asks to wait before the next try, in whole milliseconds; `undefined` when it
 * does not ask, or not in a way that can be read. A moment in the past is 0.
 *
 * Read are, in this order, `retry-after-ms`, `x-ms-retry-after-ms`, and `Retry-After` as seconds or
 * as any of the three dates of RFC 9110, section 5.6.7. A date counts from the `Date` of the same
 * answer where that is there, so that a clock that is wrong on one side does no harm.
 *
 * @param nowMs the wall clock, in milliseconds since 1970. @default Date.now()
 */
export function readRetryAfterMs(
  headers: ResponseHeaders,
  nowMs: number = Date.now(),
): number | undefined {
  const exact =
    readDecimal(first(headers['retry-after-ms'])) ??
    readDecimal(first(headers['x-ms-retry-after-ms']));
  if (exact !== undefined) return wholeMs(exact);
  const text = first(headers['retry-after']);
  const seconds = readDecimal(text);
  if (seconds !== undefined) return wholeMs(seconds * 1000);
  const moment = parseHttpDate(text, nowMs);
  if (moment === undefined) return undefined;
  return wholeMs(moment - (parseHttpDate(first(headers['date']), nowMs) ?? nowMs));
}

/** Rounded up: a try that is early by a part of a millisecond is refused like any other. */
export function wholeMs(ms: number): number {
  // The rounding of a product such as 1.1 * 1000 is not a part of a millisecond.
  return Math.min(Math.max(0, Math.ceil(Number(ms.toPrecision(15)))), Number.MAX_SAFE_INTEGER);
}

function first(value: string | readonly string[] | undefined): string | undefined {
  return (typeof value === 'object' ? value[0] : value)?.trim();
}

/** RFC 9110 allows whole seconds; services send fractions too. */
function readDecimal(text: string | undefined): number | undefined {
  if (text === undefined || text.length > 64 || !/^\d+(?:\.\d*)?$/.test(text)) return undefined;
  return Number(text);
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const TIME = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`;
const DATES = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  String.raw`(?:mon|tue|wed|thu|fri|sat|sun), (?<day>\d\d) (?<month>[a-z]{3}) (?<year>\d{4}) ${TIME} gmt`,
  // Sunday, 06-Nov-94 08:49:37 GMT
  String.raw`(?:mon|tues|wednes|thurs|fri|satur|sun)day, (?<day>\d\d)-(?<month>[a-z]{3})-(?<year>\d\d) ${TIME} gmt`,
  // Sun Nov  6 08:49:37 1994
  String.raw`(?:mon|tue|wed|thu|fri|sat|sun) (?<month>[a-z]{3}) (?<day>[ \d]\d) ${TIME} (?<year>\d{4})`,
].map((form) => new RegExp(`^${form}$`, 'i'));

/**
 * Reads an HTTP date: IMF-fixdate, RFC 850 or asctime. The result is in milliseconds since 1970,
 * `undefined` when it is no such date.
 */
export function parseHttpDate(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined || text.length > 40) return undefined;
  for (const form of DATES) {
    const parts = form.exec(text)?.groups;
    if (parts !== undefined) return toMoment(parts, nowMs);
  }
  return undefined;
}

function toMoment(parts: Record<string, string>, nowMs: number): number | undefined {
  const month = MONTHS.indexOf(parts['month']!.toLowerCase());
  const [day, hour, minute, second] = [
    Number(parts['day']),
    Number(parts['hour']),
    Number(parts['minute']),
    Number(parts['second']),
  ];
  const written = Number(parts['year']);
  const year = parts['year']!.length === 2 ? fullYear(written, nowMs) : written;
  // Second 60 is a leap second.
  if (month === -1 || hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) return undefined;
  return date.setUTCHours(hour, minute, second);
}

/** Two digits that would be more than 50 years ahead are of the last century: RFC 9110, 5.6.7. */
function fullYear(twoDigits: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}
