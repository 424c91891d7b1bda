import { Deadline, ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import {
  type CallContext,
  type CallOptions,
  ClosedError,
  ConfigurationError,
  ConnectionRefusedError,
  createClient,
  isCancelled,
  type MemoryHandler,
  memoryTransport,
  type Middleware,
  NotFoundError,
  TimeoutError,
  type Transport,
  TransportError,
  type TransportRequest,
} from '@linkspan/core';
import { EndlessBody, SilentBody } from '../endless-body.ts';
import { words } from '../stream/word-dialect.ts';

const get: TransportRequest = { operation: 'GET', target: '/' };
const never: MemoryHandler = () => new Promise(() => {});

/** A client on a clock moved by hand, and what its transport was told. */
function scene(handler: MemoryHandler, options: object = {}) {
  const clock = new ManualClock();
  const sent: { readonly request: TransportRequest; readonly context: CallContext }[] = [];
  const transport = memoryTransport((request, call) => {
    sent.push({ request, context: call.context });
    return handler(request, call);
  });
  const client = createClient({ transport, clock, env: {}, ...options });
  return { client, clock, sent, transport };
}

describe('client.request()', () => {
  it('P7 P8 N1 sends a request and gives its answer', async () => {
    const { client, sent } = scene(() => ({
      status: 201,
      headers: { 'x-a': '1' },
      body: { a: 1 },
    }));

    const response = await client.request({
      operation: 'POST',
      target: '/things',
      payload: { kind: 'value', value: { b: 2 } },
    });

    expect(response.status).toBe(201);
    expect(response.headers).toEqual({ 'content-type': 'application/json', 'x-a': '1' });
    expect(await response.json()).toEqual({ a: 1 });
    expect(sent[0]?.request.payload).toEqual({ kind: 'value', value: { b: 2 } });
  });

  it('U10 U11 gives each of many calls at the same time its own answer', async () => {
    const { client } = scene(async ({ target }) => {
      for (let turns = Number(target) % 7; turns > 0; turns -= 1) await Promise.resolve();
      return { body: { target } };
    });
    const targets = Array.from({ length: 100 }, (_, index) => String(index));

    const answers = await Promise.all(
      targets.map(async (target) => {
        const response = await client.request({ operation: 'GET', target });
        return await response.json();
      }),
    );

    expect(answers).toEqual(targets.map((target) => ({ target })));
  });

  it('U12 sends one call once', async () => {
    const { client, sent } = scene(() => ({ body: 'x' }));
    await (await client.request(get)).text();
    expect(sent).toHaveLength(1);
  });

  it('C9 sends default headers; those of the request win, and those of the call win over both', async () => {
    const { client, sent } = scene(() => ({}), {
      headers: { 'X-A': 'client', 'x-b': 'client', 'x-c': 'client' },
    });

    await client.request(
      { ...get, headers: { 'x-b': 'request', 'x-c': 'request' } },
      { headers: { 'X-C': 'call' } },
    );

    expect(sent[0]?.request.headers).toEqual({ 'x-a': 'client', 'x-b': 'request', 'x-c': 'call' });
  });

  it('P9 throws a StatusError for a status of 400 and above', async () => {
    const { client } = scene(() => ({
      status: 404,
      headers: { 'x-request-id': 'r1' },
      body: 'gone',
    }));

    const error: unknown = await client.request(get).catch((failure: unknown) => failure);

    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ status: 404, requestId: 'r1', attempts: 1, transport: 'memory' });
  });

  it('takes any status as an answer that acceptStatus takes', async () => {
    const { client } = scene(() => ({ status: 404 }));
    const response = await client.request(get, { acceptStatus: (status) => status === 404 });
    expect(response.status).toBe(404);
  });

  it('turns what a transport of its own kind prepares', async () => {
    const base = memoryTransport(({ target }) => ({ body: target }));
    const transport: Transport<Uint8Array, { word: string }> = Object.assign(
      Object.create(base) as Transport,
      {
        capabilities: base.capabilities,
        name: 'words',
        send: base.send,
        connect: () => base.connect(),
        close: () => base.close(),
        prepare: ({ word }: { word: string }) => ({ operation: 'SAY', target: word }),
      },
    );
    const client = createClient({ transport });

    expect(await (await client.request({ word: 'hi' })).text()).toBe('hi');
    expect(await (await client.request(get)).text()).toBe('/');
  });

  it('tells how many attempts the answer took', async () => {
    const { client, clock } = scene((_request, { context: { attempt } }) => {
      if (attempt < 3) throw new ConnectionRefusedError('Cannot connect');
      return {};
    });

    const answer = client.request(get);
    await clock.advance(20_000);

    expect((await answer).attempts).toBe(3);
  });

  it('refuses options that do not exist, and lists all of them', async () => {
    const { client, sent } = scene(() => ({}));
    const options = { timeoutMs: 5, singal: null, attemptMs: -1 } as unknown as CallOptions;

    const error: unknown = await client.request(get, options).catch((failure: unknown) => failure);

    expect(error).toBeInstanceOf(ConfigurationError);
    const { issues } = error as ConfigurationError;
    expect(issues.map(({ option }) => option)).toEqual(
      expect.arrayContaining(['timeoutMs', 'singal', 'attemptMs']),
    );
    expect(String(error)).toContain("did you mean 'signal'");
    expect(sent).toEqual([]);
  });

  it('P10 takes other settings for trying again, beside those of the client', async () => {
    const fails: MemoryHandler = () => {
      throw new ConnectionRefusedError('Cannot connect');
    };
    const { client, clock, sent } = scene(fails, { retry: { baseDelayMs: 0, maxRetries: 1 } });
    const attemptsOf = async (call: () => Promise<unknown>): Promise<number> => {
      sent.length = 0;
      call().catch(() => {});
      await clock.advance(0);
      return sent.length;
    };

    expect(await attemptsOf(() => client.request(get))).toBe(2);
    expect(await attemptsOf(() => client.requestWithRetry(get, { maxRetries: 3 }))).toBe(4);
    expect(await attemptsOf(() => client.request(get, { retry: false }))).toBe(1);
  });
});

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

