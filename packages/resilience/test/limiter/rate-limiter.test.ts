import { Deadline, ManualClock } from '@linkspan/concurrency';
import { ConfigurationError, RateLimitExceededError } from '@linkspan/core';
import { memoryStore, RateLimiter, type RateLimiterOptions } from '@linkspan/resilience';
import { describe, expect, it } from 'vitest';

function scene(options: RateLimiterOptions) {
  const clock = new ManualClock();
  const limiter = new RateLimiter({ clock, ...options });
  return {
    clock,
    limiter,
    /** How many can go now. */
    drain: (): number => {
      let count = 0;
      while (limiter.tryAcquire() !== undefined) count += 1;
      return count;
    },
    within: (ms: number): Deadline => Deadline.after(ms, clock),
  };
}

describe('RateLimiter', () => {
  it('N6 lets a burst go at once, then as many as a minute allows', async () => {
    const { clock, drain } = scene({ requestsPerMinute: 60, burst: 10 });

    expect(drain()).toBe(10);
    await clock.advance(3000);
    expect(drain()).toBe(3);
  });

  it('N6 lets no second burst go for the time in which nobody came', async () => {
    const { clock, drain } = scene({ requestsPerMinute: 60, burst: 10 });
    await clock.advance(30_000);

    expect(drain()).toBe(10);
  });

  it('N6 keeps pace with calls that come one by one', async () => {
    for (const burst of [1, 2, 10, 60]) {
      const { clock, limiter } = scene({ requestsPerMinute: 60, burst });
      for (let call = 0; call < 30; call += 1) {
        expect(limiter.tryAcquire()).toBeDefined();
        // oxlint-disable-next-line no-await-in-loop -- one after another
        await clock.advance(1000);
      }
    }
  });

  it('N6 runs a function that holds a permit, which is disposable', async () => {
    const { limiter } = scene({ maxInFlight: 1 });

    await limiter.run(() => {
      expect(limiter.inFlight).toBe(1);
    });
    await expect(limiter.run(() => Promise.reject(new Error('fn')))).rejects.toThrow('fn');
    const lease = await limiter.acquire();
    expect(limiter.tryAcquire()).toBeUndefined();
    lease[Symbol.dispose]();
    lease.release();
    expect(limiter.inFlight).toBe(0);
  });

  it('serves in the order of coming: nobody small overtakes somebody large', async () => {
    const { limiter, clock } = scene({ inputTokensPerMinute: 600 });
    const served: string[] = [];
    limiter.tryAcquire({ inputTokens: 100 });
    const wait = (name: string, inputTokens: number): void => {
      void limiter.acquire({ inputTokens }).then(() => served.push(name));
    };
    wait('large', 90);
    wait('small', 1);

    await clock.advance(8900);
    expect(served).toEqual([]);
    await clock.advance(200);
    expect(served).toEqual(['large', 'small']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('serves by priority before order', async () => {
    const { limiter, clock } = scene({ requestsPerMinute: 60, burst: 1 });
    limiter.tryAcquire();
    const served: string[] = [];
    for (const priority of ['low', 'normal', 'high', 'high', 'low'] as const) {
      void limiter.acquire({ priority }).then(() => served.push(priority));
    }
    await clock.advance(5000);

    expect(served).toEqual(['high', 'high', 'normal', 'low', 'low']);
  });

  it('bounds what is in flight, and lets the next go when a place is given back', async () => {
    const { limiter } = scene({ maxInFlight: 2 });
    const leases = [await limiter.acquire(), await limiter.acquire()];
    const third = limiter.acquire();
    expect(limiter.waiting).toBe(1);

    leases[0]!.release();
    await expect(third).resolves.toBeDefined();
    expect([limiter.waiting, limiter.inFlight]).toEqual([0, 2]);
  });

  it('refuses at once what cannot go before its deadline, and says when it could', async () => {
    const { limiter, within, clock, drain } = scene({ requestsPerMinute: 60, burst: 1 });
    drain();
    const first = limiter.acquire({ deadline: within(1001) });

    const refusal = await limiter.acquire({ deadline: within(1500) }).catch((e: unknown) => e);
    expect(refusal).toBeInstanceOf(RateLimitExceededError);
    expect(refusal).toMatchObject({ retryAfterMs: 2000, sent: 'no', phase: 'queue' });
    expect((refusal as Error).message).toBe(
      'Cannot send the request: the rate limit has no place for it for another 2 s, and the call has 1.5 s left',
    );
    await clock.advance(1000);
    await first;
    expect(clock.pendingTimers).toBe(0);
  });

  it('refuses at the deadline what waits for a place in flight', async () => {
    const { limiter, within, clock } = scene({ maxInFlight: 1 });
    limiter.tryAcquire();
    const waits = limiter.acquire({ deadline: within(1000) }).catch((e: unknown) => e);
    await clock.advance(1000);

    expect(await waits).toBeInstanceOf(RateLimitExceededError);
    expect([limiter.waiting, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('rejects with the reason of the signal, and keeps the others in their order', async () => {
    const { limiter, clock } = scene({ requestsPerMinute: 60, burst: 1 });
    limiter.tryAcquire();
    const caller = new AbortController();
    const reason = new Error('left');
    const [left, stays] = [
      limiter.acquire({ signal: caller.signal, deadline: Deadline.after(30_000, clock) }),
      limiter.acquire(),
    ];
    caller.abort(reason);

    await expect(left).rejects.toBe(reason);
    await expect(limiter.acquire({ signal: caller.signal })).rejects.toBe(reason);
    await clock.advance(1000);
    await stays;
    expect(clock.pendingTimers).toBe(0);
  });

  it('refuses when too many wait', async () => {
    const { limiter, drain } = scene({ requestsPerMinute: 60, burst: 1, maxQueue: 1 });
    drain();
    limiter.acquire().catch(() => {});

    await expect(limiter.acquire()).rejects.toThrow(/one call waits for the rate limit already/);
  });

  it('refuses what is more than a limit allows at all', async () => {
    const { limiter } = scene({ inputTokensPerMinute: 1000 });

    const refusal = await limiter.acquire({ inputTokens: 1001 }).catch((e: unknown) => e);
    expect(refusal).toMatchObject({ retryable: 'no' });
    expect((refusal as Error).message).toMatch(
      /it needs 1001 input tokens, and the limit is 1000 a minute$/,
    );
    await expect(limiter.acquire({ inputTokens: -1 })).rejects.toThrow(RangeError);
    await expect(limiter.acquire({ outputTokens: Number.NaN })).rejects.toThrow(RangeError);
  });

  it('gives back what was estimated and not used, and makes up for what was used beyond it', async () => {
    const { limiter, clock } = scene({ outputTokensPerMinute: 600 });
    const fits = (outputTokens: number): boolean =>
      limiter.tryAcquire({ outputTokens }) !== undefined;
    const lease = limiter.tryAcquire({ outputTokens: 100 })!;

    expect(fits(60)).toBe(false);
    lease.settle({ outputTokens: 40 });
    expect(fits(60)).toBe(true);
    expect(fits(1)).toBe(false);
    lease.settle({ outputTokens: 140 });
    await clock.advance(9900);
    expect(fits(1)).toBe(false);
    await clock.advance(200);
    expect(fits(1)).toBe(true);
  });

  it('counts tokens that are read and written together, where they are limited together', () => {
    const { limiter } = scene({ tokensPerMinute: 600 });

    expect(limiter.tryAcquire({ inputTokens: 60, outputTokens: 40 })).toBeDefined();
    expect(limiter.tryAcquire({ inputTokens: 1 })).toBeUndefined();
  });

  it('pauses all, and refuses those who cannot wait so long', async () => {
    const { limiter, clock, within } = scene({ requestsPerMinute: 600 });
    limiter.pause(5000);
    const waits = limiter.acquire();
    const short = limiter.acquire({ deadline: within(2000) });
    await expect(short).rejects.toMatchObject({ retryAfterMs: 5000 });
    const longer = limiter.acquire({ deadline: within(7000) });
    limiter.pause(9000);

    await expect(longer).rejects.toThrow(/for another 9 s, and the call has 7 s left$/);
    await clock.advance(8999);
    expect(limiter.waiting).toBe(1);
    await clock.advance(1);
    await waits;
    expect(clock.pendingTimers).toBe(0);
  });

  it('learns what the service says is left, and when there is more', async () => {
    const { limiter, clock, drain } = scene({});
    expect(limiter.tryAcquire()).toBeDefined();
    const buckets = { requests: { limit: 10, remaining: 3, resetInMs: 7000 } };
    limiter.learn({ waitMs: undefined, buckets });

    expect(drain()).toBe(3);
    await clock.advance(2000);
    expect(drain()).toBe(2);
    limiter.learn({ waitMs: undefined, buckets: { requests: { remaining: 0, resetInMs: 500 } } });
    await clock.advance(499);
    expect(drain()).toBe(0);
    await clock.advance(1);
    expect(limiter.tryAcquire()).toBeDefined();
  });

  it('subtracts from what is left what the service has not counted yet', () => {
    const { limiter, drain } = scene({});
    const lease = limiter.tryAcquire()!;
    limiter.tryAcquire();
    limiter.tryAcquire();
    const buckets = { requests: { remaining: 5, resetInMs: 60_000 } };
    limiter.learn({ waitMs: undefined, buckets }, lease);

    expect(drain()).toBe(3);
  });

  it('tells what the service has told last, and how far away its resets are now', async () => {
    const { limiter, clock } = scene({ requestsPerMinute: 60 });
    expect(limiter.told()).toEqual({});
    const requests = { limit: 10, remaining: 3, resetInMs: 7000 };
    limiter.learn({ waitMs: undefined, buckets: { requests, tokens: { remaining: 40_000 } } });
    await clock.advance(2000);

    const tokens = { remaining: 40_000 };
    expect(limiter.told()).toEqual({ requests: { ...requests, resetInMs: 5000 }, tokens });
    await clock.advance(9000);
    expect(limiter.told()).toEqual({ requests: { ...requests, resetInMs: 0 }, tokens });
  });

  it('uses the part of its limits that the store gives it, as it changes', async () => {
    const share = { fraction: 0.5 };
    const store = { ...memoryStore(), share: () => share };
    const { clock, drain } = scene({ requestsPerMinute: 60, burst: 10, store });

    expect(drain()).toBe(5);
    await clock.advance(4000);
    expect(drain()).toBe(2);
    share.fraction = 1;
    await clock.advance(4000);
    expect(drain()).toBe(4);
    share.fraction = 0;
    await clock.advance(600_000);
    expect(drain()).toBe(0);
  });

  it('tells what is wrong with its options', () => {
    expect(() => new RateLimiter({ requestsPerMinute: 0, burst: 1.5 })).toThrow(ConfigurationError);
  });
});
