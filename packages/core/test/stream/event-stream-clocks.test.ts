import { type Clock, ManualClock } from '@linkspan/concurrency';
import { TimeoutError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { openWords, readAll } from './open-words.ts';

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

  it('fail a stream that reported an error and stays open, with that error', async () => {
    const { stream, feed, clock } = openWords();
    feed.push('a sorry ');
    const read = readAll(stream);
    await clock.advance(5000);

    expect(await read).toMatchObject({ events: ['a', 'sorry'], error: { name: 'ServerError' } });
  });

  it('give eventIdleMs again to a stream in which something new began', async () => {
    const { stream, feed, clock } = openWords({ eventIdleMs: 60_000 });
    feed.push('a fin more ');
    const read = readAll(stream);
    await clock.advance(59_999);
    feed.push('b END ');

    expect((await read).events).toEqual(['a', 'fin', 'more', 'b']);
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
