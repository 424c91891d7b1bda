import {
  ClosedError,
  ConnectionResetError,
  createClient,
  memoryTransport,
  type Middleware,
  RateLimitExceededError,
  type TransportRequest,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { settled } from '../stream/resume-scene.ts';
import { get, never, scene } from './client-scene.ts';
import { failureOf, timeline } from './explain-scene.ts';

const post: TransportRequest = { operation: 'POST', target: '/orders' };

describe('client.explain()', () => {
  it('tells of every try, what it failed with, and how long the next one waited and why', async () => {
    const answers = [{ status: 503, headers: { 'retry-after-ms': '250' } }, { status: 502 }];
    const { client, clock } = scene(() => answers.shift() ?? { status: 500 }, { random: () => 1 });
    const call = failureOf(client.request({ operation: 'GET', target: '/users/1?key=abc' }));
    const error = await settled(call, clock);

    const explained = client.explain(error);

    expect(timeline(explained)).toEqual([
      '0 queue 1',
      '0 attempt 1',
      '0 connect 1', // once a client
      '0 headers 1',
      '0 failed 1',
      '0 backoff 1',
      '250 queue 1',
      '250 attempt 2',
      '250 failed 2',
      '250 backoff 2',
      '1250 queue 2',
      '1250 attempt 3',
      '1250 ended 3',
    ]);
    expect(explained).toMatchObject({
      call: { id: 1, operation: 'GET', target: '/users/1?key=[redacted]', streaming: false },
      startedAt: 0,
      elapsedMs: 1250,
      attempts: 3,
      endedBy: 'failure',
      omitted: 0,
    });
    expect(explained?.entries[4]?.failure).toMatchObject({ kind: 'http', status: 503 });
    expect(explained?.entries[5]).toMatchObject({
      waitMs: 250,
      detail: 'the next try waits 250 ms, as the peer asks',
    });
    expect(explained?.entries[9]).toMatchObject({
      waitMs: 1000,
      detail: 'the next try waits 1 s, which is the backoff',
    });
    expect(explained?.entries.at(-1)?.failure).toMatchObject({ status: 500, kind: 'http' });
    expect(explained?.advice).toEqual(['raise retry.maxRetries (2, the default)']);
  });

  it.each([
    [{}, {}, 'the default', { origin: 'default', limitMs: 60_000, name: 'totalMs' }],
    [
      { attemptMs: 500, retry: false },
      {},
      'an option of the client',
      { origin: 'argument', limitMs: 500, name: 'attemptMs' },
    ],
    [
      { env: { LINKSPAN_ATTEMPT_MS: '500' }, retry: false },
      {},
      'from LINKSPAN_ATTEMPT_MS',
      { origin: 'environment', variable: 'LINKSPAN_ATTEMPT_MS', limitMs: 500 },
    ],
    [
      { totalMs: 900 },
      { totalMs: 700 },
      'an option of the call',
      { origin: 'call', limitMs: 700, name: 'totalMs' },
    ],
  ])('names the option whose clock ran out, and who set it: %j %j', async (...args) => {
    const [options, ofCall, origin, option] = args;
    const { client, clock } = scene(never, options);
    const call = failureOf(client.request(get, ofCall));
    const explained = client.explain(await settled(call, clock));

    expect(explained).toMatchObject({ endedBy: 'clock', option, elapsedMs: option.limitMs });
    expect(explained?.advice[0]).toMatch(/^raise (attemptMs|totalMs) \(/);
    expect(explained?.advice[0]).toContain(origin);
  });

  it('sums it up in a few sentences', async () => {
    const { client, clock } = scene(never, {
      env: { LINKSPAN_ATTEMPT_MS: '500' },
      random: () => 1,
      retry: { maxRetries: 1 },
    });
    const error = await settled(failureOf(client.request(get)), clock);

    expect(client.explain(error)?.summary).toBe(
      'GET /: Cannot get an answer: no head of an answer came within 500 ms (attemptMs), after 1.5 s, in attempt 2. ' +
        'The limit was attemptMs (500 ms, from LINKSPAN_ATTEMPT_MS). ' +
        'The time went to waiting for the head of an answer (1 s), waiting between tries (500 ms). ' +
        'What would help: raise attemptMs (500 ms, from LINKSPAN_ATTEMPT_MS); raise retry.maxRetries (1, an option of the client)',
    );
  });

  it('does not take what a layer refuses for a wait that the peer asks for', async () => {
    const refusal = { retryAfterMs: 900 };
    const layer: Middleware = () => () =>
      Promise.reject(new RateLimitExceededError('Cannot send: full', refusal));
    const { client, clock } = scene(() => ({}), { middleware: [layer], totalMs: 1000 });
    const explained = client.explain(await settled(failureOf(client.request(get)), clock));

    expect(explained?.entries.map(({ detail }) => detail)).toContain(
      'the next try waits 900 ms, as the layer asks that refused it',
    );
    expect(explained?.summary).not.toContain('the peer');
    expect(explained?.advice).toEqual(['call again after 900 ms']);
  });

  it('does not take a limit of a layer for the option of the same name', async () => {
    const layer: Middleware = (next) => (request, context) =>
      next(request, { ...context, attemptMs: 50 });
    const { client, clock } = scene(never, { middleware: [layer], attemptMs: 80, retry: false });
    const error = await settled(failureOf(client.request(get)), clock);

    expect(client.explain(error)?.option).toEqual({
      name: 'attemptMs',
      limitMs: 50,
      origin: 'layer',
    });
  });

  it.each([
    ['headers', never, {}, ['70 ended 1']],
    [
      'backoff',
      () => {
        throw new ConnectionResetError('Cannot send', { sent: 'no', retryable: 'yes' });
      },
      { random: () => 1 },
      ['0 failed 1', '0 backoff 1', '70 ended 1'],
    ],
  ] as const)('tells that the caller aborted it, in %s', async (_, handler, options, entries) => {
    const { client, clock } = scene(handler, options);
    const controller = new AbortController();
    const call = failureOf(client.request(get, { signal: controller.signal }));
    await clock.advance(70);
    controller.abort();
    const reason = await call;

    const explained = client.explain(reason);

    expect(reason).toBe(controller.signal.reason);
    expect(explained).toMatchObject({ endedBy: 'caller', advice: [] });
    expect(timeline(explained)).toEqual([
      '0 queue 1',
      '0 attempt 1',
      '0 connect 1',
      '0 headers 1',
      ...entries,
    ]);
    expect(explained?.summary).toContain(
      'its caller aborted it (AbortError), after 70 ms, in attempt 1',
    );
  });

  it('tells that the client was closed', async () => {
    const { client, clock } = scene(never);
    const call = failureOf(client.request(get));
    await clock.advance(20);
    await client.close();

    expect(client.explain(await call)).toMatchObject({ endedBy: 'client', elapsedMs: 20 });
  });

  it('tells of the wait for a connection, and of what a layer refused', async () => {
    const connecting = memoryTransport(() => ({}));
    const held = Promise.withResolvers<never>();
    connecting.connect = () => held.promise;
    const { client, clock } = scene(() => ({}), { transport: connecting, retry: false });
    const call = failureOf(client.request(get));
    await clock.advance(30);
    held.reject(new ConnectionResetError('Cannot connect: the peer broke off'));
    expect(timeline(client.explain(await call))).toEqual([
      '0 queue 1',
      '0 attempt 1',
      '0 connect 1',
      '30 ended 1',
    ]);

    const refusing = scene(() => ({}), {
      retry: false,
      middleware: [() => () => Promise.reject(new RateLimitExceededError('Cannot send: full'))],
    });
    const refused = refusing.client.explain(await failureOf(refusing.client.request(get)));
    expect(timeline(refused)).toEqual(['0 queue 1', '0 ended 1']);
  });

  it.each([
    [
      post,
      { retry: {} },
      'say that the request may be sent twice: with an idempotency key, or idempotent: true',
    ],
    [get, { retry: { maxRetries: 1 } }, 'raise maxRetries (1, an option of the call)'],
    [get, { retry: false as const }, 'allow retries, which are off'],
    [
      get,
      { retry: { budget: { take: () => false } } },
      'wait until the peer is well: too many calls to it are being tried again',
    ],
    [
      get,
      { totalMs: 100 },
      'give the call more time: the wait before the next try would have ended behind its deadline',
    ],
    [
      { ...get, payload: { kind: 'stream' as const, stream: (async function* () {})() } },
      {},
      'send a payload that can be sent again: a value, bytes, or a function that makes one',
    ],
  ])('says what would have helped: %#', async (request, ofCall, advice) => {
    const broken = () => {
      throw new ConnectionResetError('Cannot read: the peer broke off');
    };
    const { client, clock } = scene(broken, { random: () => 1 });
    const error = await settled(failureOf(client.request(request, ofCall)), clock);

    expect(client.explain(error)?.advice).toEqual([advice]);
  });

  it('says how long the peer asks to wait when that is too long', async () => {
    const { client } = scene(() => ({ status: 503, headers: { 'retry-after': '120' } }));

    const explained = client.explain(await failureOf(client.request(get)));

    expect(explained?.advice).toEqual(['call again after the 120 s that the peer asks for']);
  });

  it('finds the failure behind an error of the program, and in the calls that do not throw', async () => {
    const { client } = scene(() => ({ status: 404 }));
    const result = await client.safe.request(get);
    const error = result.ok ? undefined : result.error;

    expect(client.explain(error)).toMatchObject({ endedBy: 'failure', advice: [] });
    expect(client.explain(new Error('No such user', { cause: error }))).toEqual(
      client.explain(error),
    );
  });

  it('knows nothing of what no call of its own failed with', async () => {
    const { client } = scene(() => ({ status: 404 }));
    const other = scene(() => ({}));
    const error = await failureOf(client.request(get));
    const circle = new Error('a circle');
    circle.cause = circle;

    expect(other.client.explain(error)).toBeUndefined();
    for (const value of [circle, undefined, null, 'text', 1, {}, new ClosedError('x')]) {
      expect(client.explain(value)).toBeUndefined();
    }
  });

  it('gives plain data that shows no secret', async () => {
    const canary = 'canary-4711-secret';
    const { client } = scene(() => {
      throw new ConnectionResetError(
        `Cannot send to https://user:canary-pw@host/?a=canary-query: the peer said ${canary}`,
      );
    });
    const request = {
      ...post,
      target: `https://user:${canary}@host/?key=${canary}`,
      headers: { 'x-api-key': canary },
    };
    const explained = client.explain(await failureOf(client.request(request)));
    const abort = new AbortController();
    const silent = scene(never).client;
    const aborted = failureOf(silent.request(request, { signal: abort.signal }));
    abort.abort(Object.assign(new Error(canary), { name: canary }));
    const cancelled = silent.explain(await aborted);

    expect(structuredClone(explained)).toEqual(explained);
    expect(explained?.summary).toContain('POST https://host/?key=[redacted]');
    expect(cancelled?.endedBy).toBe('caller');
    expect(JSON.stringify([explained, cancelled])).not.toContain('canary');
  });
});

it('leaves errors as they are', async () => {
  const client = createClient({ transport: memoryTransport(() => ({ status: 404 })), env: {} });
  const error = await failureOf(client.request(get));
  expect(Object.isExtensible(error)).toBe(true);
  expect(JSON.stringify(error)).not.toContain('entries');
});
