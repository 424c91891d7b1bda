import { ManualClock, sleep } from '@linkspan/concurrency';
import {
  ConnectionResetError,
  createClient,
  LinkspanError,
  type MemoryAnswer,
  memoryTransport,
  type Middleware,
  retry,
} from '@linkspan/core';
import {
  bulkhead,
  circuitBreaker,
  memoryStore,
  originBudgets,
  rateLimit,
  standardResilience,
  type StandardResilienceOptions,
  timeout,
} from '@linkspan/resilience';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';

/** The parts that are run in one step, and the clocks around them. */
type Parts = Pick<
  StandardResilienceOptions,
  'retry' | 'circuitBreaker' | 'rateLimit' | 'bulkhead' | 'totalMs' | 'attemptMs' | 'budget'
>;

interface Call {
  readonly startMs: number;
  readonly host: 'a' | 'b';
  readonly operation: 'GET' | 'POST';
  /** How long its answer stays open. */
  readonly openMs: number;
  readonly abortMs: number | undefined;
}

interface Move {
  readonly does: number | 'resets' | 'is silent';
  readonly afterMs: number;
  readonly hintMs: number | undefined;
}

const ms = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });
const maybe = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined, freq: 2 });
const orFalse = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | false> =>
  fc.option(value, { nil: false as const, freq: 4 });
const few = fc.integer({ min: 1, max: 3 });

const someParts: fc.Arbitrary<Parts> = fc.record({
  retry: orFalse(fc.record({ maxRetries: ms(3), baseDelayMs: ms(300) })),
  circuitBreaker: orFalse(
    fc.record({
      rule: fc.oneof(
        few.map((consecutive) => ({ consecutive })),
        few.map((minCalls) => ({ ratio: 0.5, windowMs: 1000, minCalls })),
      ),
      openMs: fc.integer({ min: 1, max: 2000 }),
      halfOpenCalls: few,
    }),
  ),
  rateLimit: orFalse(
    fc.record({
      requestsPerMinute: maybe(fc.integer({ min: 60, max: 600 })),
      burst: maybe(few),
      maxInFlight: maybe(few),
      maxQueue: maybe(ms(2)),
      tokensPerMinute: maybe(fc.constant(600)),
      estimate: fc.constant(() => ({ inputTokens: 30, outputTokens: 40 })),
      priority: fc.constant(({ operation }: { operation: string }) =>
        operation === 'GET' ? ('high' as const) : undefined,
      ),
    }),
  ),
  bulkhead: orFalse(fc.record({ limit: few, maxQueue: ms(2) })),
  totalMs: maybe(fc.integer({ min: 1, max: 3000 })),
  attemptMs: maybe(fc.integer({ min: 1, max: 500 })),
  budget: fc.constantFrom(undefined, false),
});

const someCalls: fc.Arbitrary<readonly Call[]> = fc.array(
  fc.record({
    startMs: ms(3000),
    host: fc.constantFrom('a', 'b'),
    operation: fc.constantFrom('GET', 'POST'),
    openMs: ms(800),
    abortMs: maybe(ms(2000)),
  }),
  { minLength: 1, maxLength: 14 },
);

const someMoves: fc.Arbitrary<readonly Move[]> = fc.array(
  fc.record({
    does: fc.constantFrom<Move['does']>(200, 200, 200, 404, 429, 500, 503, 'resets', 'is silent'),
    afterMs: ms(400),
    hintMs: maybe(ms(1500)),
  }),
  { maxLength: 40 },
);

const AT_ONCE = 0.37;

/** The layers of this package, one around the other, in the order that is documented. */
function oneByOne(parts: Parts, clock: ManualClock): readonly Middleware[] {
  const store = memoryStore({ clock });
  const { totalMs, attemptMs, budget = originBudgets({ store }) } = parts;
  return [
    totalMs === undefined ? [] : timeout({ totalMs }),
    parts.retry === false ? [] : retry({ ...parts.retry, budget }),
    parts.circuitBreaker === false ? [] : circuitBreaker({ ...parts.circuitBreaker, store, clock }),
    parts.rateLimit === false ? [] : rateLimit({ ...parts.rateLimit, store, clock }),
    parts.bulkhead === false ? [] : bulkhead(parts.bulkhead),
    attemptMs === undefined ? [] : timeout({ attemptMs }),
  ].flat();
}

