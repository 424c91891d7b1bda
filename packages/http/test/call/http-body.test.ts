import { MessageError, MessageTooLargeError } from '@linkspan/core';
import { describe, expect, it, vi } from 'vitest';
import { type BodySource, HttpBody } from '../../src/call/http-body.ts';
import { rejection } from '../transport-call.ts';

const KIB = 1024;

function start() {
  const source = {
    resume: vi.fn<() => void>(),
    startWaiting: vi.fn<(now?: number) => void>(),
    stopWaiting: vi.fn<() => void>(),
    abandon: vi.fn<() => void>(),
  } satisfies BodySource;
  return { source, body: new HttpBody(source) };
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('HttpBody', () => {
  it('gives what came before and what comes while it is read, in order', async () => {
    const { body } = start();
    body.push(bytes('a'));
    body.push(bytes('b'));
    const seen: string[] = [];
    const reading = (async () => {
      for await (const chunk of body) seen.push(Buffer.from(chunk).toString());
    })();
    await expect.poll(() => seen).toEqual(['a', 'b']);
    body.push(bytes('c'));
    await expect.poll(() => seen).toEqual(['a', 'b', 'c']);
    body.end();
    await reading;
  });

  it('asks for a pause at 64 KiB that nobody reads, and goes on when they are read', async () => {
    const { body, source } = start();

    expect(body.push(new Uint8Array(63 * KIB))).toBe('more');
    expect(body.push(new Uint8Array(1 * KIB))).toBe('pause');
    const reader = body[Symbol.asyncIterator]();
    await reader.next();
    expect(source.resume).not.toHaveBeenCalled();
    await reader.next();
    expect(source.resume).toHaveBeenCalledOnce();
    expect(body.push(new Uint8Array(1))).toBe('more');
  });

  it('never asks for a pause while it is collected', async () => {
    const { body, source } = start();
    body.push(new Uint8Array(64 * KIB));
    const collected = body.collect();

    expect(source.resume).toHaveBeenCalledOnce();
    expect(body.push(new Uint8Array(64 * KIB))).toBe('more');
    body.end();
    expect((await collected).map(({ byteLength }) => byteLength)).toEqual([64 * KIB, 64 * KIB]);
  });

  it.each(['before', 'while', 'after'])(
    'refuses more than maxBytes that came %s collecting',
    async (when) => {
      const { body, source } = start();
      if (when !== 'while') body.push(new Uint8Array(11));
      if (when === 'after') body.end();
      const collected = rejection(body.collect({ maxBytes: 10 }));
      if (when === 'while') body.push(new Uint8Array(11));

      expect(await collected).toBeInstanceOf(MessageTooLargeError);
      expect(source.abandon).toHaveBeenCalledTimes(when === 'after' ? 0 : 1);
      body.end();
    },
  );

  it('serves reads that overlap one after another', async () => {
    const { body } = start();
    const reader = body[Symbol.asyncIterator]();
    const reads = Promise.all([reader.next(), reader.next(), reader.next()]);
    body.push(bytes('a'));
    await Promise.resolve();
    body.push(bytes('b'));
    body.end();

    expect((await reads).map(({ value }) => value?.toString())).toEqual(['a', 'b', undefined]);
  });

  it('tells a failure behind the bytes that came, once, and is at its end then', async () => {
    const { body } = start();
    const error = new Error('cut');
    body.push(bytes('a'));
    body.fail(error);
    const reader = body[Symbol.asyncIterator]();

    expect((await reader.next()).value?.toString()).toBe('a');
    expect(await rejection(reader.next())).toBe(error);
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });

  it('tells a failure to a reader who comes when it says that it is closed', async () => {
    const { body } = start();
    const error = new Error('cut');
    const { promise: read, resolve } = Promise.withResolvers();
    body.onClose(() => resolve(body[Symbol.asyncIterator]().next()));

    body.fail(error);

    expect(await rejection(read)).toBe(error);
  });

  it('tells an abort at once', async () => {
    const { body } = start();
    body.push(bytes('a'));
    body.abort('mine');

    expect(await rejection(body.collect())).toBe('mine');
  });

  it('is read once', async () => {
    const { body } = start();
    body.end();
    await body.collect();

    expect(() => body[Symbol.asyncIterator]()).toThrow(MessageError);
    expect(() => body.collect()).toThrow(/a body is read once/);
  });

  it('frees the wire when it is left early, and only then', async () => {
    const { body, source } = start();
    body.push(bytes('a'));
    for await (const chunk of body) {
      expect(chunk.byteLength).toBe(1);
      break;
    }

    expect(source.abandon).toHaveBeenCalledOnce();
    await body.cancel();
    expect(source.abandon).toHaveBeenCalledOnce();
  });

  it('ends a read that waits when it is cancelled', async () => {
    const { body } = start();
    const read = body[Symbol.asyncIterator]().next();
    await body.cancel();

    expect(await read).toEqual({ done: true, value: undefined });
  });

  it.each(['end', 'fail', 'cancel'] as const)(
    'calls back once when it closes by %s',
    async (how) => {
      const { body } = start();
      const early = vi.fn<() => void>();
      const late = vi.fn<() => void>();
      body.onClose(early);
      if (how === 'fail') body.fail(new Error('x'));
      else await body[how]();
      body.end();
      body.onClose(late);

      expect(early).toHaveBeenCalledOnce();
      expect(late).toHaveBeenCalledOnce();
    },
  );

  it('lets the idle clock run only while somebody waits', async () => {
    const { body, source } = start();
    body.push(bytes('a'));
    const reader = body[Symbol.asyncIterator]();
    await reader.next();
    expect(source.startWaiting).not.toHaveBeenCalled();
    const waiting = reader.next();
    expect(source.startWaiting).toHaveBeenCalledOnce();
    body.push(bytes('b'));
    await waiting;
    expect(source.stopWaiting).toHaveBeenCalledOnce();
  });

  it('holds no more than what was not read, however long it is read slowly', async () => {
    const { body } = start();
    const reader = body[Symbol.asyncIterator]();
    let sum = 0;
    body.push(bytes('first'));
    for (let index = 0; index < 1_000; index++) {
      body.push(Buffer.from([index % 256]));
      // oxlint-disable-next-line no-await-in-loop -- the reader is always one chunk behind
      const { value } = await reader.next();
      if (value?.byteLength === 1) sum += value[0]!;
    }

    const expected = Array.from({ length: 999 }, (_, index) => index % 256);
    expect(sum).toBe(expected.reduce((a, b) => a + b, 0));
  });
});

describe('HttpBody.feed()', () => {
  function feed() {
    const { source, body } = start();
    const calls: string[] = [];
    const chunks = body.feed({
      chunk: (chunk) => calls.push(Buffer.from(chunk).toString()),
      end: () => calls.push('end'),
      fail: (error) => calls.push(String(error)),
    });
    return { source, body, calls, chunks };
  }

  it('gives what is held at once, and what comes only when it was asked for', () => {
    const { source, body, calls, chunks } = feed();
    body.push(bytes('a'));

    expect(chunks.take()).toEqual(bytes('a'));
    expect(source.startWaiting).not.toHaveBeenCalled();
    expect(chunks.take()).toBeUndefined();
    expect(source.startWaiting).toHaveBeenCalledOnce();
    body.push(bytes('b'));
    body.push(bytes('c'));
    expect(calls).toEqual(['b']);
    expect(source.stopWaiting).toHaveBeenCalledOnce();
    expect(chunks.take()).toEqual(bytes('c'));
  });

  it('tells the call when the wait began, where its reader knows', () => {
    const { source, chunks } = feed();

    chunks.take(42);

    expect(source.startWaiting).toHaveBeenCalledExactlyOnceWith(42);
  });

  it('asks for a pause at 64 KiB that nobody takes, and goes on when they are taken', () => {
    const { source, body, chunks } = feed();

    expect(body.push(new Uint8Array(64 * KIB))).toBe('pause');
    chunks.take();
    expect(source.resume).toHaveBeenCalledOnce();
  });

  it('tells the end once, behind what is held', () => {
    const { body, calls, chunks } = feed();
    body.push(bytes('a'));
    body.end();

    expect(chunks.take()).toEqual(bytes('a'));
    expect(calls).toEqual([]);
    expect(chunks.take()).toBeUndefined();
    expect(calls).toEqual(['end']);
  });

  it('tells a failure to who waits for it, or behind what is held', () => {
    const waiting = feed();
    waiting.chunks.take();
    waiting.body.fail('broken');
    expect(waiting.calls).toEqual(['broken']);

    const later = feed();
    later.body.push(bytes('a'));
    later.body.fail('broken');
    later.chunks.take();
    expect(later.calls).toEqual([]);
    later.chunks.take();
    expect(later.calls).toEqual(['broken']);
  });

  it('takes the body', () => {
    const { body } = feed();
    expect(() => body[Symbol.asyncIterator]()).toThrow(MessageError);
  });
});
