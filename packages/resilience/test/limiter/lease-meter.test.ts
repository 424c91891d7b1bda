import { ManualClock } from '@linkspan/concurrency';
import {
  ConnectionRefusedError,
  ConnectionResetError,
  createClient,
  LinkspanError,
  type MemoryHandler,
  memoryTransport,
  type Middleware,
  retry,
} from '@linkspan/core';
import {
  hedge,
  rateLimit,
  RateLimiter,
  type RateLimitOptions,
  standardResilience,
} from '@linkspan/resilience';
import { describe, expect, it, vi } from 'vitest';
import { tokensPerMinute, tokensUsed } from './tokens-left.ts';

const ask = { operation: 'GET', target: '/' };
const RESERVED = { inputTokens: 500, outputTokens: 900 };
const usage = { prompt_tokens: 12, completion_tokens: 30, total_tokens: 42 };

function scene(
  answer: MemoryHandler,
  options: RateLimitOptions = {},
  around: readonly Middleware[] = [],
) {
  const clock = new ManualClock();
  // On a clock that stands still: what was used does not come back.
  const limiter = new RateLimiter({ ...tokensPerMinute, clock: new ManualClock() });
  const limit = rateLimit({ limiter, estimate: () => RESERVED, ...options });
  const middleware = [...around, limit];
  const transport = memoryTransport(answer);
  const client = createClient({ transport, clock, env: {}, retry: false, middleware });
  const used = (): readonly number[] => tokensUsed(limiter);
  return { clock, client, limiter, used };
}

const failWith = (error: Error) => (): never => {
  throw error;
};

describe('rateLimit(), when it is known what a call used,', () => {
  it('replaces the estimate by what the answer tells', async () => {
    const { client, used } = scene(() => ({ body: { usage } }));
    const response = await client.request(ask);
    expect(used()).toEqual([500, 900]);

    await response.json();

    expect(used()).toEqual([12, 30]);
  });

  it('makes up for what was used beyond the estimate, or without one', async () => {
    const { client, used } = scene(() => ({ body: { usage } }), { estimate: () => ({}) });

    await (await client.request(ask)).json();

    expect(used()).toEqual([12, 30]);
  });

  it('lets who waits have what was not used', async () => {
    const { client, limiter } = scene(() => ({ body: { usage } }));
    const response = await client.request(ask);
    const waiting = limiter.acquire({ outputTokens: 9_500 });
    expect(limiter.waiting).toBe(1);

    await response.json();

    (await waiting).release();
  });

  it('is told by a reader that knows it', async () => {
    const { client, used } = scene(() => ({ body: 'words' }));
    const response = await client.request(ask);
    await response.text();

    response.meter?.used({ inputTokens: 3, outputTokens: 4 }, true);

    expect(used()).toEqual([3, 4]);
  });

  it.each([
    ['an input and a total', { prompt_tokens: 8, total_tokens: 8 }, [8, 0]],
    ['an output and a total', { completion_tokens: 3, total_tokens: 10 }, [7, 3]],
    ['a total alone', { total_tokens: 10 }, [10, 0]],
    ['an output alone', { completion_tokens: 3 }, [500, 3]],
    ['no amount', { prompt_tokens: -1, completion_tokens: 'many' }, [500, 900]],
    ['nothing', {}, [500, 900]],
  ])('takes what is told: %s', async (_what, told, expected) => {
    const { client, used } = scene(() => ({ body: { usage: told } }));

    await (await client.request(ask)).json();

    expect(used()).toEqual(expected);
  });

  it('reads answers of another kind as it is told to', async () => {
    const { client, used } = scene(() => ({ body: { cost: 7 } }), {
      usage: (answer) => ({ outputTokens: (answer as { cost: number }).cost }),
    });

    await (await client.request(ask)).json();

    expect(used()).toEqual([500, 7]);
  });

  it('keeps the estimate when the reader throws, and tells of it', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { client, used } = scene(() => ({ body: { usage } }), {
      usage: failWith(new Error('x')),
    });

    expect(await (await client.request(ask)).json()).toEqual({ usage });

    expect(used()).toEqual([500, 900]);
    expect(warn).toHaveBeenCalledOnce();
  });

  it.each([
    ['refused', () => ({ status: 429 }), [0, 0]],
    ['wrong', () => ({ status: 400 }), [0, 0]],
    ['shed before its work began', () => ({ status: 529 }), [0, 0]],
    ['never sent', failWith(new ConnectionRefusedError('x')), [0, 0]],
    ['maybe half done', () => ({ status: 500 }), [500, 900]],
    ['maybe done behind a proxy', () => ({ status: 503 }), [500, 900]],
    ['broken off', failWith(new ConnectionResetError('x')), [500, 900]],
  ])('gives back what a call did not use that was %s', async (_what, answer, expected) => {
    const { client, used, limiter } = scene(answer);

    await expect(client.request(ask)).rejects.toBeInstanceOf(LinkspanError);

    expect(used()).toEqual(expected);
    expect(limiter.inFlight).toBe(0);
  });

  it('keeps the estimate of an answer that nobody read', async () => {
    const { client, used } = scene(() => ({ body: { usage } }));

    await (await client.request(ask)).cancel();

    expect(used()).toEqual([500, 900]);
  });

  it('settles each try by its own answer', async () => {
    let tries = 0;
    const { client, clock, used } = scene(
      () => {
        tries += 1;
        if (tries === 1) throw new ConnectionResetError('x');
        return tries === 2 ? { status: 429 } : { body: { usage } };
      },
      {},
      [retry({ baseDelayMs: 100 })],
    );
    const answered = client.request(ask);
    await clock.advance(1000);

    await (await answered).json();

    // What broke off may have been done, what was refused was not.
    expect(used()).toEqual([500 + 12, 900 + 30]);
  });

  it('settles the hedge that won, and not the one that was left', async () => {
    const heads: PromiseWithResolvers<void>[] = [];
    const answer: MemoryHandler = async (_request, { signal }) => {
      const head = Promise.withResolvers<void>();
      heads.push(head);
      signal.addEventListener('abort', () => head.reject(signal.reason));
      await head.promise;
      return { body: { usage } };
    };
    const { client, clock, used } = scene(answer, {}, [hedge({ delayMs: 100 })]);
    const answered = client.request(ask);
    await clock.advance(100);
    heads[1]!.resolve();

    await (await answered).json();

    expect(heads.length).toBe(2);
    expect(used()).toEqual([500 + 12, 900 + 30]);
  });

  it('tells the meters of all layers', async () => {
    const outer = new RateLimiter({ ...tokensPerMinute, clock: new ManualClock() });
    const { client, used } = scene(() => ({ body: { usage } }), {}, [
      rateLimit({ limiter: outer }),
    ]);

    await (await client.request(ask)).json();

    expect(used()).toEqual([12, 30]);
    expect(tokensUsed(outer)).toEqual([12, 30]);
  });

  it('settles within the standard stack', async () => {
    const limiter = new RateLimiter({ ...tokensPerMinute, clock: new ManualClock() });
    const stack = standardResilience({ rateLimit: { limiter, estimate: () => RESERVED } });
    const answers = [{ status: 429 }, { body: { usage } }];
    const { client, clock } = scene(() => answers.shift()!, { limiter: new RateLimiter() }, [
      stack,
    ]);
    const answered = client.request(ask);
    await clock.advance(10_000);

    await (await answered).json();

    expect(tokensUsed(limiter)).toEqual([12, 30]);
  });
});