/**
 * Everything that can be seen of the calls: what was sent when, and what came of each. What happens at
 * one moment is in the order of the alphabet: the order of promises is nobody's business.
 */
async function traceOf(
  layers: (clock: ManualClock) => readonly Middleware[],
  calls: readonly Call[],
  moves: readonly Move[],
): Promise<readonly string[]> {
  const clock = new ManualClock();
  const trace: { readonly at: number; readonly what: string }[] = [];
  const left = [...moves];
  const tell = (what: string): void => void trace.push({ at: clock.now(), what });
  const transport = memoryTransport(async ({ operation, target }, { context, signal }) => {
    const { does, afterMs, hintMs } = left.shift() ?? { does: 200, afterMs: 5, hintMs: undefined };
    tell(`sent ${operation} ${target}, try ${context.attempt}, ${does}`);
    if (does === 'is silent') await sleep(Infinity, signal, clock);
    await sleep(afterMs, signal, clock);
    if (does === 'resets') throw new ConnectionResetError('Cannot read: reset');
    const hint = hintMs === undefined ? {} : { 'retry-after-ms': String(hintMs) };
    const counts = { 'x-ratelimit-remaining': '2', 'x-ratelimit-reset': '1' };
    const answer: MemoryAnswer = { status: does as number, headers: does === 200 ? {} : hint };
    return afterMs % 5 === 0 ? { ...answer, headers: { ...counts, ...answer.headers } } : answer;
  });
  const client = createClient({
    transport,
    clock,
    env: {},
    retry: false,
    middleware: layers(clock),
    totalMs: 20_000,
  });

  const made = calls.map(async ({ startMs, host, operation, openMs, abortMs }, index) => {
    // No two calls come at the same moment.
    await sleep(startMs + index / 1000, undefined, clock);
    const caller = new AbortController();
    if (abortMs !== undefined) {
      clock.setTimeout(() => caller.abort(new Error('Aborted')), abortMs);
    }
    const target = `https://${host}.example.com/${index}`;
    try {
      const response = await client.request({ operation, target }, { signal: caller.signal });
      tell(`answered ${index}`);
      await sleep(openMs, undefined, clock);
      await response.cancel();
    } catch (error) {
      const attempts = error instanceof LinkspanError ? error.attempts : '';
      tell(`failed ${index}: ${String(error)}, tries ${attempts}`);
    }
  });
  await clock.advance(40_000);
  await Promise.all(made);
  tell(`left ${clock.pendingTimers} timers`);
  const inOrder = trace.toSorted((a, b) => a.at - b.at || a.what.localeCompare(b.what));
  return inOrder.map(({ at, what }) => `${at} ${what}`);
}

describe('standardResilience() and its layers one by one', () => {
  it('do the same, whatever comes', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(AT_ONCE);
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(someParts, someCalls, someMoves, async (parts, calls, moves) => {
        const whole = await traceOf(
          (clock) => [standardResilience({ ...parts, clock })],
          calls,
          moves,
        );
        const single = await traceOf((clock) => oneByOne(parts, clock), calls, moves);

        expect(whole).toEqual(single);
        expect(whole.at(-1)).toMatch(/left 0 timers/);
        for (const line of whole) {
          for (const [word] of line.matchAll(/try [2-9]|answered|\w+Error/g)) seen.add(word);
        }
      }),
    );

    expect([...seen]).toEqual(
      expect.arrayContaining([
        'answered',
        'try 2',
        'try 3',
        'CircuitOpenError',
        'RateLimitExceededError',
        'PoolExhaustedError',
        'TimeoutError',
        'ConnectionResetError',
      ]),
    );
  }, 30_000);
});
