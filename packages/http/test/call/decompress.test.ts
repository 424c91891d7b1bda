import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { DeserializationError, MessageTooLargeError } from '@linkspan/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startServer } from '../loopback-server.ts';
import { startRawServer } from '../raw-server.ts';
import { contextOf, get, rejection, startTransport, textOf } from '../transport-call.ts';

const TEXT = 'The quick brown fox. '.repeat(2_000);

const coded: readonly (readonly [name: string, encoding: string, bytes: Buffer])[] = [
  ['gzip', 'gzip', gzipSync(TEXT)],
  ['x-gzip', 'X-Gzip', gzipSync(TEXT)],
  ['deflate', 'deflate', deflateSync(TEXT)],
  ['raw deflate', 'deflate', deflateRawSync(TEXT)],
  ['brotli', 'br', brotliCompressSync(TEXT)],
  ['zstd', 'zstd', zstdCompressSync(TEXT)],
  ['two codings', 'gzip, br', brotliCompressSync(gzipSync(TEXT))],
  ['deflate in gzip', 'deflate, gzip', gzipSync(deflateSync(TEXT))],
  ['identity', 'identity', Buffer.from(TEXT)],
];

/** A server whose answer is these bytes in this coding. */
const serve = (encoding: string, bytes: Uint8Array) =>
  startServer((_request, response) => {
    response.writeHead(200, {
      'content-encoding': encoding,
      'content-length': String(bytes.byteLength),
    });
    response.end(bytes);
  });

