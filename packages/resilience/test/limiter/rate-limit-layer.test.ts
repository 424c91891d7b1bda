import { ManualClock } from '@linkspan/concurrency';
import {
  type CallOptions,
  createClient,
  type MemoryAnswer,
  memoryTransport,
  RateLimitExceededError,
} from '@linkspan/core';
import { rateLimit, RateLimiter, type RateLimitOptions } from '@linkspan/resilience';
import { describe, expect, it } from 'vitest';

function scene(options: RateLimitOptions, answer: () => MemoryAnswer = () => ({})) {
  const clock = new ManualClock();
  const sentAt: number[] = [];
  const transport = memoryTransport(() => {
    sentAt.push(clock.now());
    return answer();
  });
  const middleware = [rateLimit({ clock, ...options })];
  const client = createClient({ transport, clock, env: {}, retry: false, middleware });
  const call = async (target = '/', given?: CallOptions): Promise<unknown> => {
    const response = await client.request({ operation: 'GET', target }, given);
    await response.cancel();
    return response.status;
  };
  return { clock, sentAt, call, client };
}

describe('rateLimit()', () => {
  it('lets calls go as fast as the limit allows', async () => {
    const { call, clock, sentAt } = scene({ requestsPerMinute: 60, burst: 2 });
    const calls = [call(), call(), call(), call()];
    await clock.advance(10_000);

    await Promise.all(calls);
    expect(sentAt).toEqual([0, 0, 1000, 2000]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('limits each origin for itself, or all by one limiter', async () => {
    const apart = scene({ requestsPerMinute: 60, burst: 1 });
    await apart.call('https://a.example.com/');
    await apart.call('https://b.example.com/');
    const limiter = new RateLimiter({ requestsPerMinute: 60, burst: 1 });
    const together = scene({ limiter });
    await together.call('https://a.example.com/');

    await expect(together.call('https://b.example.com/', { totalMs: 500 })).rejects.toThrow(
      RateLimitExceededError,
    );
  });

  it('row 33 holds back all calls of the origin when one is refused, for as long as it says', async () => {
    let status = 429;
    const { call, clock, sentAt } = scene({}, () => ({
      status,
      headers: status === 429 ? { 'retry-after': '3' } : {},
    }));
    await expect(call()).rejects.toMatchObject({ code: 'rate_limit' });
    status = 200;
    const calls = [call(), call()];
    await expect(call('/', { totalMs: 1000 })).rejects.toMatchObject({ retryAfterMs: 3000 });
    await clock.advance(3000);

    await Promise.all(calls);
    expect(sentAt).toEqual([0, 3000, 3000]);
  });

  it('does not wait for a failure that is no limit', async () => {
    let status = 500;
    const { call, sentAt } = scene({}, () => ({ status, headers: { 'retry-after': '3' } }));
    await expect(call()).rejects.toMatchObject({ code: 'server_error' });
    status = 200;
    await call();

    expect(sentAt).toEqual([0, 0]);
  });

  it('learns from answers what is left, unless told not to', async () => {
    const answer = (): MemoryAnswer => ({
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '30' },
    });
    const learns = scene({}, answer);
    await learns.call();
    await expect(learns.call('/', { totalMs: 1000 })).rejects.toThrow(RateLimitExceededError);

    const ignores = scene({ learn: false }, answer);
    await ignores.call();
    await ignores.call();
    expect(ignores.sentAt.length).toBe(2);
  });

  it('reserves what a call is estimated to use', async () => {
    const { call, clock, sentAt } = scene({
      tokensPerMinute: 600,
      estimate: () => ({ inputTokens: 60, outputTokens: 40 }),
    });
    const calls = [call(), call()];
    await clock.advance(60_000);

    await Promise.all(calls);
    expect(sentAt).toEqual([0, 10_000]);
  });

  it('counts a call as in flight until its body is closed, or it has failed', async () => {
    let status = 200;
    const { client, call, sentAt } = scene({ maxInFlight: 1 }, () => ({ status, body: 'x' }));
    const open = await client.request({ operation: 'GET', target: '/' });
    const next = call();
    expect(sentAt.length).toBe(1);

    await open.text();
    await next;
    status = 404;
    await expect(call()).rejects.toThrow(/404/);
    await expect(call()).rejects.toThrow(/404/);
    expect(sentAt.length).toBe(4);
  });

  it('serves by the priority of requests', async () => {
    const { call, clock } = scene({
      requestsPerMinute: 60,
      burst: 1,
      priority: ({ target }) => (target === '/urgent' ? 'high' : undefined),
    });
    await call();
    const done: string[] = [];
    for (const target of ['/a', '/urgent']) void call(target).then(() => done.push(target));
    await clock.advance(5000);

    expect(done).toEqual(['/urgent', '/a']);
  });

  it('leaves nothing behind when its caller leaves or the client closes', async () => {
    const { call, clock, client } = scene({ requestsPerMinute: 60, burst: 1 });
    await call();
    const caller = new AbortController();
    const left = call('/', { signal: caller.signal });
    const closed = call();
    caller.abort(new Error('left'));

    await expect(left).rejects.toThrow('left');
    const failure = closed.catch((error: unknown) => error);
    await client.close();
    expect(await failure).toMatchObject({ kind: 'closed' });
    expect(clock.pendingTimers).toBe(0);
  });
});
