import {
  ClosedError,
  ProtocolError,
  ServerError,
  StreamIncompleteError,
  type TimeoutError,
} from '@linkspan/core';
import { createNdjson, decodeStream, ndjson, openaiChat, rawSse } from '@linkspan/dialects';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { collect } from './collect.ts';
import { bytesOf, chatChunk, sseOf } from './sse-text.ts';

const answer = sseOf(chatChunk({ content: 'hi' }, 'stop'), '[DONE]');

describe('decodeStream()', () => {
  it.each([
    ['bytes', () => answer],
    ['an array of chunks', () => [answer.subarray(0, 5), answer.subarray(5)]],
    ['the body of fetch', () => new Response(answer).body],
    ['a stream of Node', () => Readable.from([answer])],
    [
      'an async generator',
      async function* () {
        yield answer;
      },
    ],
    ['a platform stream that cannot be iterated', () => withoutIterator(new Response(answer).body)],
  ])('reads %s', async (_, body) => {
    const { text } = await decodeStream(body() as Uint8Array, openaiChat).result();

    expect(text).toBe('hi');
  });

  it('takes the response of fetch as it is', async () => {
    const html = { headers: { 'Content-Type': 'text/html' } };
    const response = new Response('<html>', html);

    await expect(decodeStream(response.body, openaiChat, response).result()).rejects.toThrow(
      /expected text\/event-stream, found text\/html with status 200/,
    );
  });

  it('takes header names in any case', async () => {
    const stream = decodeStream(answer, openaiChat, { headers: { 'Content-Type': 'text/html' } });

    await expect(stream.result()).rejects.toThrow(ProtocolError);
  });

  it('fails on a JSON error with status 200 as the error that it reports', async () => {
    const body = bytesOf('{"error":{"message":"no capacity","type":"server_error"}}');
    const options = { status: 200, headers: { 'content-type': 'application/json' } };

    const stream = decodeStream(body, openaiChat, options);

    await expect(stream.result()).rejects.toThrow(ServerError);
    await expect(stream.result()).rejects.toThrow(/no capacity/);
  });

  it('is incomplete when there is no body', async () => {
    await expect(decodeStream(null, openaiChat).result()).rejects.toThrow(StreamIncompleteError);
  });

  it('leaves the body when the signal aborts, and throws its reason', async () => {
    let isLeft = false;
    const body = new ReadableStream<Uint8Array>({
      pull() {},
      cancel() {
        isLeft = true;
      },
    });
    const controller = new AbortController();
    const read = decodeStream(body, openaiChat, { signal: controller.signal }).result();

    controller.abort('enough');

    await expect(read).rejects.toBe('enough');
    expect(isLeft).toBe(true);
  });

  it('destroys a stream of Node that is left while it waits', async () => {
    const body = new Readable({ read() {} });
    const stream = decodeStream(body, openaiChat);
    const read = stream.result().catch((error: unknown) => error);

    await stream.cancel();

    expect(body.destroyed).toBe(true);
    expect(await read).toBeInstanceOf(ClosedError);
  });

  it('keeps its deadline and clocks', async () => {
    const silent = (): ReadableStream<Uint8Array> => new ReadableStream();
    const clockOf = async (options: object): Promise<unknown> =>
      await decodeStream(silent(), openaiChat, options)
        .result()
        .catch((error: TimeoutError) => error.clock);

    expect(await clockOf({ totalMs: 1 })).toBe('totalMs');
    expect(await clockOf({ firstEventMs: 1 })).toBe('firstEventMs');
    expect(await clockOf({ idleMs: 1 })).toBe('idleMs');
  });
});

describe('rawSse', () => {
  it('gives the events as they are, and is complete at the end of the bytes', async () => {
    const stream = decodeStream(bytesOf('id: 1\nevent: a\ndata: x\n\n'), rawSse);

    expect(await collect(stream)).toEqual([{ type: 'a', data: 'x', id: '1' }]);
    expect(await stream.outcome).toMatchObject({
      status: 'complete',
      terminator: 'eof',
      lastEventId: '1',
      events: 1,
    });
  });

  it('is incomplete without a single event', async () => {
    await expect(decodeStream(bytesOf(': hello\n\n'), rawSse).result()).rejects.toThrow(
      /it ended without a single event/,
    );
  });
});

describe('ndjson', () => {
  it('gives the values, and is complete at the end of the bytes', async () => {
    const stream = decodeStream(bytesOf('{"a":1}\n2'), ndjson);

    expect(await collect(stream)).toEqual([{ a: 1 }, 2]);
    expect(await stream.outcome).toMatchObject({ status: 'complete', terminator: 'eof' });
  });

  it('fails on a line that is not JSON, after those before it', async () => {
    const stream = decodeStream(bytesOf('1\noops\n3\n'), ndjson);

    await expect(collect(stream)).rejects.toThrow(/line 2/);
    expect(await stream.outcome).toMatchObject({ status: 'failed', events: 1 });
  });

  it('is incomplete when its last line was cut', async () => {
    const stream = decodeStream(bytesOf('1\n{"a":'), ndjson);

    await expect(collect(stream)).rejects.toThrow(StreamIncompleteError);
    expect(await stream.outcome).toMatchObject({ status: 'incomplete', events: 1 });
  });

  it('gives the last line of a cumulative stream as its result', async () => {
    const lines = bytesOf('{"text":"Hel"}\n{"text":"Hello"}\n');
    const dialect = createNdjson<{ text: string }>({ cumulative: true });

    expect(await decodeStream(lines, dialect).result()).toEqual({ text: 'Hello' });
    expect(await decodeStream(lines, ndjson).result()).toBeUndefined();
  });

  it('may be empty only when it is told so', async () => {
    const empty = bytesOf('\n');

    await expect(decodeStream(empty, ndjson).result()).rejects.toThrow(StreamIncompleteError);
    await expect(
      decodeStream(empty, createNdjson({ allowEmpty: true })).result(),
    ).resolves.toBeUndefined();
  });

  it('needs its last line when it is told which', async () => {
    const dialect = createNdjson<{ done: boolean }>({ isTerminal: ({ done }) => done });

    const whole = decodeStream(bytesOf('{"done":false}\n{"done":true}\nrest'), dialect);
    const cut = decodeStream(bytesOf('{"done":false}\n'), dialect);

    expect(await collect(whole)).toHaveLength(2);
    await expect(collect(cut)).rejects.toThrow(StreamIncompleteError);
  });
});

/** As Safari has them. */
function withoutIterator(stream: ReadableStream<Uint8Array> | null): object {
  return { getReader: () => stream?.getReader() };
}
