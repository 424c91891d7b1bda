import {
  ClosedError,
  ConfigurationError,
  InvalidRequestError,
  type Outcome,
  StreamIncompleteError,
} from '@linkspan/core';
import {
  type FallbackNotice,
  type FallbackStream,
  streamOf,
  streamWithFallback,
} from '@linkspan/resilience';
import { describe, expect, it, vi } from 'vitest';
import { down, failWith, never, open, reset, settle, type StreamWay } from './fallback-scene.ts';
import { readAll, ScriptedStream, type Step } from './scripted-stream.ts';

async function outcomeNow(stream: FallbackStream<string, string>): Promise<Outcome | 'none'> {
  await settle();
  return await Promise.race([stream.outcome, Promise.resolve('none' as const)]);
}

describe('streamWithFallback()', () => {
  it('is the stream of the first way, where that comes to its end', async () => {
    const other = vi.fn<StreamWay>();
    const { stream, notices } = open([['a', 'b'], other]);

    expect(await readAll(stream)).toEqual({ events: ['a', 'b'] });

    expect(await stream.outcome).toEqual({ status: 'complete', events: 2 });
    expect(stream).toMatchObject({ way: 0, partial: 'ab' });
    expect(other).not.toHaveBeenCalled();
    expect(notices).toEqual([]);
  });

  it('opens nothing before it is read', async () => {
    const first = vi.fn<StreamWay>(async () => new ScriptedStream('a'));
    const { stream } = open([first]);
    await settle();
    expect(first).not.toHaveBeenCalled();

    expect(await stream.result()).toBe('a');
  });

  it.each<[what: string, way: StreamWay | readonly Step[]]>([
    ['cannot be opened', () => Promise.reject(down())],
    ['throws when it is called', failWith(down())],
    ['fails before its first event', [down()]],
    ['is cut before its first event', ['quiet end']],
    ['breaks off before its first event', [reset()]],
  ])('takes the next way when one %s, and nobody notices', async (_what, way) => {
    const { stream, notices } = open([way, way, ['a', 'b']]);

    expect(await readAll(stream)).toEqual({ events: ['a', 'b'] });

    expect(await stream.outcome).toEqual({ status: 'complete', events: 2 });
    expect(await stream.result()).toBe('ab');
    expect(stream.way).toBe(2);
    expect(notices).toMatchObject([
      { way: 1, events: 0 },
      { way: 2, events: 0 },
    ]);
  });

  it('fails with what breaks it behind its first event, and keeps what had come', async () => {
    const error = reset();
    const other = vi.fn<StreamWay>();
    const { stream } = open([['a', error], other]);

    expect(await readAll(stream)).toEqual({ events: ['a'], error });

    expect(await stream.outcome).toEqual({ status: 'failed', events: 1, error });
    expect(stream.partial).toBe('a');
    expect(other).not.toHaveBeenCalled();
  });

  it('starts over where its user allows it, once that is told', async () => {
    const error = reset();
    const seen: unknown[] = [];
    const onFallback = (notice: FallbackNotice): number => seen.push(notice);
    const { stream } = open(
      [
        ['a', 'b', error],
        ['c', 'd'],
      ],
      { restart: true, onFallback },
    );

    for await (const event of stream) seen.push(event);

    expect(seen).toEqual(['a', 'b', { error, way: 1, events: 2 }, 'c', 'd']);
    expect(await stream.outcome).toEqual({ status: 'complete', events: 2 });
    expect(await stream.result()).toBe('cd');
  });

  it('starts over for the failures that its user says', async () => {
    const wrong = new InvalidRequestError('x', { status: 400 });
    const restart = (error: unknown): boolean | undefined => (error === wrong ? true : undefined);

    const { stream } = open([['a', wrong], ['b']], { restart });
    expect(await readAll(stream)).toEqual({ events: ['a', 'b'] });

    const error = reset();
    const other = open([['a', error], ['b']], { restart });
    expect(await readAll(other.stream)).toEqual({ events: ['a'], error });
  });

  it('counts the events of each way for itself', async () => {
    const error = reset();
    const restart = (failure: unknown): boolean => failure === error;
    const { stream, notices } = open([['a', error], [down()], ['b']], { restart });

    expect(await readAll(stream)).toEqual({ events: ['a', 'b'] });

    expect(notices).toMatchObject([
      { way: 1, events: 1 },
      { way: 2, events: 0 },
    ]);
  });

  it('takes another way for nothing else, unless its user says so', async () => {
    const wrong = new InvalidRequestError('x', { status: 400 });
    const refuses = open([[wrong], ['b']]);
    expect(await readAll(refuses.stream)).toEqual({ events: [], error: wrong });

    const goesOn = open([[wrong], ['b']], { when: () => true });
    expect(await readAll(goesOn.stream)).toEqual({ events: ['b'] });
  });

  it('fails with what the last way fails with, which tells of those before', async () => {
    const { stream } = open([failWith(down()), [reset()], ['quiet end']]);

    const { error } = await readAll(stream);

    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/cut; .* 1\. Cannot answer: down; 2\. Cannot read: reset$/),
      attempts: 3,
    });
    expect(await stream.outcome).toEqual({ status: 'incomplete', events: 0, error });
    expect(await readAll(stream)).toEqual({ events: [], error });
  });

  it('tells the outcome of a stream that was never open, whatever it failed with', async () => {
    const foreign = new TypeError('x');
    const { stream } = open([failWith(foreign)]);

    expect(await readAll(stream)).toEqual({ events: [], error: foreign });

    expect(await stream.outcome).toMatchObject({
      status: 'failed',
      events: 0,
      error: { kind: 'transport', code: 'way_failed', cause: foreign },
    });
  });

  it('never ends quietly, though the stream of a way does', async () => {
    const { stream } = open([['a', 'quiet end']]);

    const { error } = await readAll(stream);

    expect(error).toMatchObject({ kind: 'stream-incomplete' });
    expect(await stream.outcome).toMatchObject({ status: 'incomplete', events: 1, error });
  });

  it('fails when its stream is left by somebody else', async () => {
    const { stream, opened } = open([['a', 'b']]);
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    await opened[0]!.cancel();
    opened[0]!.breakOff(new ClosedError('left'));

    await expect(events.next()).rejects.toThrow('left');
  });

  it('has its outcome when it breaks while nobody reads', async () => {
    const error = reset();
    const { stream, opened } = open([failWith(down()), ['a', 'b'], ['c']]);
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    opened[0]!.breakOff(error);

    expect(await outcomeNow(stream)).toMatchObject({ status: 'failed', error });
    await expect(events.next()).rejects.toBe(error);
    expect(error.attempts).toBe(2);
  });

  it('takes no other way once its outcome is told, whatever its user says then', async () => {
    const error = reset();
    let asked = 0;
    const restart = (): boolean => (asked += 1) > 1;
    const { stream, opened } = open([['a', 'b'], ['c']], { restart });
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    opened[0]!.breakOff(error);
    expect(await outcomeNow(stream)).toMatchObject({ status: 'failed', error });

    await expect(events.next()).rejects.toBe(error);
  });

  it('waits for its reader when it breaks while nobody reads, and may start over', async () => {
    const { stream, opened } = open([['a', 'b'], ['c']], { restart: true });
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    opened[0]!.breakOff(reset());

    expect(await outcomeNow(stream)).toBe('none');
    expect(await events.next()).toEqual({ done: false, value: 'c' });
  });

  it('serves reads that overlap in their order', async () => {
    const { stream } = open([[down()], ['a', 'b', 'c']]);
    const events = stream[Symbol.asyncIterator]();

    const read = await Promise.all([events.next(), events.next(), events.next(), events.next()]);

    expect(read.map(({ value }) => value)).toEqual(['a', 'b', 'c', undefined]);
  });

  it('gives its events as tagged messages', async () => {
    const error = reset();
    const { stream } = open([['a', error]]);
    const messages: unknown[] = [];

    for await (const message of stream.events()) messages.push(message);

    expect(messages).toEqual([
      { type: 'chunk', chunk: 'a' },
      { type: 'error', error },
    ]);
  });

  it('may be a way of another', async () => {
    const inner: StreamWay = () => streamWithFallback([failWith(down()), failWith(reset())]);
    const { stream } = open([inner, ['a']]);

    expect(await stream.result()).toBe('a');
  });

  it('comes to values at last', async () => {
    const { stream } = open([failWith(down()), () => streamOf(['a', 'b'], 'ab')]);

    expect(await readAll(stream)).toEqual({ events: ['a', 'b'] });

    expect(await stream.result()).toBe('ab');
    expect(await stream.outcome).toEqual({ status: 'complete', events: 2 });
  });

  it('fails with what a rule throws', async () => {
    const mistake = new TypeError('a mistake');
    const { stream } = open([[down()], ['a']], { when: failWith(mistake) });

    expect(await readAll(stream)).toEqual({ events: [], error: mistake });
  });

  it.each([
    [[], {}, /ways: expected a list of functions, one or more/],
    [[never], { restart: 'yes' }, /restart: expected a boolean or a function/],
    [[never], { retries: 3 }, /retries: /],
  ])('refuses what is not right: %j %j', (ways, options: object, message) => {
    const make = (): unknown => streamWithFallback(ways, options);

    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(message);
  });
});
