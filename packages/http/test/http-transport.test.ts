import { readFileSync } from 'node:fs';
import { ConfigurationError, type Payload } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { startServer } from './loopback-server.ts';
import { startRawServer } from './raw-server.ts';
import { contextOf, get, rejection, startTransport, textOf } from './transport-call.ts';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

const echo = () =>
  startServer(({ method, url, headers, body }, response) => {
    response.end(JSON.stringify({ method, url, headers, body: body.toString() }));
  });

describe('httpTransport()', () => {
  it('U11 gives status, headers in lower case and the body', async () => {
    const server = await startServer((_request, response) => {
      response.writeHead(
        201,
        [
          ['X-Made', 'yes'],
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
        ].flat(),
      );
      response.end('made');
    });
    const response = await get(startTransport({ baseUrl: server.url }), '/things');

    expect(response.status).toBe(201);
    expect(response.headers).toMatchObject({ 'x-made': 'yes', 'set-cookie': ['a=1', 'b=2'] });
    expect(await textOf(response)).toBe('made');
  });

  it('resolves every status', async () => {
    const server = await startServer((_request, response) => response.writeHead(503).end('no'));
    const response = await get(startTransport(), server.url);

    expect([response.status, await textOf(response)]).toEqual([503, 'no']);
  });

  it.each<[string, Payload, string, string | undefined]>([
    ['a value', { kind: 'value', value: { a: 'ü' } }, '{"a":"ü"}', 'application/json'],
    ['bytes', { kind: 'bytes', bytes: new Uint8Array([97, 98]).subarray(1) }, 'b', undefined],
    ['no bytes', { kind: 'bytes', bytes: new Uint8Array(0) }, '', undefined],
    [
      'a factory',
      { kind: 'factory', open: async () => chunks('a', 'b'), byteLength: 2 },
      'ab',
      undefined,
    ],
    ['a stream', { kind: 'stream', stream: chunks('a', 'b') }, 'ab', undefined],
  ])('C7 sends %s', async (_name, payload, body, contentType) => {
    const server = await echo();
    const transport = startTransport({ baseUrl: server.url });
    await textOf(await transport.send({ operation: 'POST', target: '/', payload }, contextOf()));

    expect(server.seen[0]).toMatchObject({ method: 'POST' });
    expect(server.seen[0]?.body.toString()).toBe(body);
    expect(server.seen[0]?.headers['content-type']).toBe(contentType);
    const { headers } = server.seen[0]!;
    expect([headers['transfer-encoding'], headers['content-length']]).toEqual(
      payload.kind === 'stream'
        ? ['chunked', undefined]
        : [undefined, String(Buffer.byteLength(body))],
    );
  });

  it('N19 names itself, unless the user or the request says otherwise', async () => {
    const server = await echo();
    await textOf(get(startTransport(), server.url));
    await textOf(get(startTransport({ userAgent: 'mine/1' }), server.url));
    await textOf(get(startTransport(), server.url, {}, { 'user-agent': 'yours/2' }));

    expect(server.seen.map(({ headers }) => headers['user-agent'])).toEqual([
      `linkspan/${manifest.version}`,
      'mine/1',
      'yours/2',
    ]);
  });

  it('U10 never mixes up the answers of calls made at the same time', async () => {
    const server = await startServer(({ url }, response) => {
      setImmediate(() => response.end(url));
    });
    const transport = startTransport({ baseUrl: server.url, connections: 7 });
    const targets = Array.from({ length: 300 }, (_, index) => `/${index}`);

    const answers = await Promise.all(targets.map((target) => textOf(get(transport, target))));

    expect(answers).toEqual(targets);
    expect(await server.connections()).toBeLessThanOrEqual(7);
  });

  it('C6 E2 E3 keeps connections for the calls to come', async () => {
    const server = await echo();
    const transport = startTransport({ baseUrl: server.url });
    for (let index = 0; index < 5; index++) {
      // oxlint-disable-next-line no-await-in-loop -- one call after another
      await textOf(get(transport, '/'));
    }

    expect(await server.connections()).toBe(1);
  });

  it('U18 gives the parts of a body as they come', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n');
    });
    const { body } = await get(startTransport(), server.url);
    const seen: string[] = [];
    for await (const chunk of body) {
      seen.push(Buffer.from(chunk).toString());
      server.connections[0]!.write(seen.length === 1 ? '1\r\nb\r\n' : '0\r\n\r\n');
    }

    expect(seen).toEqual(['a', 'b']);
  });

  it.each([
    ['another origin', 'http://127.0.0.1:1/', /allows http:\/\/127.0.0.1:\d+ alone/],
    ['a host without a scheme', '//evil.test/', /alone, found http:\/\/evil\.test/],
    ['a host behind backslashes', '\\\\evil.test/', /alone, found http:\/\/evil\.test/],
    ['another scheme', 'ftp://127.0.0.1/', /alone, found ftp:/],
    ['a control character', '/a\r\nx: 1', /control character/],
  ])('refuses %s where there is a base URL', async (_name, target, message) => {
    const server = await echo();
    const transport = startTransport({ baseUrl: server.url });
    const error = await rejection(get(transport, target));

    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toHaveProperty('message', expect.stringMatching(message));
    expect(server.seen).toHaveLength(0);
  });

  it('refuses a scheme that is not HTTP, and paths, where there is no base URL', async () => {
    const transport = startTransport();

    expect(await rejection(get(transport, 'file:///etc/passwd'))).toMatchObject({ kind: 'config' });
    expect(await rejection(get(transport, '/a'))).toMatchObject({ kind: 'config' });
  });

  it('prepares requests as people write them', () => {
    const transport = startTransport({ baseUrl: 'http://127.0.0.1:8000/v1' });

    expect(transport.prepare({ path: '/a', json: 1 })).toMatchObject({
      operation: 'POST',
      target: 'http://127.0.0.1:8000/v1/a',
    });
  });
});

async function* chunks(...all: string[]): AsyncGenerator<Uint8Array> {
  for (const text of all) yield Buffer.from(text);
}
