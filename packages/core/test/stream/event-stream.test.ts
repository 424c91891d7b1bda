import { type Clock, ManualClock } from '@linkspan/concurrency';
import {
  ClosedError,
  ConnectionResetError,
  LinkspanError,
  type Outcome,
  ProtocolError,
  ServerError,
  StreamIncompleteError,
  TimeoutError,
  TransportError,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { openPushed, openWords, readAll } from './open-words.ts';
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

describe('leaving an EventStream', () => {
  it('frees the wire when the reader leaves the loop early', async () => {
    const { stream, feed, clock } = openWords();
    feed.push('a b c END ');

    // oxlint-disable-next-line no-unreachable-loop -- that is the point
    for await (const event of stream) {
      expect(event).toBe('a');
      break;
    }

    expect(feed.isFree).toBe(true);
    expect(clock.pendingTimers).toBe(0);
    expect(await stream.outcome).toMatchObject({ status: 'cancelled', events: 1 });
    expect(await readAll(stream)).toEqual({ events: [], error: undefined });
  });

  it('ends the wait of a reader when somebody else cancels', async () => {
    const { stream, feed, clock } = openWords();
    const read = readAll(stream);

    await stream.cancel();

    expect(await read).toEqual({ events: [], error: undefined });
    expect(feed.isFree).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is cancelled when it is disposed of unread', async () => {
    const { stream } = openWords();
    {
      await using unread = stream;
      expect(unread.status).toBe(200);
    }

    expect(await stream.outcome).toEqual({
      status: 'cancelled',
      events: 0,
      finishReason: 'stop',
      usage: { outputTokens: 3 },
      lastEventId: '7',
    });
  });

  it('does nothing when the stream has ended', async () => {
    const { stream, feed } = openWords();
    feed.push('a END ');
    await stream.result();

    await stream.cancel();

    expect(await stream.outcome).toMatchObject({ status: 'complete' });
    expect(await stream.result()).toEqual(['a']);
  });
});

describe('aborting an EventStream', () => {
  it.each([
    ['before it is read', 0],
    ['while the reader waits', 1],
  ])('throws the reason itself %s', async (_, wait) => {
    const controller = new AbortController();
    const { stream, feed, clock } = openWords({ signal: controller.signal });
    const reason = new Error('enough');
    const read = wait === 1 ? readAll(stream) : undefined;

    controller.abort(reason);

    expect(await (read ?? readAll(stream))).toEqual({ events: [], error: reason });
    expect(await stream.outcome).toMatchObject({ status: 'cancelled' });
    await expect(stream.result()).rejects.toBe(reason);
    expect(clock.pendingTimers).toBe(0);
    expect(feed.isFree).toBe(true);
  });

  it('gives nothing more, not even what has arrived', async () => {
    const controller = new AbortController();
    const { stream, feed } = openWords({ signal: controller.signal });
    feed.push('a b END ');
    const events = stream[Symbol.asyncIterator]();
    await events.next();

    controller.abort('enough');

    await expect(events.next()).rejects.toBe('enough');
  });

  it('resolves the outcome though nobody reads', async () => {
    const controller = new AbortController();
    const { stream } = openWords({ signal: controller.signal });

    controller.abort();

    expect(await stream.outcome).toMatchObject({ status: 'cancelled', events: 0 });
  });

  it('changes nothing after the end', async () => {
    const controller = new AbortController();
    const { stream, feed } = openWords({ signal: controller.signal });
    feed.push('a END ');
    await stream.result();

    controller.abort();

    expect(await stream.result()).toEqual(['a']);
  });
});

describe('the body of an EventStream that ends while nobody reads', () => {
  it('fails it at the deadline, and still hands over what had arrived', async () => {
    const { stream, feed, clock } = openWords({ totalMs: 1000 });
    feed.push('a b ');
    const events = stream[Symbol.asyncIterator]();
    await events.next();

    await clock.advance(1000);
    const outcome = await stream.outcome;

    expect(outcome).toMatchObject({ status: 'failed', events: 1 });
    expect(outcome.error).toMatchObject({ clock: 'totalMs' });
    expect(await events.next()).toEqual({ done: false, value: 'b' });
    await expect(events.next()).rejects.toBe(outcome.error);
  });
});

describe('the outcome of an EventStream that is not read on', () => {
  it('is known when the body broke off in the moment an event was taken', async () => {
    const broken = new ConnectionResetError('Cannot read the body: the peer broke off');
    const { stream, body } = openPushed();
    const next = stream[Symbol.asyncIterator]().next();

    body.push('a ');
    body.fail(broken);

    expect(await next).toEqual({ done: false, value: 'a' });
    expect(await stream.outcome).toMatchObject({ status: 'failed', error: broken, events: 1 });
  });

  it('is not complete before its events were taken, though the body has ended', async () => {
    const { stream, body } = openPushed();
    const events = stream[Symbol.asyncIterator]();
    const next = events.next();
    body.push('a b END ');
    body.end();
    await next;

    await events.return?.();

    expect(await stream.outcome).toMatchObject({ status: 'cancelled', events: 1 });
  });
});

describe('the wire of a complete EventStream', () => {
  it('may end by itself, so that its connection can be used again', async () => {
    const { stream, feed, clock } = openWords();
    feed.push('a END ');
    await stream.result();
    expect(feed.isFree).toBe(false);

    feed.end();
    await clock.advance(0);

    expect(feed.isFree).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is freed when it stays open', async () => {
    const { stream, feed, clock } = openWords();
    feed.push('a END ');
    await stream.result();

    await clock.advance(50);

    expect(feed.isFree).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is freed at once when more comes', async () => {
    const { stream, feed, clock } = openWords();
    feed.push('a END ');
    await stream.result();

    feed.push('b ');
    await clock.advance(0);

    expect(feed.isFree).toBe(true);
    expect(clock.pendingTimers).toBe(0);
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

describe('the clocks of an EventStream', () => {
  it('fail it when no first event comes within firstEventMs', async () => {
    const { stream, feed, clock } = openWords({ firstEventMs: 100 });
    const read = readAll(stream);
    await clock.advance(60);
    feed.push('. ');

    await clock.advance(40);

    const { error } = await read;
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      clock: 'firstEventMs',
      limitMs: 100,
      elapsedMs: 100,
      message: 'Cannot read the stream: no first event within 100 ms',
    });
    expect(await stream.outcome).toMatchObject({ status: 'failed', error });
    expect(feed.isFree).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('fail it when there is no progress for eventIdleMs, whatever else comes', async () => {
    const { stream, feed, clock } = openWords({ eventIdleMs: 100 });
    feed.push('a ');
    const read = readAll(stream);
    await clock.advance(0);

    for (let passed = 0; passed < 100; passed += 20) {
      feed.push('. ping ');
      // oxlint-disable-next-line no-await-in-loop -- time passes step by step
      await clock.advance(20);
    }

    const { events, error } = await read;
    expect(events.slice(0, 2)).toEqual(['a', 'ping']);
    expect(error).toMatchObject({ clock: 'eventIdleMs', limitMs: 100, elapsedMs: 100 });
  });

  it('rewind eventIdleMs with each sign of progress', async () => {
    const { stream, feed, clock } = openWords({ eventIdleMs: 100 });
    const read = readAll(stream);

    for (let passed = 0; passed < 5; passed += 1) {
      feed.push('a ');
      // oxlint-disable-next-line no-await-in-loop -- time passes step by step
      await clock.advance(90);
    }
    feed.push('END ');

    expect((await read).events).toHaveLength(5);
  });

  it('do not run while the reader is busy', async () => {
    const { stream, feed, clock } = openWords({ firstEventMs: 100, eventIdleMs: 100 });
    await clock.advance(1000);
    feed.push('a ');
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    await clock.advance(1000);

    const next = events.next();
    await clock.advance(99);
    feed.push('b END ');

    expect(await next).toEqual({ done: false, value: 'b' });
    await stream.result();
  });

  it('tell the time to the first event from the start of the call', async () => {
    const { stream, feed, clock } = openWords({ startedAt: -50 });
    const read = readAll(stream);
    await clock.advance(25);
    feed.push('a END ');
    await read;

    expect((await stream.outcome).timeToFirstEventMs).toBe(75);
  });

  it('end a stream that may end and stays open, as complete', async () => {
    const { stream, feed, clock } = openWords();
    feed.push('a fin ');
    const read = readAll(stream);
    await clock.advance(5000);

    expect(await read).toEqual({ events: ['a', 'fin'], error: undefined });
    expect(await stream.outcome).toMatchObject({ status: 'complete', terminator: 'fin' });
    await clock.advance(50);
    expect(feed.isFree).toBe(true);
  });

  it('look at what has arrived before a timer that is late', async () => {
    const { clock, late } = lateClock();
    const { stream, feed } = openWords({ clock: late.clock, firstEventMs: 100 });
    const read = readAll(stream);
    await clock.advance(99);

    late.byMs = 5000;
    await clock.advance(1);
    feed.push('a END ');
    await clock.advance(1);

    expect(await read).toEqual({ events: ['a'], error: undefined });
  });

  it('fail it after a timer that is late when nothing has arrived', async () => {
    const { clock, late } = lateClock();
    const { stream } = openWords({ clock: late.clock, firstEventMs: 100 });
    const read = readAll(stream);
    await clock.advance(99);

    late.byMs = 5000;
    await clock.advance(2);

    expect((await read).error).toMatchObject({ clock: 'firstEventMs', elapsedMs: 5101 });
  });
});

/** A clock whose process can be held up: its time goes on, and its timers fire late. */
function lateClock(): { clock: ManualClock; late: { byMs: number; clock: Clock } } {
  const clock = new ManualClock();
  const late = {
    byMs: 0,
    clock: {
      now: () => clock.now() + late.byMs,
      setTimeout: (callback: () => void, delayMs: number) => clock.setTimeout(callback, delayMs),
      clearTimeout: (handle: unknown) => clock.clearTimeout(handle),
    },
  };
  return { clock, late };
}
