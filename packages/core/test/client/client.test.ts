import { describe, expect, it } from 'vitest';
import {
  type CallOptions,
  ConfigurationError,
  ConnectionRefusedError,
  createClient,
  type MemoryHandler,
  memoryTransport,
  NotFoundError,
  type Transport,
} from '@linkspan/core';
import { SilentBody } from '../endless-body.ts';
import { words } from '../stream/word-dialect.ts';
import { get, scene } from './client-scene.ts';

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
