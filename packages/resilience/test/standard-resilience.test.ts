import { ManualClock } from '@linkspan/concurrency';
import {
  CircuitOpenError,
  ConfigurationError,
  createClient,
  type MemoryAnswer,
  memoryTransport,
  type Middleware,
  PoolExhaustedError,
} from '@linkspan/core';
import { answerOf, standardResilience, type StandardResilienceOptions } from '@linkspan/resilience';
import { describe, expect, it } from 'vitest';

const get = { operation: 'GET', target: '/' };

function scene(
  options: Omit<StandardResilienceOptions, 'clock'>,
  answer: () => MemoryAnswer | Promise<MemoryAnswer>,
) {
  const clock = new ManualClock();
  const sentAt: number[] = [];
  const transport = memoryTransport(() => {
    sentAt.push(clock.now());
    return answer();
  });
  const middleware: Middleware[] = [standardResilience({ clock, ...options })];
  const client = createClient({ transport, clock, env: {}, retry: false, middleware });
  const call = async (): Promise<unknown> => {
    try {
      return await (await client.request(get)).text();
    } catch (error) {
      return error;
    }
  };
  return { clock, sentAt, call, client };
}

describe('standardResilience()', () => {
  it('tries again, within its budget', async () => {
    const { call, clock, sentAt } = scene({ circuitBreaker: false }, () => ({ status: 503 }));
    const calls = Array.from({ length: 19 }, call);
    await clock.advance(60_000);

    await Promise.all(calls);
    expect(sentAt.length).toBe(19 + 30);
  });

  it('ends the tries of a call when its circuit opens', async () => {
    const { call, clock, sentAt } = scene(
      { circuitBreaker: { rule: { consecutive: 2 } }, retry: { maxRetries: 5 } },
      () => ({ status: 503 }),
    );
    const failure = call();
    await clock.advance(60_000);

    expect(await failure).toBeInstanceOf(CircuitOpenError);
    expect(await failure).toMatchObject({ attempts: 3 });
    expect(sentAt.length).toBe(2);
  });

  it('gives every try a permit, and an attempt its time behind it', async () => {
    const answers: (MemoryAnswer | Promise<MemoryAnswer>)[] = [
      new Promise(() => {}),
      { body: 'late' },
    ];
    const { call, clock, sentAt } = scene(
      {
        attemptMs: 100,
        retry: { baseDelayMs: 0 },
        rateLimit: { requestsPerMinute: 60, burst: 1 },
      },
      () => answers.shift()!,
    );
    const answer = call();
    await clock.advance(1000);

    expect(await answer).toBe('late');
    // The second waits for its permit for longer than an attempt may take.
    expect(sentAt).toEqual([0, 1000]);
  });

  it('bounds all of it by its deadline', async () => {
    const { call, clock } = scene({ totalMs: 50 }, () => new Promise(() => {}));
    const failure = call();
    await clock.advance(50);

    expect(await failure).toMatchObject({ clock: 'totalMs', limitMs: 50 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('hedges, divides places, and takes the other way at last', async () => {
    const { call, clock, sentAt } = scene(
      {
        hedge: { delayMs: 10 },
        bulkhead: { limit: 2, maxQueue: 0 },
        retry: false,
        fallback: { send: async (_request, context) => answerOf('other', context) },
      },
      () => new Promise(() => {}),
    );
    void call();
    await clock.advance(10);

    expect(sentAt).toEqual([0, 10]);
    expect(await call()).toBe('"other"');
  });

  it('leaves out what is false', async () => {
    const all = { retry: false, circuitBreaker: false, rateLimit: false, bulkhead: false } as const;
    const { client, sentAt } = scene(all, () => ({ status: 503, headers: { 'retry-after': '9' } }));
    for (let time = 0; time < 30; time += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await expect(client.request(get)).rejects.toMatchObject({ status: 503, attempts: 1 });
    }
    expect(sentAt.length).toBe(30);

    const one = { retry: false, bulkhead: { limit: 1, maxQueue: 0 } } as const;
    const places = scene(one, () => ({ body: 'x' }));
    await places.client.request(get);
    await expect(places.client.request(get)).rejects.toThrow(PoolExhaustedError);
  });

  it('tells what is wrong with its options', () => {
    expect(() => standardResilience({ bulkhead: { limit: 0 } })).toThrow(ConfigurationError);
    expect(() => standardResilience({ breaker: {}, retry: true } as object)).toThrow(
      /standardResilience\(\): 2 problems/,
    );
    expect(() => standardResilience({ hedge: { delayMs: -1 } })).toThrow(/hedge\(\): delayMs/);
  });
});
