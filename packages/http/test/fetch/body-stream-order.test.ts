import type { Body, ChunkFeed, ChunkSink } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { BodyStream } from '../../src/fetch/body-stream.ts';
import { HeldBody } from '../../src/fetch/held-body.ts';

/**
 * A body whose every move the test makes. What it is told to give `atOnce` comes while it is being
 * asked, as from a wire that goes on.
 */
class ScriptedBody implements Body, ChunkFeed {
  readonly #ready: string[] = [];
  readonly #atOnce: string[] = [];
  sink!: ChunkSink;
  isAsked = false;

  constructor(script: { readonly ready?: readonly string[]; readonly atOnce?: readonly string[] }) {
    this.#ready.push(...(script.ready ?? []));
    this.#atOnce.push(...(script.atOnce ?? []));
  }

  feed(sink: ChunkSink): this {
    this.sink = sink;
    return this;
  }

  take(): Uint8Array | undefined {
    const ready = this.#ready.shift();
    if (ready !== undefined) return Buffer.from(ready);
    const found = this.#atOnce.shift();
    if (found === undefined) this.isAsked = true;
    else this.sink.chunk(Buffer.from(found));
    return undefined;
  }

  /** Gives a chunk to who has asked for one. */
  give(text: string): void {
    if (!this.isAsked) throw new Error('Nobody has asked for a chunk');
    this.isAsked = false;
    this.sink.chunk(Buffer.from(text));
  }

  end(): void {
    this.sink.end();
  }

  collect = (): Promise<readonly Uint8Array[]> => Promise.resolve([]);
  cancel = (): Promise<void> => Promise.resolve();
  onClose = (): void => {};
  [Symbol.asyncDispose] = this.cancel;

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    throw new Error('Whoever can take the feed takes it');
  }
}

function streamOf(body: Body): BodyStream {
  return new BodyStream(new HeldBody(body), (error) => error);
}

async function read(reader: {
  read(): Promise<{ readonly value?: Uint8Array | undefined }>;
}): Promise<string | undefined> {
  const { value } = await reader.read();
  return value === undefined ? undefined : Buffer.from(value).toString();
}

describe('BodyStream', () => {
  it('gives what comes while it is being asked, in order', async () => {
    const body = new ScriptedBody({ ready: ['one'], atOnce: ['two', 'three'] });
    const reader = streamOf(body).getReader();

    expect([await read(reader), await read(reader), await read(reader)]).toEqual([
      'one',
      'two',
      'three',
    ]);
    const last = read(reader);
    body.give('four');
    expect(await last).toBe('four');
  });

  it('gives what comes while it is being asked to the readers of the platform', async () => {
    const body = new ScriptedBody({ ready: ['one'], atOnce: ['two'] });
    const stream = streamOf(body);
    const reader = new ReadableStreamDefaultReader(stream);

    expect([await read(reader), await read(reader)]).toEqual(['one', 'two']);
    const last = read(reader);
    await new Promise(setImmediate);
    body.give('three');
    expect(await last).toBe('three');
  });

  it('leaves out what is empty, for it would mean nothing to a reader', async () => {
    const body = new ScriptedBody({ ready: ['', 'one'], atOnce: ['', 'two'] });
    const stream = streamOf(body);
    const reader = stream.getReader();

    expect([await read(reader), await read(reader)]).toEqual(['one', 'two']);
    const third = read(reader);
    body.give('');
    body.give('three');
    expect(await third).toBe('three');

    reader.releaseLock();
    const platform = new ReadableStreamDefaultReader(stream);
    const fourth = read(platform);
    await new Promise(setImmediate);
    body.give('');
    body.give('four');
    expect(await fourth).toBe('four');
  });

  it('gives what came for a reader that let go before what comes then', async () => {
    const body = new ScriptedBody({});
    const stream = streamOf(body);
    const first = stream.getReader();
    const lost = first.read().catch((error: unknown) => error);
    first.releaseLock();
    body.give('one');
    const second = stream.getReader();
    const reads = [read(second), read(second)];
    await new Promise(setImmediate);
    body.give('two');

    expect(await lost).toBeInstanceOf(TypeError);
    expect(await Promise.all(reads)).toEqual(['one', 'two']);
    const end = read(second);
    await new Promise(setImmediate);
    body.end();
    expect(await end).toBeUndefined();
  });
});