describe('a call aborted by its caller', () => {
  const reason = { why: 'the user left' };

  it('is not sent when the signal was aborted before', async () => {
    const { client, sent } = scene(() => ({}));

    await expect(client.request(get, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(sent).toEqual([]);
    expect(client.inFlight()).toEqual([]);
  });

  it.each<[phase: string, transport: (held: Held) => Partial<Transport>, retries?: boolean]>([
    ['connect', (held) => ({ connect: () => held.forever() })],
    ['headers', (held) => ({ send: () => held.forever() })],
  ])('rejects with signal.reason itself while it waits for %s', async (_phase, overrides) => {
    const held = new Held();
    const clock = new ManualClock();
    const base = memoryTransport(() => held.forever());
    const override = overrides(held);
    const transport: Transport = {
      name: 'held',
      capabilities: base.capabilities,
      connect: override.connect ?? (() => Promise.resolve()),
      send: base.send,
      close: () => base.close(),
      [Symbol.asyncDispose]: () => base.close(),
    };
    const client = createClient({ transport, clock });
    const controller = new AbortController();

    const answer = client.request(get, { signal: controller.signal });
    answer.catch(() => {});
    await clock.advance(0);
    expect(held.isReached).toBe(true);
    controller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    expect(isCancelled(reason, controller.signal)).toBe(true);
    expect(client.inFlight()).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects with signal.reason itself while it waits to try again', async () => {
    const { client, clock, sent } = scene(() => {
      throw new ConnectionRefusedError('Cannot connect');
    });
    const controller = new AbortController();
    const answer = client.request(get, { signal: controller.signal });
    answer.catch(() => {});
    await clock.advance(0);
    expect(client.inFlight()).toMatchObject([{ phase: 'backoff', attempt: 1 }]);

    controller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    expect(sent).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects with signal.reason itself in a middleware that waits for its signal', async () => {
    const waiting: Middleware = () => (_request, context) =>
      new Promise((_resolve, reject) => {
        context.signal?.addEventListener('abort', () => reject(context.signal?.reason));
      });
    const { client, sent } = scene(() => ({}), { middleware: [waiting] });
    const controller = new AbortController();
    const answer = client.request(get, { signal: controller.signal });
    answer.catch(() => {});

    controller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    expect(sent).toEqual([]);
  });

  it('rejects with signal.reason itself while the body of a refused status is read', async () => {
    const body = new SilentBody('no');
    const { client, clock } = scene(() => ({ status: 500, body }));
    const controller = new AbortController();
    const answer = client.request(get, { signal: controller.signal });
    answer.catch(() => {});
    await clock.advance(0);

    controller.abort(reason);

    await expect(answer).rejects.toBe(reason);
    expect(body.releases).toBe(1);
  });

  it.each(['read', 'not read'])('ends a body that is %s, and frees its wire', async (how) => {
    const body = new SilentBody('a');
    const { client } = scene(() => ({ body }));
    const controller = new AbortController();
    const response = await client.request(get, { signal: controller.signal });
    const reading = how === 'read' ? response.text() : undefined;
    reading?.catch(() => {});

    controller.abort(reason);

    await expect(reading ?? response.text()).rejects.toBe(reason);
    expect(body.releases).toBe(1);
    expect(client.inFlight()).toEqual([]);
  });

  it('is not touched by an abort after its end, and leaves no listener', async () => {
    const listeners = new ListenerCount();
    const { client } = scene(() => ({ body: 'done' }));
    const response = await client.request(get, { signal: listeners.signal });
    expect(await response.text()).toBe('done');

    expect(listeners.count).toBe(0);
    listeners.abort(reason);
    listeners.abort(reason);
    expect(response.status).toBe(200);
  });

  it('rejects once, with the first reason, when it is aborted twice', async () => {
    const { client, clock } = scene(never);
    const controller = new AbortController();
    const answer = client.request(get, { signal: controller.signal });
    answer.catch(() => {});
    await clock.advance(0);

    controller.abort(reason);
    controller.abort('again');

    await expect(answer).rejects.toBe(reason);
  });

  it('leaves no listener behind after any way to end', async () => {
    const handlers: MemoryHandler[] = [
      () => ({ body: 'x' }),
      () => ({ status: 404 }),
      () => {
        throw new TransportError('Cannot send');
      },
      async () => ({ body: new EndlessBody() }),
    ];
    const listeners = new ListenerCount();
    for (const handler of handlers) {
      const { client } = scene(handler);
      // oxlint-disable-next-line no-await-in-loop -- one case after another
      const response = await client
        .request(get, { signal: listeners.signal })
        .catch(() => undefined);
      // oxlint-disable-next-line no-await-in-loop -- as above
      await response?.cancel();
    }
    expect(listeners.added).toBeGreaterThan(0);
    expect(listeners.count).toBe(0);
  });
});

describe('client.connect()', () => {
  it('P21 connects once, for calls that come at the same time too', async () => {
    const connecting = new ConnectCount();
    const client = createClient({ transport: connecting.transport() });

    await Promise.all([client.request(get), client.request(get), client.connect()]);
    await client.request(get);

    expect(connecting.count).toBe(1);
  });

  it('P21 connects again after a connect that failed, as part of trying again', async () => {
    const connecting = new ConnectCount(1);
    const client = createClient({ transport: connecting.transport(), retry: { baseDelayMs: 0 } });

    const response = await client.request({ operation: 'POST', target: '/' });

    expect(response.attempts).toBe(2);
    expect(connecting.count).toBe(2);
  });

  it('does not let one caller who leaves end the connect of the others', async () => {
    const connecting = new ConnectCount();
    const client = createClient({ transport: connecting.transport() });
    const controller = new AbortController();
    const left = client.request(get, { signal: controller.signal });
    const stays = client.request(get);

    controller.abort('left');

    await expect(left).rejects.toBe('left');
    expect((await stays).status).toBe(200);
    expect(connecting.count).toBe(1);
  });

  it('is bounded by the clocks of the call', async () => {
    const clock = new ManualClock();
    const base = memoryTransport(() => ({}));
    const transport: Transport = {
      name: 'slow',
      capabilities: base.capabilities,
      connect: () => new Promise(() => {}),
      send: base.send,
      close: () => base.close(),
      [Symbol.asyncDispose]: () => base.close(),
    };
    const client = createClient({ transport, clock, retry: false });
    const answer = client.request(get, { attemptMs: 10 });
    answer.catch(() => {});
    await clock.advance(10);

    await expect(answer).rejects.toMatchObject({
      clock: 'attemptMs',
      phase: 'connect',
      sent: 'no',
    });
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

describe('client.stream()', () => {
  const stream = { headers: { 'content-type': 'text/event-stream' } };

  it('E6 can be iterated without being awaited', async () => {
    const { client, sent } = scene(() => ({ ...stream, body: 'one two END' }));
    const events: string[] = [];

    for await (const word of client.stream(get, { dialect: words })) events.push(word);

    expect(events).toEqual(['one', 'two']);
    expect(sent[0]?.request.headers).toEqual({ accept: 'text/event-stream' });
    expect(sent[0]?.context.streaming).toBe(true);
    expect(client.inFlight()).toEqual([]);
  });

  it('frees the wire when the reader leaves the loop early', async () => {
    const body = new SilentBody('one ', 'two ');
    const { client } = scene(() => ({ ...stream, body }));

    for await (const word of client.stream(get, { dialect: words })) {
      if (word === 'one') break;
    }

    expect(body.releases).toBe(1);
    expect(client.inFlight()).toEqual([]);
  });

  it('fails with the clock that ran out: firstEventMs of the call over that of the client', async () => {
    const { client, clock } = scene(() => ({ ...stream, body: new SilentBody() }), {
      firstEventMs: 9_000,
    });
    const reading = client.stream(get, { dialect: words, firstEventMs: 3_000 }).result();
    reading.catch(() => {});
    await clock.advance(3_000);

    await expect(reading).rejects.toMatchObject({ clock: 'firstEventMs', limitMs: 3_000 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('is tried again before its head, and counts the time from the start of the call', async () => {
    const { client, clock } = scene(
      (_request, { context: { attempt } }) => {
        if (attempt === 1) throw new ConnectionRefusedError('Cannot connect');
        return { ...stream, body: 'one END' };
      },
      { random: () => 1 },
    );
    const opening = client.stream(get, { dialect: words });
    opening.catch(() => {});
    await clock.advance(500);

    const opened = await opening;
    await opened.result();
    expect(await opened.outcome).toMatchObject({ status: 'complete', timeToFirstEventMs: 500 });
  });

  it('throws a StatusError when the answer is refused', async () => {
    const { client } = scene(() => ({ status: 404 }));
    await expect(client.stream(get, { dialect: words })).rejects.toBeInstanceOf(NotFoundError);
  });

  it('has a deadline where stream.totalMs or the call says so', async () => {
    const { client, clock } = scene(() => ({ ...stream, body: new SilentBody('one ') }), {
      stream: { totalMs: 700 },
    });
    const reading = client.stream(get, { dialect: words }).result();
    reading.catch(() => {});
    await clock.advance(700);

    await expect(reading).rejects.toMatchObject({ clock: 'totalMs', limitMs: 700 });
  });
});

describe('client.safe', () => {
  it('E5 gives the answer or the failure as a value', async () => {
    const { client } = scene(({ target }) => ({ status: target === '/' ? 200 : 404 }));

    const fine = await client.safe.request(get);
    const failed = await client.safe.request({ operation: 'GET', target: '/gone' });

    expect(fine.ok && fine.value.status).toBe(200);
    expect(!failed.ok && failed.error).toBeInstanceOf(NotFoundError);
  });

  it('gives the opening of a stream and a batch as values', async () => {
    const { client } = scene(() => ({ status: 404 }));

    expect(await client.safe.stream(get, { dialect: words })).toMatchObject({ ok: false });
    expect(await client.safe.requestWithRetry(get)).toMatchObject({ ok: false });
    expect(await client.safe.batch([get], { onError: 'throw' })).toMatchObject({ ok: false });
    expect(await client.safe.batch([get])).toMatchObject({
      ok: true,
      value: [{ status: 'rejected' }],
    });
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

/** A signal that counts who listens. */
class ListenerCount {
  added = 0;
  count = 0;
  readonly #controller = new AbortController();

  get signal(): AbortSignal {
    const { signal } = this.#controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      this.added += 1;
      this.count += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      this.count -= 1;
      remove(...args);
    };
    return signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }
}

/** A transport that counts its connects; the first ones fail. */
class ConnectCount {
  count = 0;
  readonly #failures: number;

  constructor(failures = 0) {
    this.#failures = failures;
  }

  transport(): Transport {
    const base = memoryTransport(() => ({}));
    return {
      name: 'counted',
      capabilities: base.capabilities,
      connect: async () => {
        this.count += 1;
        await Promise.resolve();
        if (this.count <= this.#failures) throw new ConnectionRefusedError('Cannot connect');
      },
      send: base.send,
      close: () => base.close(),
      [Symbol.asyncDispose]: () => base.close(),
    };
  }
}
