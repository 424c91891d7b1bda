import { Deadline, ManualClock } from '@linkspan/concurrency';
import {
  createClient,
  type MemoryHandler,
  memoryTransport,
  openChannel,
  type TransportRequest,
} from '@linkspan/core';
import {
  type Cassette,
  fault,
  recordingTransport,
  type ReplayOptions,
  replayTransport,
  testClock,
} from '@linkspan/testkit';
import { describe, expect, it } from 'vitest';
import { contextOf, rejection, textOf } from '../transport-call.ts';
import { get, post, record, replayed } from './recorded.ts';

describe('replayTransport()', () => {
  it('answers as was recorded: status, headers, chunk by chunk', async () => {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('one ');
      yield Uint8Array.of(0xff);
      yield Buffer.from(' two');
    }
    const answer = { status: 203, headers: { etag: '"1"' }, body: chunks() };
    const cassette = await record(() => answer, [get()]);
    const response = await replayTransport(cassette).send(get(), contextOf());

    expect(response).toMatchObject({ status: 203, headers: { etag: '"1"' } });
    expect((await response.body.collect()).map((chunk) => Buffer.from(chunk))).toEqual([
      Buffer.from('one '),
      Buffer.of(0xff),
      Buffer.from(' two'),
    ]);
  });

  it('presents itself as what was recorded, and has no status where there was none', async () => {
    const capabilities = { duplex: false, status: false };
    const cassette = await record(() => ({ body: 'x' }), [get()], { name: 'feed', capabilities });
    const replay = replayTransport(cassette);

    expect(replay).toMatchObject({ name: 'feed', capabilities });
    expect(await replay.send(get(), contextOf())).not.toHaveProperty('status');
  });

  it('plays requests that are the same in the order of their answers, each once', async () => {
    const bodies = ['first', 'second', 'third'];
    const cassette = await record(() => ({ body: bodies.shift() }), [get(), get('/b'), get()]);
    const replay = replayTransport(cassette);
    const read = async (target?: string) =>
      await textOf(await replay.send(get(target), contextOf()));

    expect(replay.left.map(({ target }) => target)).toEqual(['/', '/b', '/']);
    expect([await read(), await read(), await read('/b')]).toEqual(['first', 'third', 'second']);
    expect(replay.left).toEqual([]);
    expect(await rejection(replay.send(get(), contextOf()))).toMatchObject({
      code: 'unexpected_request',
      message: expect.stringContaining('it was played already') as string,
    });
  });

  it('gives calls that are made at the same time each its own answer', async () => {
    const targets = Array.from({ length: 50 }, (_, index) => `/${index % 25}`);
    let count = 0;
    const cassette = await record(
      ({ target }) => ({ body: `${target}: ${(count += 1)}` }),
      targets.map((target) => get(target)),
    );
    const replay = replayTransport(cassette);
    const texts = await Promise.all(
      targets.toReversed().map(async (target) => {
        const text = await textOf(await replay.send(get(target), contextOf()));
        return { target, text };
      }),
    );

    expect(texts.every(({ target, text }) => text.startsWith(`${target}: `))).toBe(true);
    expect(new Set(texts.map(({ text }) => text)).size).toBe(50);
  });

  it('takes JSON for the same whatever the order of its members', async () => {
    const cassette = await record(() => ({ body: 'x' }), [post({ model: 'm', messages: [1] })]);

    expect(await replayed(cassette, post({ messages: [1], model: 'm' }))).toBe('x');
  });

  it('tells the nearest request, and how it differs, for one that was not recorded', async () => {
    const said = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] };
    const cassette = await record(() => ({}), [get('/users/1'), post(said)]);
    const other = { ...said, messages: [{ role: 'user', content: 'Goodbye' }] };
    const error = await rejection(replayTransport(cassette).send(post(other), contextOf()));

    expect(error).toMatchObject({
      kind: 'transport',
      code: 'unexpected_request',
      sent: 'no',
      retryable: 'no',
      message:
        'Cannot replay POST /chat: it was not recorded, or not so often; the nearest is exchange 2 ' +
        '(POST /chat): payload.messages[0].content: recorded "Hello", asked "Goodbye"',
    });
    await expect(replayed(cassette, get('/users/2'))).rejects.toThrow(
      /exchange 1 \(GET \/users\/1\): its target: recorded "\/users\/1", asked "\/users\/2"/,
    );
    await expect(replayed({ ...cassette, exchanges: [] }, get())).rejects.toThrow(
      /nothing was recorded/,
    );
  });

  it('matches by a rule of its own', async () => {
    const cassette = await record(() => ({ body: 'x' }), [post({ time: 1 })]);
    const byTarget: ReplayOptions = { match: (asked, { target }) => asked.target === target };

    await expect(replayed(cassette, post({ time: 2 }))).rejects.toThrow(/payload.time/);
    expect(await replayed(cassette, post({ time: 2 }), byTarget)).toBe('x');
  });

  it('finds a request whose secrets are others than those of the recording', async () => {
    const cassette = await record(() => ({ body: 'x' }), [get('/a?key=of-the-recording&page=1')]);

    expect(await replayed(cassette, get('/a?key=another&page=1'))).toBe('x');
    await expect(replayed(cassette, get('/a?key=another&page=2'))).rejects.toThrow(/its target/);
  });

  it('lets the recorded times pass, where it is asked to, on the clock of the call', async () => {
    const recordingClock = new ManualClock();
    const transport = recordingTransport(memoryTransport(fault.trickle(['a', 'b'], 30)), {
      timing: true,
    });
    const recording = transport
      .send(get(), contextOf({ deadline: Deadline.never(recordingClock) }))
      .then(textOf);
    await recordingClock.advance(60);
    await recording;

    const clock = testClock();
    const context = contextOf({ deadline: Deadline.never(clock) });
    const replay = replayTransport(transport.cassette(), { timing: true });
    expect(await clock.runUntil(replay.send(get(), context).then(textOf))).toBe('ab');
    expect(clock.now()).toBe(60);
    expect(await replayed(transport.cassette(), get())).toBe('ab');
  });

  it('reads an upload to its end, and matches what it said', async () => {
    const upload = (text: string): TransportRequest => ({
      operation: 'PUT',
      target: '/file',
      payload: {
        kind: 'factory',
        open: async function* () {
          yield Buffer.from(text.slice(0, 2));
          yield Buffer.from(text.slice(2));
        },
      },
    });
    const handler: MemoryHandler = async ({ payload }) => {
      if (payload?.kind !== 'factory') return {};
      const said = await Array.fromAsync(await payload.open());
      return { body: `stored ${said.length} chunks` };
    };
    const cassette = await record(handler, [upload('hello')]);

    expect(await replayed(cassette, upload('hello'))).toBe('stored 2 chunks');
    await expect(replayed(cassette, upload('other'))).rejects.toThrow(/its payload/);
    const broken: TransportRequest = {
      ...upload(''),
      payload: { kind: 'factory', open: () => Promise.reject(new Error('no such file')) },
    };
    await expect(replayed(cassette, broken)).rejects.toMatchObject({
      cause: { message: 'no such file' },
    });
  });

  it('plays the answers of a conversation while it takes what is said', async () => {
    const handler: MemoryHandler = ({ payload }) => ({
      body: (async function* () {
        if (payload?.kind !== 'stream') return;
        for await (const chunk of payload.stream) yield `echo ${String(chunk)}`;
      })(),
    });
    const transport = recordingTransport(memoryTransport(handler));
    const talk = async (over: typeof transport | ReturnType<typeof replayTransport>) => {
      const client = createClient({ transport: over });
      const channel = await openChannel(client, { operation: 'open', target: '/talk' });
      const heard: string[] = [];
      await channel.send('one');
      await channel.send('two');
      for await (const message of channel) {
        heard.push(Buffer.from(message).toString());
        if (heard.length === 2) break;
      }
      await channel.close();
      return heard;
    };
    const recorded = await talk(transport);

    expect(await talk(replayTransport(transport.cassette()))).toEqual(recorded);
  });

  it('leaves what is still to be said when the answer is left, or over, or nobody waits for it', async () => {
    const left: string[] = [];
    const talk = (name: string): TransportRequest => ({
      ...get('/talk'),
      payload: {
        kind: 'stream',
        stream: {
          [Symbol.asyncIterator]: () => ({
            next: () => new Promise<never>(() => {}),
            return: async () => {
              left.push(name);
              return { done: true, value: undefined };
            },
          }),
        },
      },
    });
    const recording = recordingTransport(memoryTransport(fault.stall(['begun'])));
    const recorded = await recording.send(talk('recorded'), contextOf());
    await recorded.body.cancel();
    const controller = new AbortController();
    const { exchanges, ...cassette } = recording.cassette();
    const { request } = exchanges[0]!;
    const unanswered = { request, result: { kind: 'unanswered' } } as const;
    const result = { kind: 'answer', headers: {}, chunks: [], end: { how: 'complete' } } as const;
    const all = [...exchanges, unanswered, { request, result }];
    const replay = replayTransport({ ...cassette, exchanges: all });

    const { body } = await replay.send(talk('first'), contextOf());
    const second = rejection(replay.send(talk('second'), contextOf({ signal: controller.signal })));
    await body.cancel();
    await expect.poll(() => left).toEqual(['first']);
    controller.abort('enough');

    expect(await second).toBe('enough');
    await expect.poll(() => left).toEqual(['first', 'second']);
    await textOf(await replay.send(talk('third'), contextOf()));
    await expect.poll(() => left).toEqual(['first', 'second', 'third']);
  });

  it('fails with what is wrong with a cassette, all of it', () => {
    const broken = {
      format: 'linkspan-cassette',
      version: 2,
      transport: { name: 'x', capabilities: {} },
      exchanges: [{ request: { operation: 'GET' }, result: { kind: 'failure', error: {} } }],
    } as unknown as Cassette;

    expect(() => replayTransport(broken)).toThrow(
      /version: expected 1, found 2.*capabilities\.upload.*\[0\]\.request\.target.*error\.class/,
    );
    expect(() => replayTransport(undefined as never)).toThrow(/format: expected/);
    expect(() => replayTransport(broken, { match: 'all' as never })).toThrow(/match: .*a function/);
  });
});
