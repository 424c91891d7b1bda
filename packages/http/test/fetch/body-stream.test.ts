import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MessageTooLargeError } from '@linkspan/core';
import { createFetch, createHttpClient, type Fetch, type HttpClient } from '@linkspan/http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type RawConnection, type RawServer, startRawServer } from '../raw-server.ts';
import { rejection } from '../transport-call.ts';

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';

interface Scene {
  readonly fetch: Fetch;
  readonly client: HttpClient;
  readonly server: RawServer;
}

/** A `fetch` to a server that plays `script` behind the request. */
async function startScene(script: (peer: RawConnection) => unknown): Promise<Scene> {
  const server = await startRawServer(async (peer) => {
    await peer.request();
    await script(peer);
  });
  const client = createHttpClient({ baseUrl: server.url });
  onTestFinished(() => client.close());
  return { fetch: createFetch(client), client, server };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
setFlagsFromString('--no-expose-gc');

const textOf = (value: Uint8Array | undefined): string => Buffer.from(value ?? []).toString();

describe('the body of a fetched answer', () => {
  it('gives chunks that belong to their reader', async () => {
    const { fetch } = await startScene((peer) => peer.end(`${HEAD}one`));
    const { body } = await fetch('/');
    const { value } = await body!.getReader().read();

    expect(Object.getPrototypeOf(value)).toBe(Uint8Array.prototype);
    expect(value!.buffer.byteLength).toBe(3);
  });

  it('gives reads that overlap their chunks in order', async () => {
    const { fetch, server } = await startScene((peer) => peer.write(`${HEAD}one`));
    const { body } = await fetch('/');
    const reader = body!.getReader();
    await reader.read();
    const reads = [reader.read(), reader.read(), reader.read()];
    const peer = server.connections[0]!;
    peer.write('two');
    await reads[0];
    peer.end('three');

    const values = await Promise.all(reads);
    expect(values.map(({ done, value }) => [done, textOf(value)])).toEqual([
      [false, 'two'],
      [false, 'three'],
      [true, ''],
    ]);
    expect(await reader.closed).toBeUndefined();
  });

  it('keeps what comes for a reader that has let go', async () => {
    const { fetch, server } = await startScene((peer) => peer.write(`${HEAD}one`));
    const { body } = await fetch('/');
    const first = body!.getReader();
    await first.read();
    const lost = rejection(first.read());
    first.releaseLock();
    server.connections[0]!.end('two');

    expect(await lost).toBeInstanceOf(TypeError);
    expect(await rejection(first.read())).toBeInstanceOf(TypeError);
    const rest: string[] = [];
    for await (const chunk of body!) rest.push(textOf(chunk));
    expect(rest.join('')).toBe('two');
    expect(body!.locked).toBe(false);
  });

  it('is read into buffers of the reader', async () => {
    const { fetch } = await startScene((peer) => peer.end(`${HEAD}one two`));
    const { body } = await fetch('/');
    const reader = body!.getReader({ mode: 'byob' });

    const first = await reader.read(new Uint8Array(4));
    const second = await reader.read(new Uint8Array(4));
    const end = await reader.read(new Uint8Array(4));

    expect([textOf(first.value), textOf(second.value)]).toEqual(['one ', 'two']);
    expect(end).toMatchObject({ done: true, value: new Uint8Array() });
  });

  it('is piped, and teed', async () => {
    const { fetch } = await startScene((peer) => peer.end(`${HEAD}one two`));
    const [left, right] = (await fetch('/')).body!.tee();
    const text: string[] = [];
    for await (const part of left.pipeThrough(new TextDecoderStream())) text.push(part);

    expect(text.join('')).toBe('one two');
    expect(await new Response(right).text()).toBe('one two');
  });

  it('is locked while it is read, and free behind a loop that was left with preventCancel', async () => {
    const { fetch, server } = await startScene((peer) => peer.write(`${HEAD}one`));
    const { body } = await fetch('/');
    for await (const chunk of body!.values({ preventCancel: true })) {
      expect(textOf(chunk)).toBe('one');
      expect(body!.locked).toBe(true);
      expect(() => body!.getReader()).toThrow(TypeError);
      break;
    }
    server.connections[0]!.end('two');

    expect(body!.locked).toBe(false);
    expect(textOf((await body!.getReader().read()).value)).toBe('two');
  });

  const ways: Readonly<
    Record<string, (body: ReadableStream<Uint8Array>, abort: () => void) => unknown>
  > = {
    async break(body) {
      for await (const chunk of body) if (chunk.length > 0) break;
    },
    async 'reader.cancel()'(body) {
      const reader = body.getReader();
      await reader.read();
      const pending = reader.read();
      await reader.cancel('enough');
      expect(await pending).toEqual({ done: true, value: undefined });
    },
    'body.cancel()': (body) => body.cancel(),
    abort: (_body, abort) => abort(),
  };

  it.each(Object.entries(ways))('frees its connection within 50 ms: %s', async (_name, leave) => {
    const { fetch, client, server } = await startScene((peer) => peer.write(`${HEAD}one`));
    const controller = new AbortController();
    const { body } = await fetch('/', { signal: controller.signal });
    await leave(body!, () => controller.abort());
    const leftAt = performance.now();
    await server.connections[0]!.closed;

    expect(performance.now() - leftAt).toBeLessThan(50);
    expect(client.inFlight()).toEqual([]);
    expect(client.stats()).toMatchObject([{ running: 0 }]);
  });

  it('frees its connection when nobody is left who could read it', async () => {
    const { fetch, client, server } = await startScene((peer) => peer.write(`${HEAD}one`));
    const kept = await fetch('/kept');
    const stream = (await fetch('/stream')).body!;
    await (async () => (await fetch('/thrown-away')).ok)();
    await vi.waitFor(async () => {
      collectGarbage();
      await new Promise(setImmediate);
      expect(client.inFlight().map(({ target }) => new URL(target).pathname)).toEqual([
        '/kept',
        '/stream',
      ]);
    });
    await server.connections[2]!.closed;

    expect(textOf((await stream.getReader().read()).value)).toBe('one');
    expect(textOf((await kept.body!.getReader().read()).value)).toBe('one');
  });

  it('is there for who waits for all of it, and holds nothing else', async () => {
    const { fetch, server } = await startScene((peer) => peer.write(`${HEAD}one`));
    const text = (async () => await (await fetch('/')).text())();
    await server.connection(0);
    for (let turn = 0; turn < 5; turn++) {
      collectGarbage();
      // oxlint-disable-next-line no-await-in-loop -- turns come one after another
      await new Promise(setImmediate);
    }
    server.connections[0]!.end(' two');

    expect(await text).toBe('one two');
  });

  it('does not hold a connection for an answer that has none', async () => {
    const { fetch, client, server } = await startScene((peer) =>
      peer.write(`HTTP/1.1 205 Reset\r\ncontent-length: 200000\r\n\r\n${'x'.repeat(200_000)}`),
    );

    expect((await fetch('/')).body).toBeNull();
    await server.connections[0]!.closed;
    expect(client.inFlight()).toEqual([]);
  });

  it('holds its peer back while nobody reads', async () => {
    const part = 'x'.repeat(64 * 1024);
    let written = 0;
    let isStopped = false;
    const { fetch } = await startScene(async ({ socket }) => {
      socket.write(HEAD);
      for (let index = 0; index < 2_000; index++) {
        written += part.length;
        if (socket.write(part)) continue;
        isStopped = true;
        // oxlint-disable-next-line no-await-in-loop -- writes come one after another
        await once(socket, 'drain');
        isStopped = false;
      }
      socket.end();
    });
    const { body } = await fetch('/');
    const reader = body!.getReader();
    let length = (await reader.read()).value!.length;
    const before = await vi.waitUntil(async () => {
      const seen = written;
      for (let turn = 0; turn < 20; turn++) {
        // oxlint-disable-next-line no-await-in-loop -- turns come one after another
        await new Promise(setImmediate);
      }
      return isStopped && seen === written ? seen : undefined;
    });

    expect(before).toBeLessThan(64 * 1024 * 1024);
    // oxlint-disable-next-line no-await-in-loop -- chunks come one after another
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      length += step.value.length;
    }
    expect(length).toBe(2_000 * part.length);
  });

  it('is read as a whole up to maxBytes, and no further', async () => {
    const { client } = await startScene((peer) => peer.write(`${HEAD}${'x'.repeat(100)}`));
    const fetch = createFetch(client, { maxBytes: 99 });

    const whole = await rejection((await fetch('/')).text());
    const branch = await rejection((await fetch('/')).clone().text());

    for (const error of [whole, branch]) {
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).cause).toBeInstanceOf(MessageTooLargeError);
    }
  });
});
