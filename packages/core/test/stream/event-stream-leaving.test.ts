import { ConnectionResetError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { openPushed, openWords, readAll } from './open-words.ts';

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

  it('stops finding out how a body ended that was closed while nobody read', async () => {
    const { stream, body } = openPushed();
    body.push('a ');
    body.end();

    await stream.cancel();

    expect(await stream.outcome).toMatchObject({ status: 'cancelled', events: 0 });
    expect(await readAll(stream)).toEqual({ events: [], error: undefined });
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

    expect(outcome).toMatchObject({ status: 'failed', events: 2 });
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
