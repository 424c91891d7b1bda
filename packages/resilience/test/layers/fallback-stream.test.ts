import { getEventListeners } from 'node:events';
import { Deadline, ManualClock } from '@linkspan/concurrency';
import { ClosedError, TransportError } from '@linkspan/core';
import type { FallbackStream, OpenedStream } from '@linkspan/resilience';
import { describe, expect, it, vi } from 'vitest';
import { down, failWith, never, open, reset, settle, type StreamWay } from './fallback-scene.ts';
import { readAll, ScriptedStream, type Step } from './scripted-stream.ts';

interface Place {
  readonly where: string;
  readonly scripts: readonly (readonly Step[] | StreamWay)[];
  /** How many events are read before. */
  readonly count: number;
  /** Whether a stream is open there. */
  readonly isOpen: boolean;
}

/** Where a stream may be when it is given up. */
const places: readonly Place[] = [
  { where: 'is opened', scripts: [never, ['z']], count: 0, isOpen: false },
  { where: 'waits for its first event', scripts: [['silence'], ['z']], count: 0, isOpen: true },
  { where: 'waits for its next event', scripts: [['a', 'silence'], ['z']], count: 1, isOpen: true },
  {
    where: 'opens another way',
    scripts: [failWith(down()), never, ['z']],
    count: 0,
    isOpen: false,
  },
  {
    where: 'waits for the first event of another way',
    scripts: [[down()], ['silence'], ['z']],
    count: 0,
    isOpen: true,
  },
  {
    where: 'opens another way to start over',
    scripts: [['a', reset()], never, ['z']],
    count: 1,
    isOpen: false,
  },
];

/** Reads so many events, and is then on its way to the next. */
async function readUntil(stream: FallbackStream<string, string>, count: number) {
  const events = stream[Symbol.asyncIterator]();
  for (let read = 0; read < count; read += 1) {
    // oxlint-disable-next-line no-await-in-loop -- events come one after another
    await events.next();
  }
  const next = events.next();
  next.catch(() => {});
  await settle();
  return { next };
}

