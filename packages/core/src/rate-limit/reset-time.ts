import { parseHttpDate, wholeMs } from '../errors/retry-after.ts';

/** The longest text of a number, a duration or a date that is looked at. */
const LONGEST = 64;
/** A reset of so many seconds is a moment since 1970, not a wait of thirty years. */
const FIRST_MOMENT_S = 1e9;
const FIRST_MOMENT_MS = 1e11;

/** A number that is not negative; `undefined` for what is none, and for `-1`, which means unknown. */
export function readAmount(text: string | undefined): number | undefined {
  if (text === undefined || text.length > LONGEST || !/^\d+(?:\.\d*)?$/.test(text))
    return undefined;
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}

/**
 * In how many milliseconds a reset is: written as a duration (`1m2.5s`), as a moment (RFC 3339, an
 * HTTP date, seconds or milliseconds since 1970), or as a plain number. A moment in the past is 0.
 *
 * @param bareUnitMs what a plain number counts, in milliseconds.
 */
export function readResetMs(
  text: string | undefined,
  nowMs: number,
  bareUnitMs: 1 | 1000 = 1000,
): number | undefined {
  const amount = readAmount(text);
  if (amount === undefined) return readDurationMs(text) ?? until(readMoment(text, nowMs), nowMs);
  if (bareUnitMs === 1) return wholeMs(amount);
  if (amount >= FIRST_MOMENT_MS) return until(amount, nowMs);
  return amount >= FIRST_MOMENT_S ? until(amount * 1000, nowMs) : wholeMs(amount * 1000);
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Reads `6m0s`, `12ms`, `2m59.56s`: the durations of Go, and days. */
export function readDurationMs(text: string | undefined): number | undefined {
  if (text === undefined || text.length > LONGEST) return undefined;
  const part = /(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h|d)/y;
  let sum = 0;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (found === null) return undefined;
    sum += Number(found[1]) * UNITS_MS[found[2]!]!;
  }
  return text === '' ? undefined : wholeMs(sum);
}

function readMoment(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined || text.length > LONGEST) return undefined;
  // RFC 3339, section 5.6; what only looks like it is NaN.
  if (!/^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/.test(text))
    return parseHttpDate(text, nowMs);
  const moment = Date.parse(text.toUpperCase());
  return Number.isNaN(moment) ? undefined : moment;
}

function until(momentMs: number | undefined, nowMs: number): number | undefined {
  return momentMs === undefined ? undefined : wholeMs(momentMs - nowMs);
}
