import { sleep } from '@linkspan/concurrency';
import { ConfigurationError, type MemoryAnswer } from '@linkspan/core';
import { adaptiveConcurrency, type AdaptiveConcurrencyOptions } from '@linkspan/resilience';
import { describe, expect, it } from 'vitest';
import { get, layerScene } from './layer-scene.ts';

/** A peer that takes 100 ms for each call, and refuses what is more than its capacity. */
function scene(capacity: () => number, options: AdaptiveConcurrencyOptions = {}) {
  let inFlight = 0;
  let most = 0;
  const limits: number[] = [];
  const made = layerScene(
    () => [adaptiveConcurrency({ ...options, onLimit: (_origin, limit) => limits.push(limit) })],
    async (): Promise<MemoryAnswer> => {
      if (inFlight >= capacity()) return { status: 503 };
      inFlight += 1;
      most = Math.max(most, inFlight);
      await sleep(100, undefined, made.clock);
      inFlight -= 1;
      return {};
    },
  );
  const work = async (untilMs: number): Promise<void> => {
    while (made.clock.now() < untilMs) {
      // oxlint-disable-next-line no-await-in-loop -- a worker sends one after another
      await made.call();
      // oxlint-disable-next-line no-await-in-loop -- as above
      await sleep(1, undefined, made.clock);
    }
  };
  return {
    ...made,
    limits,
    run: async (workers: number, forMs: number): Promise<number> => {
      most = 0;
      const untilMs = made.clock.now() + forMs;
      const all = Array.from({ length: workers }, () => work(untilMs));
      await made.clock.advance(forMs + 1000);
      await Promise.all(all);
      return most;
    },
  };
}

describe('adaptiveConcurrency()', () => {
  it('finds what the peer can take, and finds it again when that changes', async () => {
    let capacity = 30;
    const { run, limits, clock } = scene(() => capacity, { initialLimit: 4 });

    await run(60, 20_000);
    expect(limits.at(-1)).toBeGreaterThanOrEqual(25);
    expect(limits.at(-1)).toBeLessThanOrEqual(32);
    capacity = 10;
    await run(60, 10_000);
    expect(limits.at(-1)).toBeGreaterThanOrEqual(7);
    expect(limits.at(-1)).toBeLessThanOrEqual(12);
    expect(clock.pendingTimers).toBe(0);
  }, 30_000);

  it('does not grow where it is not used', async () => {
    const { run, limits } = scene(() => 1000, { initialLimit: 20 });
    await run(3, 5000);

    expect(limits).toEqual([]);
  });

  it('shrinks once for calls that were sent together', async () => {
    const { call, limits } = scene(() => 0, { initialLimit: 20 });
    await Promise.all(Array.from({ length: 20 }, () => call()));

    expect(limits).toEqual([18]);
  });

  it('stays within its bounds', async () => {
    const down = scene(() => 0, { initialLimit: 3, minLimit: 2 });
    for (let time = 0; time < 30; time += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await down.call();
    }
    expect(down.limits).toEqual([2]);

    const up = scene(() => 1000, { initialLimit: 3, maxLimit: 5 });
    await up.run(10, 10_000);
    expect(up.limits).toEqual([4, 5]);
  });

  it('takes heads that come late for a sign of too much', async () => {
    const { call, clock, limits } = scene(() => 1000, { initialLimit: 20, latencyMs: 50 });
    const answer = call(get);
    await clock.advance(100);
    await answer;

    expect(limits).toEqual([18]);
  });

  it('does not shrink for what is wrong with a request', async () => {
    const made = layerScene(
      () => [adaptiveConcurrency({ onLimit: () => expect.unreachable() })],
      () => ({ status: 404 }),
    );

    expect(await made.call()).toMatchObject({ status: 404 });
  });

  it('tells what is wrong with its options', () => {
    expect(() => adaptiveConcurrency({ backoffRatio: 1 })).toThrow(ConfigurationError);
    expect(() => adaptiveConcurrency({ minLimit: 300 })).toThrow(
      /minLimit: expected at most maxLimit \(200\), found 300/,
    );
  });
});