async function iterated(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('a compressed answer', () => {
  it.each(coded)('is decoded from %s, collected and read', async (_name, encoding, bytes) => {
    const server = await serve(encoding, bytes);
    const transport = startTransport({ baseUrl: server.url });

    expect(await textOf(get(transport, '/'))).toBe(TEXT);
    expect(await iterated((await get(transport, '/')).body)).toBe(TEXT);
    expect(server.seen[0]?.headers['accept-encoding']).toBe('gzip, deflate, br, zstd');
    expect(await server.connections()).toBe(1);
  });

  it('has no headers about what it was coded as', async () => {
    const server = await serve('gzip', gzipSync(TEXT));
    const { headers } = await get(startTransport(), server.url);

    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers).not.toHaveProperty('content-length');
  });

  it('is left as it is where decompress is false, or the coding is not known', async () => {
    const server = await serve('gzip', gzipSync('abc'));
    const unknown = await serve('aws-chunked', Buffer.from('abc'));
    const response = await get(startTransport({ decompress: false }), server.url);

    expect(response.headers).toHaveProperty('content-encoding', 'gzip');
    expect(Buffer.concat(await response.body.collect())).toEqual(gzipSync('abc'));
    expect(server.seen[0]?.headers).not.toHaveProperty('accept-encoding');
    expect(await textOf(get(startTransport(), unknown.url))).toBe('abc');
  });

  it('is empty where there are no bytes, as in the answer to a HEAD', async () => {
    const server = await serve('gzip', gzipSync('abc'));
    const request = { operation: 'HEAD', target: server.url };
    const transport = startTransport();

    expect(await textOf(transport.send(request, contextOf()))).toBe('');
    expect(await iterated((await transport.send(request, contextOf())).body)).toBe('');
  });

  it('gives each part when it comes, as a stream of events needs it', async () => {
    const { createGzip, constants } = await import('node:zlib');
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write('HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n');
      gzip.on('data', (bytes: Buffer) => connection.write(bytes));
      gzip.write('data: one\n\n');
    });
    const { body } = await get(startTransport(), server.url, { streaming: true });
    const reader = body[Symbol.asyncIterator]();

    expect((await reader.next()).value?.toString()).toBe('data: one\n\n');
    gzip.write('data: two\n\n');
    expect((await reader.next()).value?.toString()).toBe('data: two\n\n');
    await body.cancel();
    await server.connections[0]!.closed;
    gzip.destroy();
  });

  it.each([
    ['cut', gzipSync(TEXT).subarray(0, -12)],
    ['corrupt', Buffer.from(gzipSync(TEXT)).fill(0, 20, 60)],
    ['not compressed at all', Buffer.from('<html>hello</html>')],
  ])('row 25 fails when it is %s, collected and read', async (_name, bytes) => {
    const server = await serve('gzip', bytes);
    const transport = startTransport({ baseUrl: server.url });
    const errors = [
      await rejection(textOf(get(transport, '/'))),
      await rejection(get(transport, '/').then(({ body }) => iterated(body))),
    ];

    for (const error of errors) {
      expect(error).toBeInstanceOf(DeserializationError);
      expect(error).toMatchObject({ code: 'decode', phase: 'body', retryable: 'no' });
    }
  });

  it.each([
    ['gzip', 'gzip', gzipSync(Buffer.alloc(64 * 1024 * 1024))],
    ['brotli', 'br', brotliCompressSync(Buffer.alloc(64 * 1024 * 1024))],
    ['gzip in gzip', 'gzip, gzip', gzipSync(gzipSync(Buffer.alloc(64 * 1024 * 1024)))],
  ])('row 25 refuses a bomb of %s soon after a mebibyte', async (_name, encoding, bytes) => {
    const server = await serve(encoding, bytes);
    const transport = startTransport({ baseUrl: server.url });
    let read = 0;
    const reading = (async () => {
      for await (const chunk of (await get(transport, '/')).body) read += chunk.byteLength;
    })();
    const errors = [await rejection(reading), await rejection(textOf(get(transport, '/')))];

    for (const error of errors) {
      expect(error).toBeInstanceOf(MessageTooLargeError);
      expect(error).toMatchObject({ code: 'body_too_large' });
    }
    expect(read).toBeLessThan(Math.max(2 * 1024 * 1024, bytes.byteLength * 101));
  });

  it('row 25 refuses more than two codings', async () => {
    const bytes = gzipSync(gzipSync(gzipSync('abc')));
    const server = await serve('gzip, gzip, gzip', bytes);

    expect(await rejection(textOf(get(startTransport(), server.url)))).toMatchObject({
      code: 'decode',
      message: expect.stringMatching(/coded 3 times, more than 2$/),
    });
  });

  it.each([100, 60_000])('counts decoded bytes against maxBytes: %i', async (maxBytes) => {
    const server = await serve('gzip', gzipSync(TEXT.repeat(3)));
    const { body } = await get(startTransport(), server.url);

    expect(await rejection(body.collect({ maxBytes }))).toMatchObject({
      kind: 'message',
      message: `Cannot collect the body: it has more than ${maxBytes} bytes`,
    });
  });

  it('fails as the wire does when the connection breaks', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      const bytes = gzipSync(TEXT);
      connection.write(
        `HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bytes.byteLength}\r\n\r\n`,
      );
      connection.write(bytes.subarray(0, 30));
      await connection.arrival('reset');
    });
    const { body } = await get(startTransport(), server.url);
    const reading = rejection(iterated(body));
    server.connections[0]!.end();

    expect(await reading).toMatchObject({ code: 'body_length_mismatch' });
  });

  it('rejects with the caller’s own reason when it is aborted', async () => {
    const reason = { mine: true };
    const controller = new AbortController();
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write('HTTP/1.1 200 OK\r\ncontent-encoding: br\r\n\r\n');
    });
    const { body } = await get(startTransport(), server.url, { signal: controller.signal });
    const reading = rejection(iterated(body));
    controller.abort(reason);

    expect(await reading).toBe(reason);
  });

  it('is the same whatever the size and the split of its parts', async () => {
    const server = await startServer(({ url, body }, response) => {
      const [, encoding = '', size = '1'] = url.split('/');
      response.writeHead(200, { 'content-encoding': encoding });
      for (let index = 0; index < body.byteLength; index += Number(size)) {
        response.write(body.subarray(index, index + Number(size)));
      }
      response.end();
    });
    const transport = startTransport({ baseUrl: server.url });
    const codings = [
      ['gzip', gzipSync],
      ['deflate', deflateSync],
      ['br', brotliCompressSync],
    ] as const;

    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...codings),
        fc.uint8Array({ maxLength: 3_000 }),
        fc.integer({ min: 1, max: 40 }),
        async ([encoding, compress], content, size) => {
          const payload = { kind: 'bytes', bytes: compress(content) } as const;
          const { body } = await transport.send(
            { operation: 'POST', target: `/${encoding}/${size}`, payload },
            contextOf(),
          );
          const chunks: Uint8Array[] = [];
          for await (const chunk of body) chunks.push(chunk);
          expect(Buffer.concat(chunks).equals(content)).toBe(true);
        },
      ),
      { numRuns: 60, seed: 7 },
    );
  });
});
