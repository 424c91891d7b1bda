import { Deadline } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import {
  type CallOptions,
  ClosedError,
  ConnectionRefusedError,
  createClient,
  TimeoutError,
} from '@linkspan/core';
import { EndlessBody, SilentBody } from '../endless-body.ts';
import { words } from '../stream/word-dialect.ts';
import { get, never, scene } from './client-scene.ts';

describe('the clocks of a call', () => {
  it('E9 fail it with the name of the clock, its limit and where it was', async () => {
    const { client, clock } = scene(never);
    const answer = client.request(get, { attemptMs: 1_000, retry: false });
    answer.catch(() => {});
    await clock.advance(1_000);

    await expect(answer).rejects.toMatchObject({
      constructor: TimeoutError,
      kind: 'timeout',
      clock: 'attemptMs',
      limitMs: 1_000,
      elapsedMs: 1_000,
      phase: 'headers',
      sent: 'maybe',
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('P35 end the whole call after totalMs, its retries included', async () => {
    const { client, clock, sent } = scene(never, { random: () => 0.5 });
    const answer = client.request(get, { attemptMs: 4_000, totalMs: 10_000 });
    answer.catch(() => {});
    await clock.advance(10_000);

    await expect(answer).rejects.toMatchObject({
      clock: 'totalMs',
      limitMs: 10_000,
      elapsedMs: 10_000,
      attempts: 3,
    });
    expect(sent).toHaveLength(3);
    expect(clock.pendingTimers).toBe(0);
  });

  it('tell the limit as it was set, whatever the clock shows', async () => {
    const { client, clock } = scene(never);
    await clock.advance(123.456); // 123.456 + 20 - 123.456 is 20.000000000000014
    const answer = client.request(get, { totalMs: 20 });
    answer.catch(() => {});
    await clock.advance(21);

    await expect(answer).rejects.toMatchObject({ clock: 'totalMs', limitMs: 20 });
  });

  it('take 60 s for a call and no limit for a stream, unless told', async () => {
    const { client, clock, sent } = scene(never);
    client.request(get).catch(() => {});
    const stream = client.stream(get, { dialect: words });
    stream.catch(() => {});
    await clock.advance(0);

    expect(sent.map(({ context }) => context.deadline.remainingMs)).toEqual([60_000, Infinity]);
    await client.close();
  });

  it('P35 hold the earliest of the enclosing deadlines', async () => {
    const { client, clock, sent } = scene(never);
    const outer = Deadline.after(500, clock);
    const remaining = async (options: CallOptions): Promise<number | undefined> => {
      sent.length = 0;
      client.request(get, options).catch(() => {});
      await clock.advance(0);
      return sent[0]?.context.deadline.remainingMs;
    };

    expect(await remaining({ deadline: outer, totalMs: 900 })).toBe(500);
    expect(await remaining({ deadline: outer, totalMs: 300 })).toBe(300);
    expect(await remaining({ timeout: 200 })).toBe(200);
    await client.close();
  });

  it('fail without sending when the deadline has passed', async () => {
    const { client, clock, sent } = scene(() => ({}));

    await expect(
      client.request(get, { deadline: Deadline.after(-1, clock) }),
    ).rejects.toMatchObject({ clock: 'totalMs', sent: 'no' });
    expect(sent).toEqual([]);
  });

  it('end the body at the deadline, also when nobody reads it, and free its wire', async () => {
    const body = new SilentBody();
    const { client, clock } = scene(() => ({ body }));
    const response = await client.request(get, { totalMs: 100 });
    await clock.advance(100);

    expect(body.releases).toBe(1);
    expect(client.inFlight()).toEqual([]);
    await expect(response.text()).rejects.toMatchObject({
      clock: 'totalMs',
      phase: 'body',
      sent: 'yes',
    });
  });

  it('E18 fail a body that is silent for idleMs while somebody waits', async () => {
    const { client, clock } = scene(() => ({ body: new SilentBody('a') }));
    const response = await client.request(get, { idleMs: 10_000 });
    await clock.advance(20_000);
    const text = response.text();
    text.catch(() => {});
    await clock.advance(9_999);
    expect(client.inFlight()).toHaveLength(1);
    await clock.advance(1);

    await expect(text).rejects.toMatchObject({ clock: 'idleMs', limitMs: 10_000, phase: 'body' });
    expect(client.inFlight()).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('client.close()', () => {
  it('P19 E10 refuses new calls, and is idempotent', async () => {
    const { client, sent } = scene(() => ({}));

    expect(client.close()).toBe(client.close());
    await client.close();

    await expect(client.request(get)).rejects.toBeInstanceOf(ClosedError);
    await expect(client.connect()).rejects.toBeInstanceOf(ClosedError);
    expect(sent).toEqual([]);
  });

  it('P19 lets calls in flight finish within drainMs', async () => {
    const held = new Held();
    const { client, clock } = scene(() => held.until());
    const answer = client.request(get);
    await clock.advance(0);

    const closing = client.close({ drainMs: 1_000 });
    await clock.advance(999);
    held.release({ body: 'made it' });

    expect(await (await answer).text()).toBe('made it');
    await closing;
    expect(clock.pendingTimers).toBe(0);
  });

  it('P19 fails calls in flight with ClosedError when drainMs is over', async () => {
    const { client, clock } = scene(never);
    const answer = client.request(get);
    answer.catch(() => {});
    await clock.advance(0);

    const closing = client.close({ drainMs: 1_000 });
    await clock.advance(1_000);

    await closing;
    await expect(answer).rejects.toBeInstanceOf(ClosedError);
    expect(client.inFlight()).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([true, false])(
    'ends a call that waits to try again (ownTransport: %s)',
    async (ownTransport) => {
      const { client, clock } = scene(
        () => {
          throw new ConnectionRefusedError('Cannot connect');
        },
        { ownTransport },
      );
      const answer = client.request(get);
      answer.catch(() => {});
      await clock.advance(0);
      expect(client.inFlight()).toMatchObject([{ phase: 'backoff' }]);

      await client.close();

      await expect(answer).rejects.toBeInstanceOf(ClosedError);
      expect(clock.pendingTimers).toBe(0);
    },
  );

  it.each([true, false])(
    'ends a body that is being read (ownTransport: %s)',
    async (ownTransport) => {
      const body = new SilentBody('a');
      const { client } = scene(() => ({ body }), { ownTransport });
      const text = (await client.request(get)).text();
      text.catch(() => {});

      await client.close();

      await expect(text).rejects.toBeInstanceOf(ClosedError);
      expect(body.releases).toBe(1);
    },
  );

  it('P2 U2 leaves a transport that it was given open', async () => {
    const { client, transport } = scene(() => ({ body: 'x' }));
    await client.close();

    const other = createClient({ transport });
    expect(await (await other.request(get)).text()).toBe('x');
  });

  it('P2 closes a transport that is its own', async () => {
    const { client, transport } = scene(() => ({}), { ownTransport: true });
    await client.close();

    await expect(createClient({ transport }).request(get)).rejects.toBeInstanceOf(ClosedError);
  });

  it('P20 R4 closes at the end of an await using block', async () => {
    const { client: outer } = scene(() => ({}));
    {
      await using client = outer;
      await client.request(get);
    }
    await expect(outer.request(get)).rejects.toBeInstanceOf(ClosedError);
  });
});

describe('client.inFlight()', () => {
  it('E31 lists a call until its body has ended, without what is secret in its target', async () => {
    const { client, clock } = scene(() => ({ body: new EndlessBody() }));
    const response = await client.request({ operation: 'GET', target: '/a?key=secret' });
    await clock.advance(250);

    expect(client.inFlight()).toEqual([
      {
        id: 1,
        operation: 'GET',
        target: '/a?key=[redacted]',
        attempt: 1,
        phase: 'body',
        ageMs: 250,
        streaming: false,
      },
    ]);
    await response.cancel();
    expect(client.inFlight()).toEqual([]);
  });

  it('E31 shows where each call is', async () => {
    const { client, clock } = scene(never);
    client.request(get).catch(() => {});
    client.stream(get, { dialect: words }).catch(() => {});
    await clock.advance(0);

    expect(client.inFlight()).toMatchObject([
      { id: 1, phase: 'headers', streaming: false },
      { id: 2, phase: 'headers', streaming: true },
    ]);
    await client.close();
  });
});

/** Something that is reached and does not go on until it is told to. */
class Held {
  isReached = false;
  readonly #released = Promise.withResolvers<never>();

  forever(): Promise<never> {
    this.isReached = true;
    return new Promise(() => {});
  }

  until(): Promise<never> {
    this.isReached = true;
    return this.#released.promise;
  }

  release(value: unknown): void {
    this.#released.resolve(value as never);
  }
}
