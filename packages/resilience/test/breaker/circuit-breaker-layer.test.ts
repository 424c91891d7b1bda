import { ManualClock } from '@linkspan/concurrency';
import { CircuitOpenError, createClient, memoryTransport } from '@linkspan/core';
import { circuitBreaker, type CircuitBreakerOptions } from '@linkspan/resilience';
import { describe, expect, it } from 'vitest';

function scene(status: () => number, options: CircuitBreakerOptions = {}) {
  const clock = new ManualClock();
  const seen: string[] = [];
  const transport = memoryTransport(({ target }) => {
    seen.push(target);
    return { status: status() };
  });
  const layer = circuitBreaker({ clock, rule: { consecutive: 2 }, openMs: 1000, ...options });
  const client = createClient({ transport, clock, env: {}, retry: false, middleware: [layer] });
  const call = async (target = '/'): Promise<unknown> => {
    try {
      const response = await client.request({ operation: 'GET', target });
      await response.cancel();
      return response.status;
    } catch (error) {
      return error instanceof CircuitOpenError ? 'open' : (error as { status: number }).status;
    }
  };
  return { clock, seen, call, client };
}

describe('circuitBreaker()', () => {
  it('row 72 sends nothing while the circuit is open, and finds out when the time is over', async () => {
    let status = 503;
    const { call, clock, seen } = scene(() => status);

    expect([await call(), await call(), await call()]).toEqual([503, 503, 'open']);
    expect(seen.length).toBe(2);
    await clock.advance(1000);
    status = 200;
    expect([await call(), await call()]).toEqual([200, 200]);
  });

  it('keeps the circuits of origins apart', async () => {
    const { call } = scene(() => 500);
    await call('https://a.example.com/1');
    await call('https://a.example.com/2');

    expect(await call('https://a.example.com/3')).toBe('open');
    expect(await call('https://b.example.com/')).toBe(500);
  });

  it('counts statuses that are answers to the client, too', async () => {
    const { client, call } = scene(() => 500);
    const accepting = { acceptStatus: () => true };
    const get = { operation: 'GET', target: '/' };
    await (await client.request(get, accepting)).cancel();
    await (await client.request(get, accepting)).cancel();

    expect(await call()).toBe('open');
  });

  it('does not open for what is wrong with requests, nor for limits', async () => {
    const statuses = [404, 429, 401, 400, 500, 404, 500, 429];
    const { call } = scene(() => statuses.shift() ?? 200);
    while (statuses.length > 0) await call();

    expect(await call()).toBe(200);
  });

  it('gives a trial back that its caller has left', async () => {
    let [status, hangs] = [500, false];
    const clock = new ManualClock();
    const transport = memoryTransport(async () => {
      if (hangs) await new Promise(() => {});
      return { status };
    });
    const layer = circuitBreaker({ clock, rule: { consecutive: 1 }, openMs: 1000 });
    const client = createClient({ transport, clock, env: {}, retry: false, middleware: [layer] });
    const get = { operation: 'GET', target: '/' };
    await client.request(get).catch(() => {});
    await clock.advance(1000);

    hangs = true;
    const caller = new AbortController();
    const left = client.request(get, { signal: caller.signal });
    await expect(client.request(get)).rejects.toThrow(/its trial is under way/);
    caller.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    [status, hangs] = [200, false];
    const response = await client.request(get);
    expect(response.status).toBe(200);
    await response.cancel();
  });

  it('has those who wait back soon after its trial, and not all at once', async () => {
    const clock = new ManualClock();
    let status = 503;
    const sentAt: number[] = [];
    const transport = memoryTransport(async () => {
      sentAt.push(clock.now());
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, 200));
      return { status };
    });
    let calls = 0;
    const client = createClient({
      transport,
      clock,
      env: {},
      retry: { maxRetries: 6, retryOn: ['circuit-open'] },
      // Jitter that is spread evenly.
      random: () => (calls += 0.618_034) % 1,
      middleware: [circuitBreaker({ clock, rule: { consecutive: 1 }, openMs: 10_000 })],
    });
    const call = async (): Promise<number> => {
      const response = await client.request({ operation: 'GET', target: '/' });
      await response.cancel();
      return response.status ?? 0;
    };
    const failed = call().catch(() => {});
    await clock.advance(200);
    await failed;
    status = 200;
    const openUntil = clock.now() + 10_000;
    const waiting = Promise.all(Array.from({ length: 100 }, call));
    await clock.advance(60_000);

    expect(await waiting).toEqual(Array.from({ length: 100 }, () => 200));
    const afterTrial = sentAt.filter((at) => at > openUntil).map((at) => at - openUntil);
    expect(afterTrial.length).toBe(99);
    expect(Math.max(...afterTrial)).toBeLessThan(4_000);
    const most = Math.max(
      ...afterTrial.map((from) => afterTrial.filter((at) => at >= from && at < from + 100).length),
    );
    expect(most).toBeLessThanOrEqual(25);
  });
});
