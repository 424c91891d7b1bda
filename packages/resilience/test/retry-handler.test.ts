import { ManualClock } from '@linkspan/concurrency';
import {
  type AttemptBudget,
  ConfigurationError,
  ConnectionRefusedError,
  createClient,
  LinkspanError,
  memoryTransport,
} from '@linkspan/core';
import { RetryHandler, type RetryHandlerNotice } from '@linkspan/resilience';
import { describe, expect, it, vi } from 'vitest';
import { foreign, refused, reset, scene, status, triesAfter } from './retry-handler-scene.ts';

describe('new RetryHandler().run()', () => {
  it('N7 tries a function again after the statuses that it is made for, and after no other', async () => {
    const codes = { maxRetries: 3, retryOn: [500, 502, 503] };
    const { clock, tries, answer } = scene({
      fails: [status(500), status(502), status(503)],
      ...codes,
    });
    await clock.advance(60_000);

    expect(await answer).toBe('done');
    expect(tries.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(await triesAfter(status(504), codes)).toBe(1);
  });

  it('N7 waits twice as long each time, up to maxDelayMs, and spreads the waits by chance', async () => {
    const fails = [refused, refused, refused, refused];
    const delays = { maxRetries: 4, baseDelayMs: 100, maxDelayMs: 350, backoffFactor: 2 };
    const longest = scene({ fails, ...delays });
    const shorter = scene({ fails, ...delays, random: () => 0.5 });
    await longest.clock.advance(60_000);
    await shorter.clock.advance(60_000);

    expect(longest.tries.map(({ atMs }) => atMs)).toEqual([0, 100, 300, 650, 1000]);
    expect(shorter.tries.map(({ atMs }) => atMs)).toEqual([0, 50, 150, 325, 500]);
  });

  it('gives what a function gives that succeeds at once, also one that is not async', async () => {
    const clock = new ManualClock();
    const handler = new RetryHandler({ clock });

    expect(await handler.run(() => 7, { totalMs: 10 })).toBe(7);
    expect(clock.pendingTimers).toBe(0);
  });

  it('fails with the last failure, which counts the tries, also those of a client within', async () => {
    const clock = new ManualClock();
    const transport = memoryTransport(() => {
      throw refused();
    });
    const client = createClient({ transport, clock, env: {}, retry: { maxRetries: 1 } });
    const handler = new RetryHandler({ clock, maxRetries: 2 });
    const failed = handler
      .run(() => client.request({ operation: 'GET', target: '/' }))
      .catch((error: unknown) => error);
    await clock.advance(60_000);

    expect(await failed).toMatchObject({ kind: 'network', attempts: 6 });
  });

  it('counts one and the same failure once each time that it comes', async () => {
    const failure = new ConnectionRefusedError('Cannot connect');
    const fail = (): unknown => failure;
    const { clock, settled } = scene({ fails: [fail, fail, fail] });
    await clock.advance(60_000);

    expect(await settled).toBe(failure);
    expect(failure.attempts).toBe(3);
  });

  it('leaves it to failures whether another try helps, or to a function', async () => {
    expect(await triesAfter(status(503))).toBe(2);
    expect(await triesAfter(status(400))).toBe(1);
    expect(await triesAfter(status(400), { retryOn: () => true })).toBe(2);
    expect(await triesAfter(status(503), { retryOn: () => false })).toBe(1);
    expect(await triesAfter(status(503), { retryOn: () => undefined })).toBe(2);
  });

  it('tries again after an error of others only where isRetryable says so', async () => {
    const isRetryable = vi.fn<(error: unknown) => boolean | undefined>(
      (error) => error instanceof TypeError || undefined,
    );

    expect(await triesAfter(foreign)).toBe(1);
    expect(await triesAfter(foreign, { retryOn: () => true })).toBe(1);
    expect(await triesAfter(foreign, { isRetryable })).toBe(2);
    expect(await triesAfter(() => 'a string', { isRetryable })).toBe(1);
    expect(isRetryable).toHaveBeenCalledTimes(2);
    // What Linkspan's failures say of themselves is not asked of it.
    expect(await triesAfter(status(503), { isRetryable: () => false })).toBe(2);
  });

  it('does not run twice what must not be, unless nothing was sent or done', async () => {
    const run = { idempotent: false };

    expect(await triesAfter(reset, { run })).toBe(1);
    expect(await triesAfter(status(500), { run, retryOn: [500] })).toBe(1);
    expect(await triesAfter(foreign, { run, isRetryable: () => true })).toBe(1);
    expect(await triesAfter(refused, { run })).toBe(2);
    expect(await triesAfter(status(429, { 'retry-after': '1' }), { run })).toBe(2);
  });

  it('waits exactly as long as a failure asks for', async () => {
    const { clock, tries } = scene({ fails: [status(429, { 'retry-after': '7' })] });
    await clock.advance(60_000);

    expect(tries.map(({ atMs }) => atMs)).toEqual([0, 7_000]);
  });

  it('fails at once, and tells the wait, when a failure asks for more than is left', async () => {
    const hint = status(429, { 'retry-after': '65' });
    const { clock, settled, tries } = scene({ fails: [hint], run: { totalMs: 10_000 } });

    const failure = await settled;
    expect(String(failure)).toContain('the peer asks to wait 65 s, and the call has 10 s left');
    expect(tries.length).toBe(1);
    expect(clock.pendingTimers).toBe(0);

    const without = scene({ fails: [hint] });
    expect(String(await without.settled)).toContain('the longest wait allowed is 60 s');
    expect(await triesAfter(hint, { maxRetryAfterMs: 10_000 })).toBe(1);
  });

  it('fails at once with what went wrong when the wait would reach past the deadline', async () => {
    const within = scene({ fails: [foreign], isRetryable: () => true, run: { totalMs: 500 } });

    expect(await within.settled).toBeInstanceOf(TypeError);
    expect(within.clock.now()).toBe(0);
  });

  it('tells onRetry why and for how long it waits; what that throws changes nothing', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const notices: RetryHandlerNotice[] = [];
    const onRetry = (notice: RetryHandlerNotice): never => {
      notices.push(notice);
      throw new Error('a bug');
    };
    const isRetryable = (): boolean => true;
    const { clock, answer } = scene({ fails: [foreign, refused], isRetryable, onRetry });
    await clock.advance(60_000);

    expect(await answer).toBe('done');
    expect(notices).toEqual([
      { error: expect.any(TypeError), attempt: 1, waitMs: 500 },
      { error: expect.any(LinkspanError), attempt: 2, waitMs: 1_000 },
    ]);
    expect(warned).toHaveBeenCalledTimes(2);
    warned.mockRestore();
  });

  it('tells its budget of each run, and asks it for each try but the first', async () => {
    const told: string[] = [];
    const budget: AttemptBudget = {
      record: ({ operation }) => void told.push(`${operation} begins`),
      take: () => told.push('take') < 3,
    };
    const { clock, settled, tries } = scene({ fails: [refused, refused, refused], budget });
    await clock.advance(60_000);

    expect(String(await settled)).toMatch(/; the retry budget allows no other try$/);
    expect(tries.length).toBe(2);
    expect(told).toEqual(['run begins', 'take', 'take']);

    const error = foreign() as Error;
    const none = { take: (): boolean => false };
    const ended = scene({ fails: [() => error], isRetryable: () => true, budget: none });
    expect(await ended.settled).toBe(error);
    expect(error.message).toBe('fetch failed');
  });

  it('tells everything that is wrong with its options', async () => {
    const wrong = { maxRetries: -1, isRetryable: true, attemptHeader: 'x-a', clock: {} };
    expect(() => new RetryHandler(wrong as never)).toThrow(
      /new RetryHandler\(\)[^]*4 problems[^]*attemptHeader[^]*maxRetries[^]*isRetryable[^]*clock/,
    );
    await expect(
      new RetryHandler().run(() => 1, { totalMs: -1, timeout: 5 } as never),
    ).rejects.toThrow(ConfigurationError);
  });
});
