import { ManualClock } from '@linkspan/concurrency';
import {
  applyMiddleware,
  type ClientBaseOptions,
  type ConfigOptions,
  ConfigurationError,
  createClient,
  memoryTransport,
  retry,
  type RetryNotice,
  type RetryOptions,
  retryPolicy,
  type TransportRequest,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { readAll } from '../stream/open-words.ts';
import { reset as brokenOff, resumeScene, settled } from '../stream/resume-scene.ts';
import { failureOf, get, post, refused, reset } from './retry-scene.ts';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** A client of a peer that fails in turn, and what the peer is sent. */
function scene(
  options: RetryOptions | false,
  fails: readonly (() => unknown)[] = [],
  more: ClientBaseOptions & ConfigOptions = {},
) {
  const clock = new ManualClock();
  const sent: TransportRequest[] = [];
  const transport = memoryTransport((request) => {
    sent.push(request);
    const fail = fails[sent.length - 1];
    if (fail !== undefined) throw fail();
    return { body: 'done' };
  });
  const client = createClient({ transport, clock, env: {}, retry: options, ...more });
  /** What became of a call: its error, or nothing. */
  const call: typeof client.request = async (...args) => {
    const answer = client.request(...args);
    answer.catch(() => {});
    await clock.advance(59_000);
    return await answer;
  };
  const seen = (name: string) => sent.map(({ headers }) => headers?.[name]);
  return { client, call, sent, keys: () => seen('idempotency-key'), seen };
}

describe('retry() with attemptHeader', () => {
  it('tells the peer with each attempt which it is', async () => {
    const { call, seen } = scene({ attemptHeader: 'X-Retry-Attempt' }, [refused, refused]);

    await call({ ...get, headers: { 'x-retry-attempt': '7', 'x-a': 'a' } });
    expect(seen('x-retry-attempt')).toEqual(['1', '2', '3']);
    expect(seen('x-a')).toEqual(['a', 'a', 'a']);
  });

  it('sends it also where nothing is tried again', async () => {
    const { call, seen } = scene({ maxRetries: 0, attemptHeader: 'x-try' }, [refused]);

    await failureOf(call(get));
    expect(seen('x-try')).toEqual(['1']);
  });

  it('sends it for one call that asks for it, with the other options of the client', async () => {
    const { call, seen } = scene({ maxRetries: 1 }, [refused, refused]);

    await failureOf(call(get, { retry: { attemptHeader: 'x-try' } }));
    await call(get);
    expect(seen('x-try')).toEqual(['1', '2', undefined]);
  });

  it('sends nothing unless it is asked for', async () => {
    const { call, sent } = scene({}, [reset]);
    const request = { ...post, idempotent: true };

    await call(request);
    expect(sent).toEqual([request, request]);
  });

  it('shows hooks and onRetry the request as it was sent', async () => {
    const hooked: unknown[] = [];
    const notices: RetryNotice[] = [];
    const { call } = scene(
      { attemptHeader: 'x-try', onRetry: (notice) => notices.push(notice) },
      [refused],
      {
        onRequest: ({ headers }, { attempt }) => void hooked.push([headers?.['x-try'], attempt]),
      },
    );

    await call(get);
    expect(hooked).toEqual([
      ['1', 1],
      ['2', 2],
    ]);
    expect(notices.map(({ request }) => request.headers)).toEqual([{ 'x-try': '1' }]);
  });

  it('takes both options from the environment', async () => {
    const env = { LINKSPAN_ATTEMPT_HEADER: 'X-Try', LINKSPAN_IDEMPOTENCY_KEYS: 'true' };
    const { call, seen, keys } = scene({}, [], { env });

    await call(post);
    expect(seen('x-try')).toEqual(['1']);
    expect(keys()).toEqual([expect.stringMatching(UUID)]);
    expect(() => scene({}, [], { env: { LINKSPAN_ATTEMPT_HEADER: 'x try' } })).toThrow(
      /LINKSPAN_ATTEMPT_HEADER: expected the name of a header/,
    );
  });

  it.each([['a b'], [''], ['x:y'], [7], ['x\n']])('refuses %j', (attemptHeader) => {
    expect(() => retry({ attemptHeader } as never)).toThrow(
      /attemptHeader: expected the name of a header, such as x-retry-attempt/,
    );
  });
});

describe('retry() with idempotencyKeys', () => {
  const options = { idempotencyKeys: true };

  it('U14 gives a POST a key, the same on every attempt and another for each call', async () => {
    const { call, keys } = scene(options, [reset, reset]);

    await call(post);
    await call(post);
    const [first, second, third, other] = keys();
    expect(first).toMatch(UUID);
    expect([second, third]).toEqual([first, first]);
    expect(other).toMatch(UUID);
    expect(other).not.toBe(first);
  });

  it.each<[string, TransportRequest, string | undefined]>([
    ['a GET', get, undefined],
    ['a POST that has a key', { ...post, headers: { 'idempotency-key': 'k' } }, 'k'],
    ['a POST that may be sent twice as it is', { ...post, idempotent: true }, undefined],
    ['a POST that says that it may not', { ...post, idempotent: false }, undefined],
  ])('leaves %s as it is', async (_what, request, key) => {
    const { call, keys } = scene(options);

    await call(request);
    expect(keys()).toEqual([key]);
  });

  it('does not make a POST safe that says that it is not', async () => {
    const { call, sent } = scene(options, [reset]);

    await failureOf(call({ ...post, idempotent: false }));
    expect(sent.length).toBe(1);
  });

  it('gives all that is sent for a call one key, however many layers retry', async () => {
    const { call, keys } = scene(options, [reset, reset, reset], {
      middleware: [retry({ maxRetries: 1, idempotencyKeys: true })],
    });
    await call(post);
    expect(new Set(keys()).size).toBe(1);
    expect(keys().length).toBe(4);

    // The layer around it does not know of the key, and does not repeat what may have been done.
    const inner = scene({ maxRetries: 5 }, [reset, refused, reset], {
      middleware: [retry({ maxRetries: 1, idempotencyKeys: true })],
    });
    await inner.call(post);
    expect(new Set(inner.keys()).size).toBe(1);
    expect(inner.keys().length).toBe(4);
  });

  it('begins a stream again with the key that its first request had', async () => {
    const { stream, seen, clock } = resumeScene([[brokenOff()], ['1:a END ']], { retry: options });

    expect((await settled(readAll(await stream({}, post)), clock)).events).toEqual(['a']);
    expect(seen.map(({ request }) => request.headers?.['idempotency-key'])).toEqual([
      expect.stringMatching(UUID),
      seen[0]?.request.headers?.['idempotency-key'],
    ]);
  });

  it('gives no advice to send a key where there is one', async () => {
    const fails = [reset, reset, reset];
    const without = scene({}, fails);
    const failure = await failureOf(without.call(post));
    expect(without.client.explain(failure)?.advice.join()).toContain('with an idempotency key');

    const withKey = scene(options, fails);
    const repeated = await failureOf(withKey.call(post));
    expect(withKey.client.explain(repeated)?.advice).toEqual([
      'raise retry.maxRetries (2, the default)',
    ]);
  });

  it('makes a key for each call of a layer that no client is around', async () => {
    const keys: unknown[] = [];
    const context = { attempt: 1 } as never;
    const send = applyMiddleware(
      async ({ headers }) => keys.push(headers?.['idempotency-key']) as never,
      [retry(options)],
    );

    await send(post, context);
    await send(post, context);
    expect(keys).toEqual([expect.stringMatching(UUID), expect.stringMatching(UUID)]);
    expect(keys[0]).not.toBe(keys[1]);
  });

  it('takes true or false alone', () => {
    expect(() => retry({ idempotencyKeys: 'yes' as never })).toThrow(ConfigurationError);
  });
});

describe('retryPolicy().begins()', () => {
  it('gives the request itself where nothing is written on it', () => {
    expect(retryPolicy().begins(post, { attempt: 1 } as never)).toBe(post);
  });
});
