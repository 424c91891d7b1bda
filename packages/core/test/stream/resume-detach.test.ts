import { ConfigurationError, StreamGapError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { memoryStore } from './memory-store.ts';
import { numbered } from './numbered-dialect.ts';
import { readAll } from './open-words.ts';
import { reset, resumeScene, settled } from './resume-scene.ts';

describe('EventStream.detach()', () => {
  it('frees the wire, sends nothing, and gives the cursor of the last event', async () => {
    const scene = resumeScene([['1:a 2:b ', 'silence']]);
    const store = memoryStore();
    const stream = await scene.stream({ resume: { store } });
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    await events.next();

    const cursor = await stream.detach();

    expect(cursor).toMatchObject({
      lastEventId: '2',
      request: { headers: { 'last-event-id': '2' } },
    });
    expect(store.committed).toEqual(['1', '2']);
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect(await stream.outcome).toMatchObject({ status: 'cancelled', events: 2 });
    expect(scene.seen).toHaveLength(1);
    expect(scene.open()).toBe(0);
    expect(scene.client.inFlight()).toEqual([]);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('works for a stream that nobody wanted to be resumed', async () => {
    const scene = resumeScene([['1:a ', 'silence']]);
    const stream = await scene.stream({ resume: false });
    await stream[Symbol.asyncIterator]().next();

    expect(await stream.detach()).toMatchObject({ lastEventId: '1' });
  });

  it('is refused, and leaves the stream as it is, when the work ends with its wire', async () => {
    const { resume: _, cancel: __, ...dialect } = numbered();
    const scene = resumeScene([['1:a ', 'END ']]);
    const stream = await scene.stream({ dialect, resume: false });
    await stream[Symbol.asyncIterator]().next();

    await expect(stream.detach()).rejects.toThrow(ConfigurationError);

    expect((await readAll(stream)).error).toBeUndefined();
  });

  it('is refused when nobody could go on without a loss', async () => {
    const scene = resumeScene([['1:a x ', 'silence']]);
    const stream = await scene.stream({ dialect: numbered({ idIn: 'data' }) });
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    await events.next();

    await expect(stream.detach()).rejects.toThrow(StreamGapError);
    await events.return?.();
  });

  it('gives the cursor of a stream that could not go on', async () => {
    const scene = resumeScene([['1:a ', reset()]]);
    const stream = await scene.stream({ resume: { maxAttempts: 0 } });
    await settled(readAll(stream), scene.clock);

    expect(await stream.detach()).toMatchObject({ lastEventId: '1' });
    expect(scene.seen).toHaveLength(1);
  });
});
