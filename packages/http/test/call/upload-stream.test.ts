import { SerializationError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { UploadStream } from '../../src/call/upload-stream.ts';
import { rejection } from '../transport-call.ts';

async function text(stream: AsyncIterable<Uint8Array>): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += Buffer.from(chunk).toString();
  return all;
}

describe('UploadStream', () => {
  it('gives bytes, and text in UTF-8', async () => {
    const stream = new UploadStream(async () =>
      (async function* () {
        yield 'ü';
        yield new Uint8Array([97]);
      })(),
    );

    expect(await text(stream)).toBe('üa');
    expect(stream.isOver).toBe(true);
    expect(stream.failure).toBeUndefined();
  });

  it('is opened when the first chunk is asked for, and not before', async () => {
    let opened = 0;
    const stream = new UploadStream(() => {
      opened++;
      return (async function* () {})();
    });

    expect(opened).toBe(0);
    await text(stream);
    expect(opened).toBe(1);
  });

  it.each([
    ['opening', () => Promise.reject(new Error('disk')), 'could not be read'],
    [
      'reading',
      async function* () {
        yield await Promise.reject(new Error('disk'));
      },
      'could not be read',
    ],
    [
      'a chunk that is none',
      async function* () {
        yield 5;
      },
      'expected chunks of bytes or text, found number',
    ],
  ])('fails with what went wrong in %s', async (_name, open, message) => {
    const stream = new UploadStream(open);
    const error = await rejection(text(stream));

    expect(error).toBeInstanceOf(SerializationError);
    expect(error).toMatchObject({ code: 'body_source', message: expect.stringContaining(message) });
    expect(stream.failure).toBe(error);
  });

  it('stops while its source is silent, and tells the source', async () => {
    let isLeft = false;
    const source: AsyncIterable<unknown> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        async return() {
          isLeft = true;
          return { done: true, value: undefined };
        },
      }),
    };
    const stream = new UploadStream(() => source);
    const read = rejection(stream[Symbol.asyncIterator]().next());
    // The source is open from the next turn of the promise jobs on.
    await Promise.resolve();
    await Promise.resolve();
    stream.stop();
    stream.stop();

    await read;
    expect(isLeft).toBe(true);
    expect(stream.failure).toBeUndefined();
  });

  it('leaves its source when it is left', async () => {
    let isLeft = false;
    const stream = new UploadStream(async function* () {
      try {
        yield 'a';
        yield 'b';
      } finally {
        isLeft = true;
      }
    });
    for await (const chunk of stream) {
      expect(chunk.byteLength).toBe(1);
      break;
    }

    expect(isLeft).toBe(true);
  });
});
