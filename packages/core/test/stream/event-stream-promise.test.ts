import { type EventStream, EventStreamPromise, ProtocolError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { type OpenOptions, openWords, readAll } from './open-words.ts';

type Words = EventStream<string, readonly string[]>;

function opening(text: string, options?: OpenOptions) {
  const words = openWords(options);
  words.feed.push(text);
  return {
    ...words,
    promise: new EventStreamPromise<string, readonly string[]>(Promise.resolve(words.stream)),
  };
}

const failed = (): EventStreamPromise<string, readonly string[]> =>
  new EventStreamPromise(Promise.reject<Words>(new ProtocolError('Cannot read the stream: x')));

describe('EventStreamPromise', () => {
  it('is the stream when it is awaited', async () => {
    const { promise, stream } = opening('a END ');

    expect(await promise).toBe(stream);
    expect(await promise.finally(() => {})).toBe(stream);
  });

  it('can be iterated without await', async () => {
    const { promise } = opening('a b END ');

    expect(await readAll(promise)).toEqual({ events: ['a', 'b'], error: undefined });
  });

  it('gives the result without await', async () => {
    expect(await opening('a b END ').promise.result()).toEqual(['a', 'b']);
  });

  it('gives tagged messages without await', async () => {
    const messages = [];
    for await (const { type } of opening('a END ').promise.events()) messages.push(type);

    expect(messages).toEqual(['chunk', 'end']);
  });

  it('frees the wire when the loop over it is left', async () => {
    const { promise, stream, feed } = opening('a b ');

    // oxlint-disable-next-line no-unreachable-loop -- that is the point
    for await (const _ of promise) break;

    expect(feed.isFree).toBe(true);
    expect(await stream.outcome).toMatchObject({ status: 'cancelled', events: 1 });
  });

  it('frees the wire when its iterator is left before the first event', async () => {
    const { promise, stream } = opening('a b ');

    await promise[Symbol.asyncIterator]().return?.();

    expect(await stream.outcome).toMatchObject({ status: 'cancelled', events: 0 });
  });

  it('frees the wire when it is disposed of', async () => {
    const { promise, stream } = opening('a b ');
    {
      await using unread = promise;
      expect(unread).toBeInstanceOf(EventStreamPromise);
    }

    expect(await stream.outcome).toMatchObject({ status: 'cancelled' });
  });

  it('fails in every way of reading it when the stream cannot be opened', async () => {
    await expect(failed()).rejects.toThrow(ProtocolError);
    await expect(failed().result()).rejects.toThrow(ProtocolError);
    expect(await failed().catch(() => 'caught')).toBe('caught');
    expect((await readAll(failed())).error).toBeInstanceOf(ProtocolError);
    for await (const message of failed().events()) {
      expect(message).toEqual({ type: 'error', error: expect.any(ProtocolError) });
    }
  });

  it('is disposed of quietly when the stream cannot be opened', async () => {
    await expect(failed()[Symbol.asyncDispose]()).resolves.toBeUndefined();
  });
});
