import { type Fault, type FaultTable, HTTP_WIRES } from './fault.ts';

/** Answers that tell when to come back, in every form that services use, and in forms that are none. */
export interface HintFaults {
  'retry-after-seconds': { readonly status: number; readonly seconds: number };
  'retry-after-imf-date': { readonly status: number; readonly seconds: number };
  'retry-after-rfc850-date': { readonly status: number; readonly seconds: number };
  'retry-after-asctime-date': { readonly status: number; readonly seconds: number };
  'retry-after-past-date': { readonly status: number };
  'retry-after-garbage': { readonly status: number };
  'retry-after-negative': { readonly status: number };
  'retry-after-huge': { readonly status: number };
  'retry-after-ms': { readonly status: number; readonly ms: number };
  'x-ms-retry-after-ms': { readonly status: number; readonly ms: number };
  'retry-after-both': { readonly status: number; readonly seconds: number; readonly ms: number };
  'should-retry': { readonly status: number; readonly retry: number };
  'rate-limit-headers': { readonly status: number; readonly remaining: number };
}

type Headers = Readonly<Record<string, string | number>>;

/** The wall clock of the server: its dates do not depend on when a test runs. */
const NOW = new Date('2026-11-06T08:49:37Z');

/** An answer with this status and these headers. */
function hint<Numbers extends { readonly status: number }>(
  row: number,
  form: string,
  numbers: Numbers,
  headers: (numbers: Numbers) => Headers,
): Fault<Numbers> {
  return {
    row,
    wires: HTTP_WIRES,
    title: `answers with this status and ${form}`,
    numbers,
    async play(exchange, given) {
      await exchange.request.complete;
      const all = { 'content-type': 'application/json', ...headers(given) };
      await exchange.answer(given.status, all, '{"detail":"later"}');
    },
  };
}

/** A date so many seconds ahead of the `Date` of the same answer. */
const ahead = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** `Friday, 06-Nov-26 08:49:37 GMT` */
function rfc850Date(date: Date): string {
  const [, day, month, year = '', time] = date.toUTCString().split(' ');
  return `${DAYS[date.getUTCDay()]}, ${day}-${month}-${year.slice(2)} ${time} GMT`;
}

/** `Fri Nov  6 08:49:37 2026` */
function asctimeDate(date: Date): string {
  const [weekday = '', , month, year, time] = date.toUTCString().split(' ');
  const day = String(date.getUTCDate()).padStart(2);
  return `${weekday.slice(0, 3)} ${month} ${day} ${time} ${year}`;
}

/** Rows 33 to 37, 40, 42. */
export const hintFaults: FaultTable<HintFaults> = {
  'retry-after-seconds': hint(
    33,
    'Retry-After in seconds',
    { status: 429, seconds: 1 },
    ({ seconds }) => ({ 'retry-after': seconds }),
  ),
  'retry-after-imf-date': hint(
    34,
    'Retry-After as a date of RFC 9110',
    { status: 429, seconds: 1 },
    ({ seconds }) => ({ date: NOW.toUTCString(), 'retry-after': ahead(seconds).toUTCString() }),
  ),
  'retry-after-rfc850-date': hint(
    34,
    'Retry-After as a date of RFC 850',
    { status: 429, seconds: 1 },
    ({ seconds }) => ({ date: NOW.toUTCString(), 'retry-after': rfc850Date(ahead(seconds)) }),
  ),
  'retry-after-asctime-date': hint(
    34,
    'Retry-After as a date of asctime()',
    { status: 429, seconds: 1 },
    ({ seconds }) => ({ date: NOW.toUTCString(), 'retry-after': asctimeDate(ahead(seconds)) }),
  ),
  'retry-after-past-date': hint(34, 'Retry-After an hour ago', { status: 429 }, () => ({
    date: NOW.toUTCString(),
    'retry-after': ahead(-3600).toUTCString(),
  })),
  'retry-after-garbage': hint(36, 'a Retry-After that is none', { status: 429 }, () => ({
    'retry-after': 'soon',
  })),
  'retry-after-negative': hint(36, 'a Retry-After below zero', { status: 429 }, () => ({
    'retry-after': -5,
  })),
  'retry-after-huge': hint(37, 'a Retry-After of 3,000 years', { status: 429 }, () => ({
    'retry-after': '99999999999',
  })),
  'retry-after-ms': hint(
    35,
    'retry-after-ms, as OpenAI sends it',
    { status: 429, ms: 20 },
    ({ ms }) => ({ 'retry-after-ms': ms }),
  ),
  'x-ms-retry-after-ms': hint(
    35,
    'x-ms-retry-after-ms, as Azure sends it',
    { status: 429, ms: 20 },
    ({ ms }) => ({ 'x-ms-retry-after-ms': ms }),
  ),
  'retry-after-both': hint(
    35,
    'Retry-After in seconds and retry-after-ms, which is the exact one',
    { status: 429, seconds: 7, ms: 20 },
    ({ seconds, ms }) => ({ 'retry-after': seconds, 'retry-after-ms': ms }),
  ),
  'should-retry': hint(
    42,
    'x-should-retry: true where `retry` is 1, false where it is 0',
    { status: 500, retry: 1 },
    ({ retry }) => ({ 'x-should-retry': String(retry !== 0) }),
  ),
  'rate-limit-headers': hint(
    36,
    'x-ratelimit headers, with what remains (-1 where the service does not know)',
    { status: 429, remaining: -1 },
    ({ remaining }) => ({
      'x-ratelimit-limit-requests': remaining,
      'x-ratelimit-remaining-requests': remaining,
      'x-ratelimit-limit-tokens': remaining,
      'x-ratelimit-remaining-tokens': remaining,
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-reset-tokens': '6m0s',
    }),
  ),
};
