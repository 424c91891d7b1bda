import { ManualClock } from '@linkspan/concurrency';
import { createClient, memoryTransport, retry } from '@linkspan/core';
import { memoryStore, RetryBudget } from '@linkspan/resilience';
import { describe, expect, it } from 'vitest';

const TICK_MS = 10;
const UP_AGAIN_MS = 60_000;

interface Outage {
  readonly perSecond: number;
  /** How many layers of three attempts stand around one another. */
  readonly layers: number;
  readonly hasBudget?: boolean;
}

/** A peer that is down for a minute, and then answers as many requests a second as it is offered and a quarter more. */
async function outage({ perSecond, layers, hasBudget = true }: Outage) {
  const clock = new ManualClock();
  const budget = hasBudget ? new RetryBudget({ store: memoryStore({ clock }) }) : undefined;
  const counts = { offered: 0, sent: 0 };
  const failedAt: number[] = [];
  let [second, inSecond] = [0, 0];
  const transport = memoryTransport(() => {
    counts.sent += clock.now() < UP_AGAIN_MS ? 1 : 0;
    if (Math.floor(clock.now() / 1000) !== second) {
      second = Math.floor(clock.now() / 1000);
      inSecond = 0;
    }
    inSecond += 1;
    const isUp = clock.now() >= UP_AGAIN_MS && inSecond <= perSecond * 1.25;
    return { status: isUp ? 200 : 503, headers: isUp ? {} : { 'retry-after-ms': '100' } };
  });
  let seed = 1;
  const random = (): number => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const tries = { maxRetries: 2, budget };
  const client = createClient({
    transport,
    clock,
    random,
    env: {},
    retry: tries,
    middleware: Array.from({ length: layers - 1 }, () => retry(tries, random)),
  });
  const call = async (): Promise<void> => {
    const response = await client.request({ operation: 'GET', target: '/' });
    await response.cancel();
  };

  while (clock.now() < UP_AGAIN_MS + 3000) {
    for (let each = 0; each < (perSecond * TICK_MS) / 1000; each += 1) {
      counts.offered += clock.now() < UP_AGAIN_MS ? 1 : 0;
      call().catch(() => failedAt.push(clock.now()));
    }
    // oxlint-disable-next-line no-await-in-loop -- time passes step by step
    await clock.advance(TICK_MS);
  }
  await clock.advance(60_000);
  return { ratio: counts.sent / counts.offered, lastFailureMs: Math.max(...failedAt), clock };
}

describe('a peer that is down for a minute', () => {
  it.each([
    [1000, 1.1],
    [100, 1.2],
  ])(
    'is sent, of %d calls a second, %d times as many at the most',
    async (perSecond, most) => {
      const { ratio, lastFailureMs, clock } = await outage({ perSecond, layers: 1 });

      expect(ratio).toBeGreaterThan(1.05);
      expect(ratio).toBeLessThanOrEqual(most);
      // Everything that begins a second after it is back is answered.
      expect(lastFailureMs).toBeLessThan(UP_AGAIN_MS + 1000);
      expect(clock.pendingTimers).toBe(0);
    },
    60_000,
  );

  it('is sent no more by layers that retry one another', async () => {
    const { ratio } = await outage({ perSecond: 100, layers: 3 });

    expect(ratio).toBeLessThanOrEqual(1.2);
  }, 60_000);

  it('is sent three times as many without a budget', async () => {
    const { ratio } = await outage({ perSecond: 100, layers: 1, hasBudget: false });

    expect(ratio).toBeGreaterThan(2.9);
  }, 60_000);
});
