import { describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  NotFoundError,
  RateLimitError,
  ServerError,
  TimeoutError,
  type TransportRequest,
} from '@linkspan/core';
import { EndlessBody } from '../endless-body.ts';
import { scene, statuses, targets, text, to } from './batch-scene.ts';

describe('client.batch()', () => {
  it('P12 P17 gives a result for each request, in their order', async () => {
    const { client, clock } = scene();
    const results = client.batch([to('30'), to('10'), to('20')], { read: text });
    await clock.advance(30);

    expect(await results).toEqual([
      { status: 'fulfilled', index: 0, value: 'after 30' },
      { status: 'fulfilled', index: 1, value: 'after 10' },
      { status: 'fulfilled', index: 2, value: 'after 20' },
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('P12 takes iterables and async iterables', async () => {
    const { client } = scene(({ target }) => ({ body: target }));
    async function* later(): AsyncGenerator<TransportRequest> {
      yield* targets(3);
    }
    const values = async (items: Parameters<typeof client.batch>[0]): Promise<unknown[]> => {
      const results = await client.batch(items, { read: text });
      return results.map((result) => (result.status === 'fulfilled' ? result.value : result));
    };

    expect(await values(new Set(targets(3)))).toEqual(['0', '1', '2']);
    expect(await values(later())).toEqual(['0', '1', '2']);
    expect(await values([])).toEqual([]);
  });

  it.each([
    [undefined, 10],
    [3, 3],
    [Infinity, 40],
  ])('P13 with concurrency %s has at most %s calls under way', async (concurrency, most) => {
    const { client, clock, seen } = scene();
    const results = client.batch(
      Array.from({ length: 40 }, () => to('5')),
      { concurrency },
    );
    await clock.advance(1_000);

    expect(await results).toHaveLength(40);
    expect(seen.most).toBe(most);
  });

  it('P13 reads each body within its slot, so that answers hold no wires', async () => {
    const { client } = scene(() => ({ body: chunks('a', 'b') }));
    const results = await client.batch(targets(30), { concurrency: 2 });

    expect(client.inFlight()).toEqual([]);
    const bodies = results.map((result) =>
      result.status === 'fulfilled' ? result.value.text() : Promise.resolve(''),
    );
    expect(new Set(await Promise.all(bodies))).toEqual(new Set(['ab']));
  });

  it('cancels what `read` leaves unread', async () => {
    const bodies: EndlessBody[] = [];
    const { client } = scene(() => {
      const body = new EndlessBody();
      bodies.push(body);
      return { body };
    });

    await client.batch(targets(3), { read: ({ status }) => status });

    expect(bodies.map(({ releases }) => releases)).toEqual([1, 1, 1]);
    expect(client.inFlight()).toEqual([]);
  });

  it('P14 P35 cancels what is late, and does not begin what has no time left', async () => {
    const { client, clock, seen } = scene();
    const results = client.batch([to('10'), to('100'), to('100'), to('1'), to('1')], {
      concurrency: 2,
      totalMs: 50,
    });
    await clock.advance(50);

    expect(statuses(await results)).toEqual([
      'fulfilled',
      'cancelled',
      'cancelled',
      'not-started',
      'not-started',
    ]);
    expect((await results)[1]).toMatchObject({
      index: 1,
      reason: { constructor: TimeoutError, clock: 'totalMs', limitMs: 50 },
    });
    expect(seen.sent).toEqual(['10', '100', '100']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('U17 tells a late call from one whose own time ran out', async () => {
    const { client, clock } = scene();
    const results = client.batch([[to('100'), { totalMs: 20 }], to('100')], { totalMs: 50 });
    await clock.advance(50);

    expect(await results).toMatchObject([
      { status: 'rejected', error: { clock: 'totalMs', limitMs: 20 } },
      { status: 'cancelled', reason: { clock: 'totalMs', limitMs: 50 } },
    ]);
  });

  it('fails a call at once whose server asks to wait past the end of the batch', async () => {
    const { client } = scene(() => ({ status: 429, headers: { 'retry-after': '65' } }));
    const results = await client.batch([to('0')], {
      totalMs: 1_000,
      defaults: { retry: { maxRetries: 5 } },
    });

    expect(results).toMatchObject([{ status: 'rejected', error: { retryAfterMs: 65_000 } }]);
    expect(results[0]?.status === 'rejected' && results[0].error).toBeInstanceOf(RateLimitError);
  });

  it('P15 collects failures as results', async () => {
    const { client } = scene(({ target }) => ({ status: target === '1' ? 404 : 200 }));
    const results = await client.batch(targets(3));

    expect(statuses(results)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toEqual({ status: 'rejected', index: 1, error: expect.any(NotFoundError) });
  });

  it('collects what `read` throws, unchanged', async () => {
    const { client } = scene(() => ({}));
    const mistake = new Error('not what I asked for');
    const read = (): never => {
      throw mistake;
    };

    expect(await client.batch(targets(1), { read })).toEqual([
      { status: 'rejected', index: 0, error: mistake },
    ]);
  });

  it('P15 P18 with onError throw cancels the rest and throws the first failure', async () => {
    const aborted: string[] = [];
    const { client, seen } = scene(async ({ target }, { signal }) => {
      if (target === '1') return { status: 500 };
      return await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted.push(target);
          reject(signal.reason);
        });
      });
    });

    await expect(
      client.batch(targets(9), { concurrency: 3, onError: 'throw' }),
    ).rejects.toBeInstanceOf(ServerError);
    expect(aborted).toEqual(['0', '2']);
    expect(seen.sent).toEqual(['0', '1', '2']);
    expect(client.inFlight()).toEqual([]);
  });

  it('P16 merges defaults under the options of each request', async () => {
    const { client, clock } = scene();
    const results = client.batch([to('30'), [to('30'), { totalMs: 40 }]], {
      defaults: { totalMs: 20, headers: { a: '1' } },
    });
    await clock.advance(40);

    expect(statuses(await results)).toEqual(['rejected', 'fulfilled']);
  });

  it('U17 rejects with signal.reason when its caller aborts, when every call has ended', async () => {
    const { client, clock, seen } = scene();
    const controller = new AbortController();
    const reason = new Error('enough');
    const results = client.batch([to('10'), to('100'), to('100')], { signal: controller.signal });
    results.catch(() => {});
    await clock.advance(20);

    controller.abort(reason);

    await expect(results).rejects.toBe(reason);
    expect(seen.running).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('U17 calls a request cancelled whose own signal aborts', async () => {
    const { client, clock } = scene();
    const controller = new AbortController();
    const results = client.batch([to('10'), [to('10'), { signal: controller.signal }]]);
    await clock.advance(1);
    controller.abort('not this one');
    await clock.advance(10);

    expect(await results).toMatchObject([
      { status: 'fulfilled' },
      { status: 'cancelled', index: 1, reason: 'not this one' },
    ]);
  });

  it('takes requests of an async iterable only as there is room, and stops when time is over', async () => {
    const { client, clock } = scene();
    const source = { taken: 0, released: false };
    async function* endless(): AsyncGenerator<TransportRequest> {
      try {
        for (;;) {
          source.taken += 1;
          yield to('10');
        }
      } finally {
        source.released = true;
      }
    }
    const results = client.batch(endless(), { concurrency: 2, totalMs: 25 });
    await clock.advance(5);
    expect(source.taken).toBeLessThanOrEqual(3);
    await clock.advance(20);

    expect(statuses(await results)).toEqual([
      ...Array.from({ length: 4 }, () => 'fulfilled'),
      'cancelled',
      'cancelled',
    ]);
    expect(source.released).toBe(true);
  });

  it('ends in time also when an async iterable gives nothing more', async () => {
    const { client, clock } = scene();
    async function* stuck(): AsyncGenerator<TransportRequest> {
      yield to('1');
      await new Promise(() => {});
    }
    const results = client.batch(stuck(), { totalMs: 25 });
    await clock.advance(25);

    expect(statuses(await results)).toEqual(['fulfilled']);
  });

  it('rejects with what the items throw', async () => {
    const { client } = scene(() => ({}));
    const mistake = new Error('cannot read line 2');
    function* items(): Generator<TransportRequest> {
      yield to('0');
      throw mistake;
    }

    await expect(client.batch(items())).rejects.toBe(mistake);
    expect(client.inFlight()).toEqual([]);
  });

  it('lists everything that is wrong with its options', async () => {
    const { client } = scene(() => ({}));
    const wrong = { concurrency: 0, onErorr: 'throw', totalMs: 'long' } as never;

    const error: unknown = await client.batch([], wrong).catch((failure: unknown) => failure);

    expect(error).toBeInstanceOf(ConfigurationError);
    expect((error as ConfigurationError).issues).toHaveLength(3);
  });
});

async function* chunks(...parts: string[]): AsyncGenerator<string> {
  yield* parts;
}
