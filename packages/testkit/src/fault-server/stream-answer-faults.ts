import type { Play } from './fault.ts';
import { sendParts } from './stream-cut-faults.ts';
import type { StreamFaultFacts, StreamFaultTable } from './stream-faults.ts';
import type { StreamParts } from './stream-parts.ts';

type Headers = Readonly<Record<string, string | number>>;

const JSON_TYPE = { 'content-type': 'application/json' } as const;
const LATER = '{"error":{"message":"Slow down","type":"rate_limit_error","code":"rate_limit"}}';
const FAILED = '{"error":{"message":"Overloaded","type":"server_error","code":"overloaded"}}';
const PAGE = '<!doctype html><title>Sign in</title><p>Please sign in.';

function whole(status: number, headers: Headers, body: string): Play {
  return async (exchange) => {
    await exchange.request.complete;
    await exchange.answer(status, headers, body);
  };
}

/** A 429 with this hint. */
function limited(form: string, headers: Headers): StreamFaultFacts {
  return {
    title: `answers 429 with ${form}, every time`,
    expect: 'not-complete',
    play: whole(429, { ...JSON_TYPE, ...headers }, LATER),
  };
}

/** Answers that are no stream, or are one only at the second try or at another place. */
export function answersOfOtherKinds(parts: StreamParts): StreamFaultTable {
  const good: Play = (exchange) => sendParts(exchange, parts, parts.events, 'whole');
  return {
    'html-with-200': {
      title: 'answers 200 with an HTML page',
      expect: 'not-complete',
      play: whole(200, { 'content-type': 'text/html; charset=utf-8' }, PAGE),
    },
    'json-error-with-200': {
      title: 'answers 200 with an error as JSON',
      expect: 'not-complete',
      play: whole(200, JSON_TYPE, FAILED),
    },
    'empty-with-200': {
      title: 'answers 200 with the right type and no event',
      expect: parts.hasTerminator ? 'not-complete' : 'either',
      play: (exchange) => sendParts(exchange, parts, [], 'whole'),
    },
    'retry-after-0': limited('Retry-After: 0', { 'retry-after': 0 }),
    'retry-after-1': limited('Retry-After: 1', { 'retry-after': 1 }),
    'retry-after-65': limited('Retry-After: 65', { 'retry-after': 65 }),
    'retry-after-date': limited('a date a second ahead as Retry-After', {
      date: 'Fri, 06 Nov 2026 08:49:37 GMT',
      'retry-after': 'Fri, 06 Nov 2026 08:49:38 GMT',
    }),
    'retry-after-negative': limited('Retry-After: -5', { 'retry-after': -5 }),
    'retry-after-garbage': limited('Retry-After: soon', { 'retry-after': 'soon' }),
    'quotas-of-minus-one': limited('x-ratelimit headers that say -1', {
      'x-ratelimit-limit-requests': -1,
      'x-ratelimit-remaining-requests': -1,
      'x-ratelimit-remaining-tokens': -1,
    }),
    flap: {
      title: 'answers 200 and closes, ten times, and then streams the sample',
      expect: 'either',
      async play(exchange) {
        const isGood = exchange.turn >= 10;
        await sendParts(exchange, parts, isGood ? parts.events : [], isGood ? 'whole' : 'open');
        if (!isGood) exchange.end();
      },
    },
    'redirect-to-another-origin': {
      title: 'redirects to another origin, which streams the sample to whoever asks',
      expect: 'either',
      async play(exchange) {
        await exchange.request.complete;
        const location = exchange.origins.elsewhere + exchange.request.target;
        if (exchange.place === 'elsewhere') await good(exchange);
        else await exchange.answer(307, { location });
      },
    },
    'stale-keep-alive': {
      title: 'streams the sample, and resets the connection when it is used again',
      expect: 'either',
      requests: 2,
      async play(exchange) {
        await exchange.request.complete;
        if (exchange.connectionTurn === 0) await good(exchange);
        else exchange.reset();
      },
    },
  };
}
