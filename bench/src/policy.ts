// What do retry, breaker, timeout and bulkhead cost a call that succeeds (G13), and a permit (G14)?
import { Deadline } from '@linkspan/concurrency';
import {
  applyMiddleware,
  type CallContext,
  type Middleware,
  retry,
  type Send,
  type TransportResponse,
} from '@linkspan/core';
import {
  bulkhead,
  circuitBreaker,
  RateLimiter,
  standardResilience,
  timeout,
} from '@linkspan/resilience';
import {
  bulkhead as cockatielBulkhead,
  circuitBreaker as cockatielBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleAll,
  type IPolicy,
  retry as cockatielRetry,
  timeout as cockatielTimeout,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import { RateLimiter as PlainLimiter } from 'limiter';
import OpossumBreaker from 'opossum';
import pRetry from 'p-retry';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { compare, type Contender } from './measure.ts';
import { printRows } from './print.ts';
import type { Question } from './question.ts';

const request = { operation: 'GET', target: 'https://api.example.com/users/1' };
const context: CallContext = {
  signal: undefined,
  deadline: Deadline.unlimited,
  attempt: 1,
  streaming: false,
  attemptMs: Infinity,
  idleMs: Infinity,
  acceptStatus: () => true,
};
const response: TransportResponse = {
  status: 200,
  headers: {},
  body: {
    [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
    collect: async () => [],
    cancel: async () => {},
    onClose: (listener) => listener(),
    [Symbol.asyncDispose]: async () => {},
  },
};
const call: Send = async () => response;

function repeat(name: string, once: () => Promise<unknown>): Contender {
  return {
    name,
    async run(units) {
      // oxlint-disable-next-line no-await-in-loop -- one call after another is what is measured
      for (let unit = 0; unit < units; unit += 1) await once();
    },
  };
}

const bare = repeat('bare call', () => call(request, context));

function ours(name: string, layers: readonly Middleware[]): Contender {
  const send = applyMiddleware(call, layers);
  return repeat(`linkspan ${name}`, () => send(request, context));
}

function cockatiel(name: string, ...policies: readonly [IPolicy, ...IPolicy[]]): Contender {
  const policy = wrap(...policies);
  return repeat(`cockatiel ${name}`, () => policy.execute(() => call(request, context)));
}

const cockatielTwo = (): [IPolicy, IPolicy] => [
  cockatielRetry(handleAll, { maxAttempts: 2, backoff: new ExponentialBackoff() }),
  cockatielBreaker(handleAll, { halfOpenAfter: 10_000, breaker: new ConsecutiveBreaker(5) }),
];

const consecutive = { rule: { consecutive: 5 } };
const twoParts = { rateLimit: false, bulkhead: false } as const;

/** Each question, what the others are compared with, and who answers it. */
const parts: readonly (readonly [string, string, () => Contender[]])[] = [
  [
    'retry and breaker, to a bare call (G13: at most 2.5)',
    'bare call',
    () => [
      bare,
      ours('standardResilience(): retry + breaker', [
        standardResilience({ ...twoParts, budget: false, circuitBreaker: consecutive }),
      ]),
      ours('standardResilience(): retry + budget + breaker', [standardResilience(twoParts)]),
      ours('retry() + circuitBreaker()', [retry(), circuitBreaker(consecutive)]),
      cockatiel('retry + breaker', ...cockatielTwo()),
      opossum(),
      repeat('p-retry', () => pRetry(() => call(request, context), { retries: 2 })),
    ],
  ],
  [
    'retry, breaker, timeout and bulkhead, to the wrap of cockatiel (G13: at most 0.10)',
    'cockatiel all four',
    () => [
      cockatiel(
        'all four',
        ...cockatielTwo(),
        cockatielTimeout(10_000, TimeoutStrategy.Aggressive),
        cockatielBulkhead(50, 1000),
      ),
      ours('standardResilience(): all four', [
        standardResilience({
          budget: false,
          circuitBreaker: consecutive,
          rateLimit: false,
          attemptMs: 10_000,
        }),
      ]),
      ours('all four, each a layer', [
        retry(),
        circuitBreaker(consecutive),
        bulkhead({ limit: 50 }),
        timeout({ attemptMs: 10_000 }),
      ]),
      ours('standardResilience(): all it has', [
        standardResilience({ totalMs: 60_000, attemptMs: 10_000 }),
      ]),
    ],
  ],
  [
    'a permit, to a bare call (G14: at most 2.5)',
    'bare call',
    () => [bare, permit(), plainLimiter(), rateLimiterFlexible()],
  ],
];

function opossum(): Contender {
  const breaker = new OpossumBreaker(() => call(request, context), { timeout: false });
  return {
    ...repeat('opossum breaker', () => breaker.fire()),
    close: async () => breaker.shutdown(),
  };
}

function permit(): Contender {
  const limiter = new RateLimiter({ requestsPerMinute: 1e12, burst: 1e12 });
  return {
    name: 'linkspan RateLimiter',
    async run(units) {
      // oxlint-disable-next-line no-await-in-loop -- one after another is what is measured
      for (let unit = 0; unit < units; unit += 1) (await limiter.acquire()).release();
    },
  };
}

function plainLimiter(): Contender {
  const bucket = new PlainLimiter({ tokensPerInterval: 1e12, interval: 'minute' });
  return repeat('limiter', () => bucket.removeTokens(1));
}

/** It refuses where the others would wait. */
function rateLimiterFlexible(): Contender {
  const memory = new RateLimiterMemory({ points: 1e12, duration: 60 });
  return repeat('rate-limiter-flexible', () => memory.consume('key'));
}

export const policy: Question = {
  asks: 'CPU of a call that succeeds, behind retry, breaker, timeout, bulkhead and limiter (G13, G14)',
  async run({ brief }) {
    for (const [title, reference, contenders] of parts) {
      const plan = { reference, rounds: brief ? 2 : 9, units: brief ? 2000 : 50_000 };
      // oxlint-disable-next-line no-await-in-loop -- one question after another
      printRows(title, reference, await compare(contenders(), plan));
    }
  },
};