describe('a stream with fallback that is given up', () => {
  it.each(places)('by abort while it $where', async ({ scripts, count }) => {
    const caller = new AbortController();
    const reason = { why: 'left' };
    const options = { signal: caller.signal, restart: true, when: () => true };
    const { stream, opened } = open(scripts, options);
    const { next } = await readUntil(stream, count);
    caller.abort(reason);

    await expect(next).rejects.toBe(reason);
    await expect(stream.result()).rejects.toBe(reason);
    expect(await stream.outcome).toMatchObject({ status: 'cancelled' });
    expect(opened.every(({ isOver }) => isOver)).toBe(true);
    expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
  });

  it.each(places)('by cancel() while it $where', async ({ scripts, count, isOpen }) => {
    const caller = new AbortController();
    const { stream, opened } = open(scripts, { signal: caller.signal, restart: true });
    const { next } = await readUntil(stream, count);

    await stream.cancel('enough');

    expect(await next).toEqual({ done: true, value: undefined });
    expect(await stream.outcome).toMatchObject({ status: 'cancelled' });
    await expect(stream.result()).rejects.toThrow('left before its end');
    expect(opened.flatMap(({ left }) => left)).toEqual(isOpen ? ['cancelled: enough'] : []);
    expect(opened.every(({ isOver }) => isOver)).toBe(true);
    expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
  });

  it.each(places)('by disposal while it $where', async ({ scripts, count, isOpen }) => {
    const caller = new AbortController();
    const { stream, opened } = open(scripts, { signal: caller.signal, restart: true });
    const { next } = await readUntil(stream, count);

    await stream[Symbol.asyncDispose]();

    expect(await next).toEqual({ done: true, value: undefined });
    expect(await stream.outcome).toMatchObject({ status: 'cancelled' });
    expect(opened.flatMap(({ left }) => left)).toEqual(isOpen ? ['left'] : []);
    expect(opened.every(({ isOver }) => isOver)).toBe(true);
    expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
  });

  it.each(places)('by its deadline while it $where', async ({ scripts, count }) => {
    const clock = new ManualClock();
    const deadline = Deadline.after(100, clock);
    const { stream, opened } = open(scripts, { deadline, restart: true, when: () => true });
    const { next } = await readUntil(stream, count);
    await clock.advance(100);

    await expect(next).rejects.toMatchObject({ clock: 'totalMs', limitMs: 100 });
    expect(await stream.outcome).toMatchObject({ status: 'failed', error: { clock: 'totalMs' } });
    expect(opened.every(({ isOver }) => isOver)).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it('before it was read opens nothing', async () => {
    const way = vi.fn<StreamWay>();
    const reason = new Error('left');
    const aborted = open([way], { signal: AbortSignal.abort(reason) });
    const cancelled = open([way]);
    await cancelled.stream.cancel();
    const late = open([way], { totalMs: 0 });

    expect(await readAll(aborted.stream)).toEqual({ events: [], error: reason });
    expect(await readAll(cancelled.stream)).toEqual({ events: [] });
    expect((await readAll(late.stream)).error).toMatchObject({ clock: 'totalMs' });
    expect(way).not.toHaveBeenCalled();
    expect(await cancelled.stream.outcome).toEqual({ status: 'cancelled', events: 0 });
  });

  it('by leaving the loop leaves the stream of its way', async () => {
    const { stream, opened } = open([['a', 'b', 'c']]);

    for await (const event of stream) if (event === 'b') break;

    expect(opened[0]!.left).toEqual(['left']);
    expect(await stream.outcome).toEqual({ status: 'cancelled', events: 2 });
    expect(await readAll(stream)).toEqual({ events: [] });
  });

  it.each(Array.from({ length: 10 }, (_, turns) => turns))(
    'ends the loop and leaves the stream, %i turns after it was asked for',
    async (turns) => {
      const { stream, opened } = open([['silence']]);
      const events = stream[Symbol.asyncIterator]();
      const read = events.next();
      // oxlint-disable-next-line no-await-in-loop -- turns pass one after another
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      await events.return?.();

      expect(await read).toEqual({ done: true, value: undefined });
      expect(opened.every(({ isOver }) => isOver)).toBe(true);
    },
  );

  it('leaves what is opened all the same, when it comes too late', async () => {
    const late = new ScriptedStream('a');
    const opening = Promise.withResolvers<OpenedStream<string, string>>();
    const caller = new AbortController();
    const { stream } = open([() => opening.promise], { signal: caller.signal });
    const reading = readAll(stream);
    await settle();
    caller.abort(new Error('left'));
    await reading;
    opening.resolve(late);
    await settle();

    expect(late.left).toEqual(['left']);
  });

  it('cancels what is opened all the same, when it was cancelled', async () => {
    const late = new ScriptedStream('a');
    const opening = Promise.withResolvers<OpenedStream<string, string>>();
    const { stream } = open([() => opening.promise]);
    const reading = readAll(stream);
    await settle();
    await stream.cancel('enough');
    await reading;
    opening.resolve(late);
    await settle();

    expect(late.left).toEqual(['cancelled: enough']);
  });

  it('aborts the way that is being opened', async () => {
    let given: AbortSignal | undefined;
    const { stream } = open([
      ({ signal }) => {
        given = signal;
        return new Promise(() => {});
      },
    ]);
    const reading = readAll(stream);
    await settle();
    await stream[Symbol.asyncDispose]();

    expect(await reading).toEqual({ events: [] });
    expect(given?.aborted).toBe(true);
    expect(given?.reason).toBeInstanceOf(ClosedError);
  });

  it('tells what the cancel of its stream fails with', async () => {
    const failing = new ScriptedStream('a', 'b');
    failing.cancel = () => Promise.reject(new TransportError('Cannot cancel'));
    const { stream } = open([async () => failing]);
    await stream[Symbol.asyncIterator]().next();

    await expect(stream.cancel()).rejects.toThrow('Cannot cancel');
  });
});
