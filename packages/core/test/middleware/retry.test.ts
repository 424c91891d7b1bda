import { inspect } from 'node:util';
import { Deadline, ManualClock } from '@linkspan/concurrency';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyMiddleware,
  type CallContext,
  ConnectionRefusedError,
  memoryTransport,
  type Payload,
  raiseForStatus,
  retry,
  type RetryNotice,
  type RetryOptions,
  StatusError,
  TimeoutError,
} from '@linkspan/core';
import { EndlessBody } from '../endless-body.ts';
import { failureOf, get, post, refused, reset, send, status } from './retry-scene.ts';

describe('retry()', () => {
  it('U9 counts re-tries: maxRetries 3 makes four attempts', async () => {
    const { answer, attempts, clock } = send(get, {
      fails: [refused, refused, refused, refused],
      retry: { maxRetries: 3 },
    });
    await clock.advance(60_000);

    const error = await failureOf(answer);
    expect(error.attempts).toBe(4);
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('P10 waits twice as long each time, up to maxDelayMs', async () => {
    const { answer, attempts, clock } = send(get, {
      fails: [refused, refused, refused, refused],
      retry: { maxRetries: 4, baseDelayMs: 100, maxDelayMs: 350 },
    });
    await clock.advance(60_000);

    await answer;
    expect(attempts.map(({ atMs }) => atMs)).toEqual([0, 100, 300, 650, 1000]);
  });

  it('U9 spreads the waits over the whole span from 0: full jitter', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        async (random) => {
          const { attempts, clock } = send(get, { fails: [refused], random: () => random });
          await clock.advance(60_000);
          expect(attempts[1]?.atMs).toBe(random * 500);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('U9 waits exactly as long as the server asks, also less than the backoff', async () => {
    const hints = [{ 'retry-after-ms': '1' }, { 'retry-after': '7' }, { 'retry-after': '0' }];
    const { answer, attempts, clock } = send(get, {
      fails: hints.map((headers) => status(429, headers)),
      retry: { maxRetries: 3 },
    });
    await clock.advance(60_000);

    await answer;
    expect(attempts.map(({ atMs }) => atMs)).toEqual([0, 1, 7001, 7001]);
  });

  it('fails at once, and tells the wait, when the server asks for more than is left', async () => {
    const { answer, attempts, clock } = send(get, {
      fails: [status(429, { 'retry-after': '65' })],
      totalMs: 10_000,
    });

    const error = await failureOf(answer);
    const hint = 'the peer asks to wait 65 s, and the call has 10 s left';
    expect(error.message).toContain(hint);
    expect(inspect(error)).toContain(hint);
    expect(error.retryAfterMs).toBe(65_000);
    expect(attempts).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not wait longer than a minute for a call without a deadline, unless told to', async () => {
    const fails = [status(429, { 'retry-after': '65' })];
    const refusing = send(get, { fails });
    expect((await failureOf(refusing.answer)).message).toContain(
      'the peer asks to wait 65 s, and the longest wait allowed is 60 s',
    );

    const patient = send(get, { fails, retry: { maxRetryAfterMs: 70_000 } });
    await patient.clock.advance(65_000);
    expect((await patient.answer).status).toBe(200);
  });

  it('fails at once with what went wrong when the backoff reaches past the deadline', async () => {
    const { answer, attempts } = send(get, { fails: [refused], totalMs: 400 });

    expect(await failureOf(answer)).toBeInstanceOf(ConnectionRefusedError);
    expect(attempts).toHaveLength(1);
  });

  it('fails with signal.reason itself when the caller aborts during the backoff', async () => {
    const controller = new AbortController();
    const { answer, attempts, clock } = send(get, { fails: [refused], signal: controller.signal });
    await clock.advance(1);
    const reason = { my: 'reason' };

    controller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    expect(attempts).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not try again when the caller aborts with a failure that could be tried again', async () => {
    const controller = new AbortController();
    const reason = new ConnectionRefusedError('Cannot connect');
    const { answer, attempts } = send(get, {
      fails: [
        () => {
          controller.abort(reason);
          return reason;
        },
      ],
      signal: controller.signal,
    });

    await expect(answer).rejects.toBe(reason);
    expect(attempts).toHaveLength(1);
  });

  it('P11 does not try what another try cannot cure', async () => {
    for (const fail of [status(400), status(401), status(404), () => new Error('a bug')]) {
      const { answer, attempts } = send(get, { fails: [fail] });
      // oxlint-disable-next-line no-await-in-loop -- one case after another
      await failureOf(answer);
      expect(attempts).toHaveLength(1);
    }
  });

  it('does not begin again when the deadline has passed, whatever retryOn says', async () => {
    const late = () =>
      new TimeoutError('Cannot finish', { clock: 'totalMs', limitMs: 1, elapsedMs: 1 });
    const { answer, attempts } = send(get, {
      fails: [late],
      totalMs: 100,
      retry: { retryOn: ['timeout'] },
    });

    expect((await failureOf(answer)).kind).toBe('timeout');
    expect(attempts).toHaveLength(1);
  });

  describe('is safe', () => {
    const key = { 'idempotency-key': 'k' };
    it.each([
      ['GET after a reset', get, reset, 2],
      ['POST after a reset: it may have been processed', post, reset, 1],
      ['POST that was never sent', post, refused, 2],
      ['POST with an idempotency key after a reset', { ...post, headers: key }, reset, 2],
      ['a request that says it is idempotent', { ...post, idempotent: true }, reset, 2],
      ['a GET that says it is not', { ...get, idempotent: false }, reset, 1],
      ['GET after 500', get, status(500), 2],
      ['POST after 500', post, status(500), 1],
      ['POST after 429: nothing was processed', post, status(429, { 'retry-after': '1' }), 2],
      ['POST after 529', post, status(529), 2],
      ['POST that the server says to repeat', post, status(500, { 'x-should-retry': 'true' }), 2],
      [
        'GET that the server says not to repeat',
        get,
        status(503, { 'x-should-retry': 'false' }),
        1,
      ],
    ])('U14 %s', async (_case, request, fail, attempts) => {
      const scene = send(request, { fails: [fail] });
      await scene.clock.advance(60_000);
      await scene.answer.catch(() => {});
      expect(scene.attempts).toHaveLength(attempts);
    });

    it.each<[Payload['kind'], Payload, number]>([
      ['value', { kind: 'value', value: 1 }, 2],
      ['bytes', { kind: 'bytes', bytes: new Uint8Array(1) }, 2],
      ['factory', { kind: 'factory', open: () => readable() }, 2],
      ['stream', { kind: 'stream', stream: readable() }, 1],
    ])(
      'U14 sends a payload of kind %s again only when it can be read again',
      async (_kind, payload, attempts) => {
        const scene = send({ ...get, payload }, { fails: [refused] });
        await scene.clock.advance(60_000);
        await scene.answer.catch(() => {});
        expect(scene.attempts).toHaveLength(attempts);
      },
    );
  });

  describe('retryOn', () => {
    it.each([['netwrk'], [5000], ['toString'], [null]])('refuses %j in a list', (item) => {
      expect(() => retry({ retryOn: [item] as never })).toThrow(
        /retryOn: expected a function, or a list of statuses \(100 to 599\)/,
      );
    });

    it('R19 takes statuses and kinds in place of the failures own judgement', async () => {
      const retryOn = { retry: { retryOn: [418, 'network' as const] } };
      for (const [fail, attempts] of [
        [status(418), 2],
        [refused, 2],
        [status(503), 1],
      ] as const) {
        const scene = send(get, { fails: [fail], ...retryOn });
        // oxlint-disable-next-line no-await-in-loop -- one case after another
        await scene.clock.advance(60_000);
        // oxlint-disable-next-line no-await-in-loop -- as above
        await scene.answer.catch(() => {});
        expect(scene.attempts).toHaveLength(attempts);
      }
    });

    it('decides by a function, and leaves it to the failure where that says nothing', async () => {
      const seen: unknown[] = [];
      const scene = send(get, {
        fails: [status(418), refused],
        retry: {
          retryOn: (error, request) => {
            seen.push(request);
            return error instanceof StatusError ? true : undefined;
          },
        },
      });
      await scene.clock.advance(60_000);
      expect((await scene.answer).status).toBe(200);
      expect(seen).toEqual([get, get]);
    });

    it('U14 does not make a POST that may have been processed safe', async () => {
      const { answer, attempts } = send(post, { fails: [reset], retry: { retryOn: () => true } });
      await failureOf(answer);
      expect(attempts).toHaveLength(1);
    });
  });

  it('tells onRetry why and for how long it waits', async () => {
    const notices: RetryNotice[] = [];
    const { clock } = send(get, {
      fails: [status(503, { 'retry-after': '2' })],
      retry: { onRetry: (notice) => notices.push(notice) },
    });
    await clock.advance(0);

    expect(notices).toEqual([
      { error: expect.any(StatusError), attempt: 1, waitMs: 2000, request: get },
    ]);
  });

  it('lists everything that is wrong with its options', () => {
    const wrong = { maxRetries: -1, basedelayMs: 5, retryOn: 'all' } as unknown as RetryOptions;
    expect(() => retry(wrong)).toThrow(
      /maxRetries: .*-1[^]*retryOn: [^]*baseDelayMs|baseDelayMs[^]*maxRetries[^]*retryOn/,
    );
  });

  it('frees the body of a failed attempt before it tries again', async () => {
    const clock = new ManualClock();
    const body = new EndlessBody();
    const transport = memoryTransport((_request, { context: { attempt } }) =>
      attempt > 1 ? {} : { status: 503, body },
    );
    const context: CallContext = {
      signal: undefined,
      deadline: Deadline.never(clock),
      attempt: 1,
      streaming: false,
      attemptMs: Infinity,
      idleMs: Infinity,
      acceptStatus: (code) => code < 400,
    };
    const answer = applyMiddleware(transport.send, [retry({ baseDelayMs: 0 }), raiseForStatus])(
      get,
      context,
    );
    await clock.advance(1);

    expect((await answer).status).toBe(200);
    expect(body.releases).toBe(1);
  });
});

async function* readable(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(1);
}
