import { existsSync, readFileSync } from 'node:fs';
import { type LimitedAnswer, type RateLimitReading, readRateLimit } from '@linkspan/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
const SAMPLES = new URL(
  '../../../../../shared/wire-samples/ratelimit-headers.json',
  import.meta.url,
);

const read = (headers: LimitedAnswer['headers'], status = 429): RateLimitReading =>
  readRateLimit({ status, headers }, { now: NOW });
const readBody = (body: unknown, status = 429): number | undefined =>
  readRateLimit({ status, body: typeof body === 'string' ? body : JSON.stringify(body) }).waitMs;

describe('readRateLimit()', () => {
  it('reads the buckets of OpenAI and Groq, whose resets are durations', () => {
    expect(
      read({
        'x-ratelimit-limit-requests': '14400',
        'x-ratelimit-remaining-requests': '14370',
        'x-ratelimit-reset-requests': '2m59.56s',
        'x-ratelimit-limit-tokens': '18000',
        'x-ratelimit-remaining-tokens': '17997',
        'x-ratelimit-reset-tokens': '7.66s',
      }),
    ).toEqual({
      waitMs: undefined,
      buckets: {
        requests: { limit: 14_400, remaining: 14_370, resetInMs: 179_560 },
        tokens: { limit: 18_000, remaining: 17_997, resetInMs: 7660 },
      },
    });
  });

  it('reads the buckets of Anthropic, whose resets are moments of their own clock', () => {
    const { buckets } = read({
      date: 'Sat, 21 Nov 2026 13:00:00 GMT',
      'anthropic-ratelimit-requests-limit': '50',
      'anthropic-ratelimit-requests-remaining': '49',
      'anthropic-ratelimit-requests-reset': '2026-11-21T13:00:01Z',
      'anthropic-ratelimit-input-tokens-limit': '40000',
      'anthropic-ratelimit-input-tokens-remaining': '39000',
      'anthropic-ratelimit-input-tokens-reset': '2026-11-21T14:00:02.5+01:00',
      'anthropic-ratelimit-output-tokens-limit': '8000',
      'anthropic-ratelimit-output-tokens-remaining': '8000',
      'anthropic-ratelimit-output-tokens-reset': '2026-11-21T12:59:59Z',
    });

    expect(buckets).toEqual({
      requests: { limit: 50, remaining: 49, resetInMs: 1000 },
      inputTokens: { limit: 40_000, remaining: 39_000, resetInMs: 2500 },
      outputTokens: { limit: 8000, remaining: 8000, resetInMs: 0 },
    });
  });

  it('takes the plain resets of Azure for milliseconds, and those of all others for seconds', () => {
    const headers = {
      'x-ratelimit-remaining-requests': '119',
      'x-ratelimit-reset-requests': '500',
    };

    expect(read(headers).buckets.requests?.resetInMs).toBe(500_000);
    expect(
      read({ ...headers, 'x-ratelimit-renewalperiod-requests': '60' }).buckets.requests,
    ).toEqual({ remaining: 119, resetInMs: 500, windowMs: 60_000 });
    expect(read({ ...headers, 'apim-request-id': '1' }).buckets.requests?.resetInMs).toBe(500);
  });

  it('reads the reset of GitHub, in seconds since 1970, and waits for it when nothing is left', () => {
    const headers = {
      'x-ratelimit-limit': '5000',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-used': '5000',
      'x-ratelimit-resource': 'core',
      'x-ratelimit-reset': String(NOW / 1000 + 90),
    };

    expect(read(headers, 403)).toEqual({
      waitMs: 90_000,
      buckets: { requests: { limit: 5000, remaining: 0, resetInMs: 90_000 } },
    });
    expect(read(headers, 404).waitMs).toBeUndefined();
    expect(read({ ...headers, 'x-ratelimit-reset': String(NOW + 5) }).waitMs).toBe(5);
  });

  it('reads what Hugging Face writes', () => {
    expect(
      read({
        ratelimit: '"api|pages|resolvers";r=0;t=55',
        'ratelimit-policy': '"fixed window";"api|pages|resolvers";q=500;w=300',
      }),
    ).toEqual({
      waitMs: 55_000,
      buckets: { requests: { limit: 500, remaining: 0, resetInMs: 55_000, windowMs: 300_000 } },
    });
  });

  it('keeps the limits of a proxy apart from those of its own peer', () => {
    expect(
      read({
        'x-ratelimit-remaining-tokens': '10',
        'llm_provider-x-ratelimit-remaining-tokens': '0',
        'llm_provider-x-ratelimit-reset-tokens': '4s',
      }),
    ).toEqual({ waitMs: undefined, buckets: { tokens: { remaining: 10 } } });
  });

  it.each([
    [
      'version 6',
      { 'ratelimit-limit': '100, 100;w=60', 'ratelimit-remaining': '50', 'ratelimit-reset': '30' },
      { limit: 100, remaining: 50, resetInMs: 30_000 },
    ],
    [
      'version 7',
      { ratelimit: 'limit=100, remaining=50, reset=30', 'ratelimit-policy': '10;w=1, 100;w=60' },
      { limit: 100, remaining: 50, resetInMs: 30_000, windowMs: 60_000 },
    ],
    [
      'version 10',
      { ratelimit: '"day";r=50;t=30', 'ratelimit-policy': '"min";q=10;w=1, "day";q=100;w=60' },
      { limit: 100, remaining: 50, resetInMs: 30_000, windowMs: 60_000 },
    ],
    ['a list over two fields', { ratelimit: ['"a";r=7', '"b";r=50;t=30'] }, { remaining: 7 }],
    [
      'a policy alone',
      { 'ratelimit-policy': '"a;b,c";q=100;w=60;pk=:cGs=:' },
      { limit: 100, windowMs: 60_000 },
    ],
  ] as const)('reads the headers of the IETF, %s', (_version, headers, requests) => {
    expect(read(headers).buckets).toEqual({ requests });
  });

  it('counts a quota of something else as a reason to wait, and as no limit of calls', () => {
    expect(
      read({
        ratelimit: '"calls";r=5;t=1, "bytes";r=0;t=20',
        'ratelimit-policy': '"calls";q=10;w=1, "bytes";q=9999;qu="content-bytes";w=60',
      }),
    ).toEqual({
      waitMs: 20_000,
      buckets: { requests: { limit: 10, remaining: 5, resetInMs: 1000, windowMs: 1000 } },
    });
  });

  it('waits as the first evidence says: the hint, the latest reset of what is used up, the body', () => {
    const body = 'Please try again in 6m0s.';
    const buckets = {
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '2s',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '9s',
      'x-ratelimit-limit-input-tokens': '1',
      'x-ratelimit-reset-input-tokens': '60s',
    };
    const wait = (headers: LimitedAnswer['headers']): number | undefined =>
      readRateLimit({ status: 429, headers, body }, { now: new Date(NOW) }).waitMs;

    expect(wait({ ...buckets, 'retry-after': '1', 'retry-after-ms': '5' })).toBe(5);
    expect(wait({ ...buckets, 'retry-after': '0' })).toBe(0);
    expect(wait({ ...buckets, 'retry-after': 'soon' })).toBe(9000);
    expect(wait({})).toBe(360_000);
  });

  it.each([
    ['Requests have exceeded the token rate limit. Please retry after 86400 seconds.', 86_400_000],
    ['Rate limit reached for gpt-4: Limit 3, Used 3. Please try again in 20s. Visit', 20_000],
    ['Please try again in 1.2s', 1200],
    ['Please try again in 250ms', 250],
    ['Please try again in 2m59.56s.', 179_560],
    ['try again in 7 days, 2 hours and', 612_000_000],
    ['Please retry in 34.074824224s.', 34_075],
    ['please try again in a moment', undefined],
    ['retry after 5 secondary limits', undefined],
    ['', undefined],
  ])('reads the words %j', (words, waitMs) => {
    expect(readBody({ error: { message: words } })).toBe(waitMs);
    expect(readBody(words)).toBe(waitMs);
    expect(readBody(words, 400)).toBeUndefined();
  });

  it('reads the delays that bodies tell programs', () => {
    const details = [
      { '@type': 'type.googleapis.com/google.rpc.Help' },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.07s' },
    ];

    expect(readBody({ error: { code: 429, details } })).toBe(34_070);
    expect(readBody([{ error: { code: 429, details } }])).toBe(34_070);
    expect(readBody({ message: 'You are being rate limited.', retry_after: 64.57 })).toBe(64_570);
    expect(readBody({ retry_after: -1, error: { details: [7, { retryDelay: {} }] } })).toBe(
      undefined,
    );
  });

  it('takes no wait from an answer that is no failure', () => {
    const headers = { 'retry-after': '5', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '5' };

    expect(read(headers, 200)).toEqual({
      waitMs: undefined,
      buckets: { requests: { remaining: 0, resetInMs: 5000 } },
    });
  });

  it('takes -1 for unknown', () => {
    expect(
      read({ 'x-ratelimit-limit-tokens': '-1', 'x-ratelimit-remaining-tokens': '-1' }).buckets,
    ).toEqual({});
  });

  it.skipIf(!existsSync(SAMPLES))('reads the answers that services were seen to give', () => {
    const samples = JSON.parse(readFileSync(SAMPLES, 'utf8')) as readonly (LimitedAnswer & {
      readonly id: string;
      readonly clock_ms: number;
      readonly expected: {
        readonly wait_ms: number | null;
        readonly buckets: Readonly<Record<string, Readonly<Record<string, number>>>>;
      };
    })[];

    expect(samples.length).toBeGreaterThan(10);
    for (const { id, clock_ms: now, expected, ...answer } of samples) {
      const { waitMs, buckets } = readRateLimit(answer, { now });
      expect.soft({ waitMs: waitMs ?? null, buckets }, id).toEqual({
        waitMs: expected.wait_ms,
        buckets: ours(expected.buckets),
      });
    }
  });

  it('never throws, and gives whole numbers or nothing, for any headers and body', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('"', ';', ',', '=', 'r=', 't=', 'limit=', 'remaining=', '9'.repeat(70)),
      fc.constantFrom('1', '0', '-1', 'NaN', '1e999', '5s', '2099-01-01T00:00:00Z', '{"error":['),
      fc.double().map(String),
    );
    const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
    const headers = fc.dictionary(
      fc.constantFrom(
        'retry-after',
        'date',
        'ratelimit',
        'ratelimit-policy',
        'ratelimit-reset',
        'x-ratelimit-reset',
        'x-ratelimit-remaining',
        'x-ratelimit-reset-tokens',
        'anthropic-ratelimit-requests-reset',
        '__proto__',
      ),
      fc.oneof(text, fc.array(text, { maxLength: 3 })),
    );
    fc.assert(
      fc.property(headers, text, fc.constantFrom(200, 429), (some, body, status) => {
        const { waitMs, buckets } = readRateLimit({ status, headers: some, body }, { now: NOW });
        for (const value of [waitMs, ...Object.values(buckets).flatMap(Object.values)]) {
          expect(value === undefined || (Number.isFinite(value) && value >= 0)).toBe(true);
        }
        expect(waitMs === undefined || Number.isSafeInteger(waitMs)).toBe(true);
      }),
    );
  });

  it.each(['"', 'try again in ', '"a";r=1,', '1 s', '[', '\\"', '9'])(
    'looks at no more than the start of an answer of many %j',
    (piece) => {
      const long = piece.repeat(1_000_000);

      // A reading that is not linear does not end within the time of a test.
      expect(
        readRateLimit({
          status: 429,
          body: `try again in ${long}`,
          headers: { ratelimit: long, 'retry-after': long, 'x-ratelimit-reset-tokens': long },
        }).buckets,
      ).toEqual({});
    },
  );
});

function ours(buckets: Readonly<Record<string, Readonly<Record<string, number>>>>): object {
  const names: Record<string, string> = {
    default: 'requests',
    'input-tokens': 'inputTokens',
    'output-tokens': 'outputTokens',
    limit: 'limit',
    remaining: 'remaining',
    reset_in_ms: 'resetInMs',
    window_ms: 'windowMs',
  };
  const named = Object.entries(buckets)
    .filter(([name]) => name !== 'tokens_usage_based') // its twin has the same values
    .map(([name, bucket]) => [
      names[name] ?? name,
      Object.fromEntries(Object.entries(bucket).map(([key, value]) => [names[key], value])),
    ]);
  return Object.fromEntries(named) as object;
}
