import {
  ClosedError,
  ConnectionResetError,
  LinkspanError,
  type Outcome,
  ProtocolError,
  ServerError,
  StreamIncompleteError,
  TransportError,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { openWords, readAll } from './open-words.ts';
import { words } from './word-dialect.ts';

describe('EventStream', () => {
  it('gives the events, and is complete at the terminator', async () => {
    const { stream, feed } = openWords();
    feed.push('a b ');
    feed.push('c END ');

    expect(await readAll(stream)).toEqual({ events: ['a', 'b', 'c'], error: undefined });

    expect(await stream.outcome).toEqual({
      status: 'complete',
      terminator: 'END',
      finishReason: 'stop',
      usage: { outputTokens: 3 },
      lastEventId: '7',
      events: 3,
      timeToFirstEventMs: 0,
    } satisfies Outcome);
  });

  it('is complete where the bytes may end, and names what ended it', async () => {
    const { stream, feed } = openWords();
    feed.push('a fin b ');
    feed.end();

    expect((await readAll(stream)).events).toEqual(['a', 'fin', 'b']);
    expect(await stream.outcome).toMatchObject({ status: 'complete', terminator: 'fin' });
  });

  it('is incomplete where the bytes might have ended, and then something new began', async () => {
    const { stream, feed } = openWords();
    feed.push('a fin more b ');
    feed.end();

    const { events, error } = await readAll(stream);

    expect(events).toEqual(['a', 'fin', 'more', 'b']);
    expect(error).toBeInstanceOf(StreamIncompleteError);
  });

  it.each([
    ['its terminator', 'a sorry b END ', ['a', 'sorry', 'b']],
    ['the end of its bytes', 'a sorry b ', ['a', 'sorry', 'b']],
    ['the place where it may end', 'a sorry fin ', ['a', 'sorry', 'fin']],
    ['the end of its bytes, though something new began', 'sorry more ', ['sorry', 'more']],
    ['another error', 'sorry bad ', ['sorry']],
    ['bytes that cannot be decoded', 'sorry ! ', ['sorry']],
  ])('fails with what was reported before %s, after what followed', async (_, text, expected) => {
    const { stream, feed } = openWords();
    feed.push(text);
    feed.end();

    const { events, error } = await readAll(stream);

    expect(events).toEqual(expected);
    expect(error).toMatchObject({ name: 'ServerError', message: 'Cannot answer' });
    expect(await stream.outcome).toMatchObject({ status: 'failed', error });
  });

  it('is complete at the end of the bytes in a dialect without terminator', async () => {
    const { stream, feed } = openWords({ dialect: { ...words, endsAtEof: true } });
    feed.push('a b');
    feed.end();

    expect((await readAll(stream)).events).toEqual(['a', 'b']);
    expect(await stream.outcome).toMatchObject({ status: 'complete', terminator: 'eof' });
  });

  it('is incomplete when the bytes end before the terminator, after what came', async () => {
    const { stream, feed } = openWords();
    feed.push('a b ');
    feed.end();

    const { events, error } = await readAll(stream);

    expect(events).toEqual(['a', 'b']);
    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect(await stream.outcome).toMatchObject({ status: 'incomplete', events: 2, error });
    expect(stream.partial).toEqual(['a', 'b']);
  });

  it('fails with the error in the stream, after what came, and frees the wire', async () => {
    const { stream, feed } = openWords();
    feed.push('a bad b END ');

    const { events, error } = await readAll(stream);

    expect(events).toEqual(['a']);
    expect(error).toBeInstanceOf(ServerError);
    expect(await stream.outcome).toMatchObject({ status: 'failed', error });
    expect(feed.isFree).toBe(true);
  });

  it('fails with the failure of the wire, after what came', async () => {
    const { stream, feed } = openWords();
    const reset = new ConnectionResetError('Cannot read the body: the peer broke off');
    feed.push('a fin ');
    feed.fail(reset);

    expect(await readAll(stream)).toEqual({ events: ['a', 'fin'], error: reset });
    expect(await stream.outcome).toMatchObject({ status: 'failed', error: reset });
  });

  it('fails with what cannot be decoded, after what came in the same chunk', async () => {
    const { stream, feed } = openWords();
    feed.push('a ! b ');

    const { events, error } = await readAll(stream);

    expect(events).toEqual(['a']);
    expect(error).toMatchObject({ message: 'Cannot decode the words: found !' });
  });

  it('turns a mistake of the dialect into a failure of the stream', async () => {
    const { stream, feed } = openWords();
    feed.push('a throw ');

    const { events, error } = await readAll(stream);

    expect(events).toEqual(['a']);
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ code: 'dialect' });
  });

  it('turns what a foreign body throws into a failure', async () => {
    const { stream, feed } = openWords();
    feed.fail(new TypeError('terminated'));

    expect((await readAll(stream)).error).toBeInstanceOf(TransportError);
  });

  it.each([
    ['the bytes end at once', ''],
    ['only the terminator comes', 'END '],
    ['nothing that is an event comes', '. . END '],
  ])('is incomplete when %s', async (_, text) => {
    const { stream, feed } = openWords();
    feed.push(text);
    feed.end();

    const { error } = await readAll(stream);

    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect(await stream.outcome).toMatchObject({ status: 'incomplete', events: 0 });
  });

  it('may be empty where the dialect allows it', async () => {
    const { stream, feed } = openWords({ dialect: { ...words, allowEmpty: true } });
    feed.push('END ');

    expect(await readAll(stream)).toEqual({ events: [], error: undefined });
  });

  it('reads nothing that nobody waits for', async () => {
    const { stream, feed } = openWords();
    feed.push('a b ');
    feed.push('c END ');
    const events = stream[Symbol.asyncIterator]();
    expect(feed.reads).toBe(0);

    await events.next();
    await events.next();
    expect(feed.reads).toBe(1);
    expect(stream.partial).toEqual(['a', 'b']);

    expect(await events.next()).toEqual({ done: false, value: 'c' });
    expect(feed.reads).toBe(2);
  });

  it('serves calls that overlap in their order', async () => {
    const { stream, feed } = openWords();
    const events = stream[Symbol.asyncIterator]();

    const reads = [events.next(), events.next(), events.next(), events.next()];
    feed.push('a b ');
    feed.push('c END ');

    expect((await Promise.all(reads)).map(({ value }) => value)).toEqual([
      'a',
      'b',
      'c',
      undefined,
    ]);
  });

  it('throws its failure at whoever reads it again', async () => {
    const { stream, feed } = openWords();
    feed.push('a ');
    feed.end();
    const { error } = await readAll(stream);

    expect((await readAll(stream)).error).toBe(error);
    await expect(stream.result()).rejects.toBe(error);
  });
});

