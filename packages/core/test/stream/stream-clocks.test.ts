import { Deadline, ManualClock } from '@linkspan/concurrency';
import { type ChunkFeed, createBody, createEventStream, type TimeoutError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { StreamClocks } from '../../src/stream/stream-clocks.ts';
import { words } from './word-dialect.ts';

const limits = { firstEventMs: 100, eventIdleMs: 50 };

describe('StreamClocks', () => {
  it('blame nobody while the stream has no wire, whatever is still handed over', async () => {
    const clock = new ManualClock();
    const errors: TimeoutError[] = [];
    const clocks = new StreamClocks(clock, limits, 0, (error) => errors.push(error));
    clocks.stop();
    clocks.gotEvent(true, false);
    clocks.waitStarts();
    await clock.advance(1_000);
    expect(clock.pendingTimers).toBe(0);

    clocks.restart(10);
    clocks.waitStarts();
    await clock.advance(89);
    expect(errors).toEqual([]);
    await clock.advance(1);

    expect(errors).toMatchObject([{ clock: 'firstEventMs', elapsedMs: 100 }]);
  });

  it('tell when a wait began, where that had to be looked up', () => {
    const clock = new ManualClock(7);
    const unlimited = { firstEventMs: Infinity, eventIdleMs: 50 };

    expect(new StreamClocks(clock, limits, 0, () => {}).waitStarts()).toBe(7);
    expect(new StreamClocks(clock, unlimited, 0, () => {}).waitStarts()).toBeUndefined();
  });
});

describe('a body that is read as events', () => {
  it.each<readonly [string, boolean, number | undefined]>([
    ['is told when the wait began', true, 7],
    ['is not told the time of another clock than its own', false, undefined],
  ])('%s', (_, isShared, told) => {
    const clock = new ManualClock(7);
    const deadline = Deadline.never(isShared ? clock : new ManualClock(3));
    const seen: (number | undefined)[] = [];
    const feed: ChunkFeed = { take: (now) => void seen.push(now) };
    const context = {
      signal: undefined,
      deadline,
      attempt: 1,
      streaming: true,
      attemptMs: Infinity,
      idleMs: Infinity,
      acceptStatus: () => true,
    };
    const body = Object.assign(createBody([new Uint8Array(1)], context), { feed: () => feed });
    const stream = createEventStream(body, words, { headers: {}, context, clock });

    void stream[Symbol.asyncIterator]().next();

    expect(seen).toEqual([told]);
  });
});
