import { existsSync, readFileSync } from 'node:fs';
import { parseHttpDate, readRetryAfterMs, type ResponseHeaders } from '@linkspan/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
const SAMPLES = new URL(
  '../../../../../shared/wire-samples/ratelimit-headers.json',
  import.meta.url,
);

const read = (headers: ResponseHeaders): number | undefined => readRetryAfterMs(headers, NOW);

describe('readRetryAfterMs()', () => {
  it.each([
    ['0', 0],
    ['61', 61_000],
    [' 5 ', 5000],
    ['1.5', 1500],
    ['1.1', 1100],
    ['0.0001', 1],
    ['99999999999', 99_999_999_999_000],
    ['9'.repeat(40), Number.MAX_SAFE_INTEGER],
  ])('reads %s seconds', (text, ms) => {
    expect(read({ 'retry-after': text })).toBe(ms);
  });

  it.each([
    '',
    '-1',
    '+1',
    'nan',
    'Infinity',
    '1e3',
    '0x10',
    '1,5',
    'soon',
    '5 s',
    'Fri, 29 Sep 100000 16:26:57 GMT',
    'Fri, 31 Feb 2027 16:26:57 GMT',
    'Fri, 29 Sep 2027 24:26:57 GMT',
    'Fri, 29 Sep 2027 16:26:57 CET',
    'Xxx, 29 Sep 2027 16:26:57 GMT',
    '9'.repeat(100_000),
  ])('takes no notice of %j', (text) => {
    expect(read({ 'retry-after': text })).toBeUndefined();
    expect(read({ 'retry-after-ms': text.startsWith('Fri') ? 'x' : text })).toBeUndefined();
  });

  it.each([
    'Sat, 21 Nov 2026 12:00:30 GMT',
    'Saturday, 21-Nov-26 12:00:30 GMT',
    'Sat Nov 21 12:00:30 2026',
  ])('reads the date %s', (date) => {
    expect(read({ 'retry-after': date })).toBe(30_000);
  });

  it('pads the day of an asctime date with a space', () => {
    expect(parseHttpDate('Sun Nov  6 08:49:37 1994', NOW)).toBe(Date.UTC(1994, 10, 6, 8, 49, 37));
  });

  it('takes a two-digit year more than 50 years ahead for the last century', () => {
    expect(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT', NOW)).toBe(784_111_777_000);
    expect(parseHttpDate('Friday, 06-Nov-76 08:49:37 GMT', NOW)).toBe(
      Date.UTC(2076, 10, 6, 8, 49, 37),
    );
  });

  it('reads a date that is past as 0', () => {
    expect(read({ 'retry-after': 'Sat, 21 Nov 2026 11:59:00 GMT' })).toBe(0);
  });

  it('counts from the Date of the answer, so that a wrong clock does no harm', () => {
    const headers = {
      'retry-after': 'Sat, 21 Nov 2026 15:00:07 GMT',
      date: 'Sat, 21 Nov 2026 15:00:00 GMT',
    };

    expect(read(headers)).toBe(7000);
    expect(read({ ...headers, date: 'yesterday' })).toBe(3 * 3_600_000 + 7000);
  });

  it('prefers milliseconds to seconds, and goes on where they are wrong', () => {
    expect(read({ 'retry-after-ms': '12.5', 'retry-after': '3' })).toBe(13);
    expect(read({ 'x-ms-retry-after-ms': '20', 'retry-after': '3' })).toBe(20);
    expect(read({ 'retry-after-ms': '1', 'x-ms-retry-after-ms': '20' })).toBe(1);
    expect(read({ 'retry-after-ms': '-1', 'retry-after': '3' })).toBe(3000);
    expect(read({ 'retry-after': ['4', '5'] })).toBe(4000);
    expect(read({})).toBeUndefined();
  });

  it('gives a whole number that is not negative, or nothing, for any text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.double().map(String),
      fc.date({ noInvalidDate: true }).map((d) => d.toUTCString()),
    );
    fc.assert(
      fc.property(text, text, (retryAfter, date) => {
        const ms = read({ 'retry-after': retryAfter, date });
        expect(ms === undefined || (Number.isSafeInteger(ms) && ms >= 0)).toBe(true);
      }),
    );
  });

  it('reads what a date says, in each of the three forms', () => {
    const moments = fc.integer({ min: 0, max: 3_000_000 }).map((s) => NOW + s * 1000);
    fc.assert(
      fc.property(moments, (ms) => {
        const date = new Date(ms);
        const [weekday, day, month, year, time] = date.toUTCString().replace(',', '').split(' ');
        const long = date.toLocaleDateString('en-GB', { weekday: 'long', timeZone: 'UTC' });
        for (const text of [
          `${weekday}, ${day} ${month} ${year} ${time} GMT`,
          `${long}, ${day}-${month}-${year!.slice(2)} ${time} GMT`,
          `${weekday} ${month} ${day!.replace(/^0/, ' ')} ${time} ${year}`,
        ]) {
          expect(read({ 'retry-after': text })).toBe(ms - NOW);
        }
      }),
    );
  });

  it.skipIf(!existsSync(SAMPLES))('agrees with what services were seen to send', () => {
    const samples = JSON.parse(readFileSync(SAMPLES, 'utf8')) as readonly {
      readonly headers: Record<string, string>;
      readonly clock_ms: number;
      readonly expected: { readonly wait_ms: number | null };
    }[];
    const told = samples.filter(({ headers }) =>
      Object.keys(headers).some((name) => name.includes('retry-after')),
    );

    expect(told.length).toBeGreaterThan(5);
    for (const { headers, clock_ms, expected } of told) {
      expect(readRetryAfterMs(headers, clock_ms) ?? null).toBe(expected.wait_ms);
    }
  });
});