describe('EventStream.result()', () => {
  it('reads what is left', async () => {
    const { stream, feed } = openWords();
    feed.push('a b c END ');
    await stream[Symbol.asyncIterator]().next();

    expect(await stream.result()).toEqual(['a', 'b', 'c']);
    expect(await stream.result()).toEqual(['a', 'b', 'c']);
  });

  it('rejects when the stream was left', async () => {
    const { stream } = openWords();
    await stream.cancel();

    await expect(stream.result()).rejects.toThrow(ClosedError);
  });
});

describe('EventStream.events()', () => {
  it('E12 gives each event as a chunk', async () => {
    const { stream, feed } = openWords();
    feed.push('a b END ');

    const messages = [];
    for await (const message of stream.events()) messages.push(message);

    expect(messages.slice(0, 2)).toEqual([
      { type: 'chunk', chunk: 'a' },
      { type: 'chunk', chunk: 'b' },
    ]);
  });

  it('E13 gives the end once, with the outcome, only after the terminator', async () => {
    const { stream, feed } = openWords();
    feed.push('a END ');

    const messages = [];
    for await (const message of stream.events()) messages.push(message);

    expect(messages.at(-1)).toEqual({ type: 'end', outcome: await stream.outcome });
    expect(messages.filter(({ type }) => type === 'end')).toHaveLength(1);
  });

  it('E14 gives the failure as a message, and no end', async () => {
    const { stream, feed } = openWords();
    feed.push('a ');
    feed.end();

    const messages = [];
    for await (const message of stream.events()) messages.push(message);

    expect(messages).toEqual([
      { type: 'chunk', chunk: 'a' },
      { type: 'error', error: (await stream.outcome).error },
    ]);
    expect((await stream.outcome).error).toBeInstanceOf(LinkspanError);
  });

  it('throws the reason of an abort, which is no failure', async () => {
    const controller = new AbortController();
    const { stream } = openWords({ signal: controller.signal });
    const next = stream.events()[Symbol.asyncIterator]().next();

    controller.abort('enough');

    await expect(next).rejects.toBe('enough');
  });

  it('frees the wire when its reader leaves', async () => {
    const { stream, feed } = openWords();
    feed.push('a b ');

    // oxlint-disable-next-line no-unreachable-loop -- that is the point
    for await (const _ of stream.events()) break;

    expect(feed.isFree).toBe(true);
  });
});
