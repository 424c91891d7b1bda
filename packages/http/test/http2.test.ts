import {
  constants,
  createSecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { describe, expect, it } from 'vitest';
import { listen, pem } from './tls-server.ts';
import { contextOf, get, rejection, startTransport, textOf } from './transport-call.ts';

interface Http2Server {
  readonly url: string;
  readonly sessions: readonly ServerHttp2Session[];
  readonly streams: readonly ServerHttp2Stream[];
}

async function startHttp2Server(
  answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  settings: object = {},
): Promise<Http2Server> {
  const server = createSecureServer({
    cert: pem('server'),
    key: pem('server-key'),
    allowHTTP1: true,
    settings,
  });
  const sessions: ServerHttp2Session[] = [];
  const streams: ServerHttp2Stream[] = [];
  server.on('session', (session) => {
    session.on('error', () => {});
    sessions.push(session);
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    streams.push(stream);
    answer(stream, headers);
  });
  const port = await listen(server);
  return { url: `https://localhost:${port}`, sessions, streams };
}

const startHttp2Transport = (options: object = {}) =>
  startTransport({ http2: true, tls: { ca: pem('authority') }, ...options });

describe('HTTP/2', () => {
  it('carries calls of the same time on one connection, each with its own answer', async () => {
    const server = await startHttp2Server((stream, headers) => {
      stream.respond({ ':status': 200, 'x-path': headers[':path'] });
      setImmediate(() => stream.end(`path ${headers[':path']}`));
    });
    const transport = startHttp2Transport({ baseUrl: server.url });
    const targets = Array.from({ length: 60 }, (_, index) => `/${index}`);

    const texts = await Promise.all(targets.map((target) => textOf(get(transport, target))));

    expect(texts).toEqual(targets.map((target) => `path ${target}`));
    expect(server.sessions).toHaveLength(1);
    expect(transport.stats()[0]).toMatchObject({ connected: 1, size: 0 });
  });

  it('gives headers as HTTP/1.1 does', async () => {
    const server = await startHttp2Server((stream) => {
      stream.respond({ ':status': 404, 'X-A': '1', 'set-cookie': ['a=1', 'b=2'] });
      stream.end('none');
    });
    const { status, headers } = await get(startHttp2Transport(), server.url);

    expect(status).toBe(404);
    expect(headers).toMatchObject({ 'x-a': '1', 'set-cookie': ['a=1', 'b=2'] });
    expect(Object.keys(headers)).not.toContain(':status');
  });

  it('is not used unless it is asked for', async () => {
    const server = await startHttp2Server((stream) => stream.respond());
    const transport = startTransport({ tls: { ca: pem('authority') } });
    const response = get(transport, server.url, { signal: AbortSignal.timeout(200) });
    await rejection(response);

    expect(server.sessions).toHaveLength(0);
  });

  it('sends bodies of every kind', async () => {
    const server = await startHttp2Server((stream) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        stream.respond();
        stream.end(Buffer.concat(chunks));
      });
    });
    const transport = startHttp2Transport();
    const large = 'x'.repeat(300_000);
    const send = (payload: Parameters<typeof transport.send>[0]['payload'] & {}) =>
      textOf(transport.send({ operation: 'POST', target: server.url, payload }, contextOf()));
    const stream = (async function* () {
      yield Buffer.from('a');
      yield Buffer.from(large);
    })();

    expect(await send({ kind: 'value', value: { a: 1 } })).toBe('{"a":1}');
    expect(await send({ kind: 'stream', stream })).toBe(`a${large}`);
  });

  it('aborts one call and leaves the others on the connection', async () => {
    const server = await startHttp2Server((stream, headers) => {
      if (headers[':path'] === '/slow') return;
      stream.respond();
      stream.end('done');
    });
    const controller = new AbortController();
    const transport = startHttp2Transport({ baseUrl: server.url });
    await textOf(get(transport, '/a'));
    const slow = rejection(get(transport, '/slow', { signal: controller.signal }));
    await expect.poll(() => server.streams.length).toBe(2);
    controller.abort('mine');

    expect(await slow).toBe('mine');
    expect(await textOf(get(transport, '/b'))).toBe('done');
    expect(server.sessions).toHaveLength(1);
    await expect.poll(() => server.streams[1]!.closed).toBe(true);
  });

  it.each([
    ['INTERNAL_ERROR', constants.NGHTTP2_INTERNAL_ERROR],
    // What Node takes for the end of the body.
    ['CANCEL', constants.NGHTTP2_CANCEL],
  ])('fails a body whose stream is reset with %s, behind what came', async (_name, code) => {
    const server = await startHttp2Server((stream) => {
      stream.respond();
      stream.write('abc');
    });
    const transport = startHttp2Transport();
    const { body } = await get(transport, server.url);
    const reader = body[Symbol.asyncIterator]();
    const first = await reader.next();
    resetStream(server.streams[0]!, code);

    expect(first.value?.toString()).toBe('abc');
    expect(await rejection(reader.next())).toMatchObject({
      code: 'body_truncated',
      phase: 'body',
      sent: 'yes',
    });
    expect(transport.stats()[0]).toMatchObject({ connected: 1, size: 0 });
  });

  it('tells of a reset before the head that the request may have been done', async () => {
    const server = await startHttp2Server((stream) => {
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    });
    const request = { operation: 'POST', target: server.url };

    expect(await rejection(startHttp2Transport().send(request, contextOf()))).toMatchObject({
      code: 'connection_reset',
      phase: 'headers',
      sent: 'maybe',
    });
  });

  it('fails the calls of a connection that breaks', async () => {
    const server = await startHttp2Server(() => {});
    const transport = startHttp2Transport({ baseUrl: server.url });
    const calls = ['POST', 'PATCH'].map((operation) =>
      rejection(transport.send({ operation, target: '/' }, contextOf())),
    );
    await expect.poll(() => server.streams.length).toBe(2);
    server.sessions[0]!.destroy();

    for (const error of await Promise.all(calls)) {
      expect(error).toMatchObject({ kind: 'network', code: 'connection_reset' });
    }
    await expect.poll(() => transport.stats()[0]).toMatchObject({ connected: 0, size: 0 });
  });

  it('row 66 slows the server when nobody reads', async () => {
    let written = 0;
    const server = await startHttp2Server((stream) => {
      stream.respond();
      const block = Buffer.alloc(16 * 1024);
      const write = (): void => {
        do written += block.byteLength;
        while (written < 256 * 1024 * 1024 && stream.write(block));
      };
      stream.on('drain', write);
      write();
    });
    const { body } = await get(startHttp2Transport(), server.url);
    let before = -1;
    // Until the windows are full.
    await expect.poll(() => before === (before = written), { interval: 50 }).toBe(true);

    expect(written).toBeLessThan(8 * 1024 * 1024);
    await body.cancel();
    await expect.poll(() => server.streams[0]!.closed).toBe(true);
  });

  it('closes with the transport', async () => {
    const server = await startHttp2Server(() => {});
    const transport = startHttp2Transport({ baseUrl: server.url });
    const call = rejection(get(transport, '/'));
    await expect.poll(() => server.streams.length).toBe(1);
    await transport.close();

    expect(await call).toMatchObject({ kind: 'closed' });
    await expect.poll(() => server.sessions[0]!.closed).toBe(true);
  });

  it('does not have calls wait for one another when no connection can be made', async () => {
    let asked = 0;
    const transport = startHttp2Transport({
      connections: 10,
      allowTarget: () => {
        asked++;
        return asked === 1 ? false : new Promise<boolean>(() => {});
      },
    });
    const calls = Array.from({ length: 5 }, () =>
      rejection(get(transport, 'https://127.0.0.1:9/')),
    );

    expect(await Promise.race(calls)).toMatchObject({ code: 'target_refused' });
    await expect.poll(() => asked).toBe(5);
    await transport.close();
    await Promise.all(calls);
  });

  it('falls back to HTTP/1.1, with as many connections as that needs', async () => {
    const { startTlsServer } = await import('./tls-server.ts');
    const sockets = new Set<unknown>();
    const server = await startTlsServer((request, response) => {
      sockets.add(request.socket);
      setTimeout(() => response.end(request.url), 10);
    });
    const transport = startHttp2Transport({ baseUrl: server.url, connections: 5 });
    const targets = Array.from({ length: 20 }, (_, index) => `/${index}`);

    expect(await Promise.all(targets.map((target) => textOf(get(transport, target))))).toEqual(
      targets,
    );
    expect(sockets.size).toBe(5);
  });
});

/** Sends RST_STREAM alone; `stream.close()` would end the body first. */
function resetStream(stream: ServerHttp2Stream, code: number): void {
  const symbol = Object.getOwnPropertySymbols(stream).find(
    ({ description }) => description === 'kHandle',
  );
  const handle = (stream as unknown as Record<symbol, { rstStream(code: number): void }>)[symbol!];
  handle!.rstStream(code);
}
