import {
  ConnectionResetError,
  type Dialect,
  type MemoryHandler,
  type Middleware,
  ServerError,
  type UsageMeter,
  withMeter,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { get, scene } from '../client/client-scene.ts';
import { numbered } from '../stream/numbered-dialect.ts';
import { resumeScene, settled } from '../stream/resume-scene.ts';
import { words } from '../stream/word-dialect.ts';

const sse = { 'content-type': 'text/event-stream' };

/** Words of which each one counts as it comes; `fin` tells why they end. */
const counted: Dialect<string, readonly string[], string> = {
  ...words,
  read(head) {
    const reader = words.read(head);
    const { partial } = reader;
    return {
      partial,
      get usage() {
        return partial.length === 0 ? undefined : { outputTokens: partial.length };
      },
      get finishReason() {
        return partial.includes('fin') ? 'stop' : undefined;
      },
      read: (word) => reader.read(word),
    };
  },
};

type Told = readonly [name: string, told?: unknown, isFinal?: boolean];

/** A client that meters every answer, and what the meter was told. */
function metered(handler: MemoryHandler, more: readonly Middleware[] = []) {
  const told: Told[] = [];
  const meter: UsageMeter = {
    used: (usage, isFinal) => told.push(['used', usage, isFinal]),
    decoded: (answer) => told.push(['decoded', answer]),
    failed: (error) => told.push(['failed', error]),
  };
  const layer: Middleware = (next) => async (request, context) =>
    withMeter(await next(request, context), meter);
  const { client } = scene(handler, { middleware: [...more, layer], retry: false });
  return { client, told, meter };
}

async function* bytes(...texts: readonly (string | Error)[]): AsyncGenerator<string> {
  for (const text of texts) {
    if (text instanceof Error) throw text;
    yield text;
  }
}

describe('a meter of an answer', () => {
  it('is told the value that was decoded', async () => {
    const { client, told } = metered(() => ({ body: { usage: 3 } }));

    await (await client.request(get)).json();

    expect(told).toEqual([['decoded', { usage: 3 }]]);
  });

  it('is told by who finds out by itself', async () => {
    const { client, told } = metered(() => ({ body: 'words' }));

    (await client.request(get)).meter?.used({ outputTokens: 3 }, true);

    expect(told).toEqual([['used', { outputTokens: 3 }, true]]);
  });

  it.each([
    ['complete', ['a fin '], true],
    ['cut off', ['a b '], false],
    ['cut off behind its last word', ['a fin more '], true],
    ['broken', ['a b ', new ConnectionResetError('x')], false],
  ])('is told what a stream used that is %s', async (_how, texts, isFinal) => {
    const { client, told } = metered(() => ({ headers: sse, body: bytes(...texts) }));
    const stream = await client.stream(get, { dialect: counted });

    await stream.result().catch(() => {});

    const { usage } = await stream.outcome;
    expect(told).toEqual([['used', usage, isFinal]]);
  });

  it('is told what a stream used until it was left', async () => {
    const { client, told } = metered(() => ({ headers: sse, body: bytes('a ', 'b ', 'c fin ') }));

    for await (const word of client.stream(get, { dialect: counted })) if (word === 'b') break;

    expect(told).toEqual([['used', { outputTokens: 2 }, false]]);
  });

  it('is told what a stream failed with that used nothing', async () => {
    const { client, told } = metered(() => ({ headers: sse, body: bytes('bad ') }));

    await client
      .stream(get, { dialect: counted })
      .result()
      .catch(() => {});

    expect(told).toEqual([['failed', expect.any(ServerError)]]);
  });

  it('is told of an answer that is read as a stream later', async () => {
    const { client, told } = metered(() => ({ headers: sse, body: bytes('a fin ') }));

    await (await client.request(get)).stream({ dialect: counted }).result();

    expect(told).toEqual([['used', { outputTokens: 2 }, true]]);
  });

  it('is told beside those of other layers', async () => {
    const others: Told[] = [];
    const outer: Middleware = (next) => async (request, context) =>
      withMeter(await next(request, context), {
        used: (usage) => others.push(['used', usage]),
        decoded: (answer) => others.push(['decoded', answer]),
        failed: (error) => others.push(['failed', error]),
      });
    const answers = [bytes('a fin '), bytes('bad ')];
    const { client, told } = metered(
      ({ target }) => (target === '/' ? { headers: sse, body: answers.shift() } : { body: 1 }),
      [outer],
    );

    await client.stream(get, { dialect: counted }).result();
    await (await client.request({ ...get, target: '/json' })).json();
    await client
      .stream(get, { dialect: counted })
      .result()
      .catch(() => {});

    const names = ['used', 'decoded', 'failed'];
    expect(told.map(([name]) => name)).toEqual(names);
    expect(others.map(([name]) => name)).toEqual(names);
  });

  it('is told all of a stream that was taken up when it is that of the first answer', async () => {
    const told: number[] = [];
    let answers = 0;
    const layer: Middleware = (next) => async (request, context) => {
      const answer = (answers += 1);
      const used = (): number => told.push(answer);
      return withMeter(await next(request, context), { used, decoded: used, failed: used });
    };
    const { stream, clock } = resumeScene([['1:a '], ['2:b '], ['3:c END ']], {
      middleware: [layer],
    });
    const dialect = numbered();
    const opened = await stream({
      dialect: {
        ...dialect,
        read: (head) => Object.assign(dialect.read(head), { usage: { outputTokens: 3 } }),
      },
    });

    await settled(opened.result(), clock);

    expect(answers).toBe(3);
    expect(told).toEqual([1]);
  });
});
