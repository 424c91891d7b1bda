import { spawn } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Deadline, ManualClock } from '@linkspan/concurrency';
import { ClosedError, ConfigurationError, type Payload } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { httpTransport } from '../src/http-transport.ts';
import { startServer } from './loopback-server.ts';
import { answer, startRawServer } from './raw-server.ts';
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

describe('abort', () => {
  const reason = { mine: true };

  it('row 70 opens no connection for a call that is aborted before', async () => {
    const server = await startRawServer(() => {});
    const signal = AbortSignal.abort(reason);

    expect(await rejection(get(startTransport(), server.url, { signal }))).toBe(reason);
    expect(server.connections).toHaveLength(0);
  });

  it('row 69 rejects with the caller’s own reason while the connection is being made', async () => {
    const controller = new AbortController();
    const asked = Promise.withResolvers<void>();
    const transport = startTransport({
      allowTarget: () => {
        asked.resolve();
        return new Promise<boolean>(() => {});
      },
    });
    const promise = rejection(get(transport, 'http://127.0.0.1:9/', { signal: controller.signal }));
    await asked.promise;
    controller.abort(reason);

    expect(await promise).toBe(reason);
    expect(transport.stats()[0]).toMatchObject({ connected: 0, size: 0 });
  });

  it('row 69 closes the connection of a call that waits for its answer', async () => {
    const server = await startRawServer(() => {});
    const controller = new AbortController();
    const transport = startTransport();
    const promise = rejection(get(transport, server.url, { signal: controller.signal }));
    await (await server.connection(0)).request();
    controller.abort(reason);

    expect(await promise).toBe(reason);
    await server.connections[0]!.closed;
    expect(transport.stats()[0]).toMatchObject({ connected: 0, size: 0 });
  });

  it('row 69 ends a body that is being read, at once and with what came dropped', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write(answer('x'.repeat(10), undefined, []).replace('10', '20'));
    });
    const controller = new AbortController();
    const { body } = await get(startTransport(), server.url, { signal: controller.signal });
    const reader = body[Symbol.asyncIterator]();
    await reader.next();
    const waiting = rejection(reader.next());
    controller.abort(reason);
    controller.abort('again');

    expect(await waiting).toBe(reason);
    await server.connections[0]!.closed;
  });

  it('row 69 leaves the queue, and the place in it to the next', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.arrival('GET /first');
      await connection.arrival('go');
    });
    const controller = new AbortController();
    const transport = startTransport({ baseUrl: server.url, connections: 1 });
    const first = get(transport, '/first');
    const second = rejection(get(transport, '/second', { signal: controller.signal }));
    const third = get(transport, '/third');
    const connection = await server.connection(0);
    await connection.request();
    controller.abort(reason);

    expect(await second).toBe(reason);
    expect(transport.stats()[0]).toMatchObject({ queued: 1, running: 1, size: 2 });
    connection.write(answer('1'));
    await connection.request(2);
    connection.write(answer('3'));
    expect([await textOf(first), await textOf(third)]).toEqual(['1', '3']);
    expect(connection.received).not.toContain('second');
  });

  it('leaves no listener on a signal that lives longer than its calls', async () => {
    const server = await startServer(({ url }, response) => {
      if (url === '/reset') response.destroy();
      else response.end('x'.repeat(url === '/large' ? 1e6 : 1));
    });
    const { signal } = new AbortController();
    const transport = startTransport({ baseUrl: server.url });
    await textOf(get(transport, '/', { signal }));
    await get(transport, '/', { signal });
    await rejection(get(transport, '/reset', { signal }));
    const { body } = await get(transport, '/large', { signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await body.cancel();

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('row 70 does nothing to a call that is over', async () => {
    const server = await echo();
    const controller = new AbortController();
    const response = await get(startTransport(), server.url, { signal: controller.signal });
    await expect.poll(() => server.seen.length).toBe(1);
    const text = await textOf(response);
    controller.abort(reason);

    expect(text).toContain('GET');
    expect(await server.connections()).toBe(1);
  });
});

describe('close()', () => {
  it('row 75 fails the calls in flight with ClosedError, and those to come', async () => {
    const server = await startRawServer(() => {});
    const transport = startTransport({ baseUrl: server.url, connections: 2 });
    const calls = Array.from({ length: 5 }, () => rejection(get(transport, '/')));
    await (await server.connection(1)).request();
    await Promise.all([transport.close(), transport.close()]);

    for (const error of await Promise.all(calls)) expect(error).toBeInstanceOf(ClosedError);
    expect(await rejection(get(transport, '/'))).toBeInstanceOf(ClosedError);
    await Promise.all(server.connections.map(({ closed }) => closed));
  });

  it('row 75 lets calls finish until drainMs', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
    });
    const transport = startTransport({ baseUrl: server.url });
    const call = get(transport, '/');
    await (await server.connection(0)).request();
    const closing = transport.close({ drainMs: Infinity });
    const late = rejection(get(transport, '/'));
    server.connections[0]!.write(answer('finished'));

    expect(await textOf(call)).toBe('finished');
    expect(await late).toBeInstanceOf(ClosedError);
    await closing;
    await server.connections[0]!.closed;
  });

  it('row 75 ends what is left after drainMs', async () => {
    const clock = new ManualClock();
    const server = await startRawServer(() => {});
    const transport = startTransport({ baseUrl: server.url, clock, connectMs: Infinity });
    const call = rejection(get(transport, '/'));
    await (await server.connection(0)).request();
    const closing = transport.close({ drainMs: 1_000 });
    await clock.advance(1_000);
    await closing;

    expect(await call).toBeInstanceOf(ClosedError);
    expect(clock.pendingTimers).toBe(0);
  });

  it('E10 is what `await using` does', async () => {
    const server = await echo();
    const transport = httpTransport();
    await textOf(get(transport, server.url));
    await transport[Symbol.asyncDispose]();

    await expect.poll(() => server.connections()).toBe(0);
  });

  it('leaves no timer behind, whatever became of the calls', async () => {
    const clock = new ManualClock();
    const server = await startRawServer(async (connection) => {
      await connection.request();
      if (connection.index % 2 === 0) connection.write(answer('x'));
      else connection.reset();
    });
    const transport = startTransport({ baseUrl: server.url, clock });
    const facts = { deadline: Deadline.after(60_000, clock), attemptMs: 500, idleMs: 500 };
    await Promise.allSettled(
      Array.from({ length: 20 }, () => get(transport, '/', facts).then(textOf)),
    );
    await transport.close();

    expect(clock.pendingTimers).toBe(0);
  });
});

describe('connect()', () => {
  it('opens a connection that the first call uses', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write(answer('warm'));
    });
    const transport = startTransport({ baseUrl: server.url });
    await Promise.all([transport.connect(), transport.connect()]);
    await transport.connect();
    await server.connection(0);

    expect(transport.stats()[0]).toMatchObject({ connected: 1, free: 1 });
    expect(await textOf(get(transport, '/'))).toBe('warm');
    expect(server.connections).toHaveLength(1);
  });

  it('tells why there is no connection', async () => {
    const transport = startTransport({ baseUrl: 'http://127.0.0.1:1' });

    expect(await rejection(transport.connect())).toMatchObject({
      code: 'connection_refused',
      kind: 'network',
    });
  });

  it('opens another one when the peer has closed it before it was used', async () => {
    const server = await startRawServer(async (connection) => {
      if (connection.index === 0) {
        connection.end();
        return;
      }
      await connection.request();
      connection.write(answer('second'));
    });
    const transport = startTransport({ baseUrl: server.url });
    await transport.connect();
    await server.connections[0]!.closed;
    await expect.poll(() => transport.stats()[0]?.connected).toBe(0);

    expect(await textOf(get(transport, '/'))).toBe('second');
  });
});

describe('an idle connection', () => {
  it('row 76 does not keep the program from ending', async () => {
    const server = await echo();
    const source = new URL('../src/index.ts', import.meta.url).href;
    const program = `
      import { Deadline } from '@linkspan/concurrency';
      import { httpTransport } from '${source}';
      const transport = httpTransport({ baseUrl: '${server.url}' });
      await transport.connect();
      const { body } = await transport.send(
        { operation: 'GET', target: '/' },
        { signal: undefined, deadline: Deadline.after(3_600_000), attempt: 1, streaming: false,
          attemptMs: 3_600_000, idleMs: 3_600_000, acceptStatus: () => true },
      );
      await body.collect();`;
    const child = spawn(
      process.execPath,
      ['--conditions=@linkspan/source', '--input-type=module', '--eval', program],
      { cwd: new URL('..', import.meta.url), stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const [status] = (await once(child, 'exit')) as [number | null];

    expect(status).toBe(0);
    expect(server.seen).toHaveLength(1);
  });
});

describe('probe()', () => {
  it('asks for the head of the base URL', async () => {
    const server = await echo();
    const transport = startTransport({ baseUrl: `${server.url}/v1` });
    await transport.probe(contextOf());

    expect(server.seen[0]).toMatchObject({ method: 'HEAD', url: '/v1' });
  });

  it('fails where the server says that it fails', async () => {
    const server = await startServer((_request, response) => response.writeHead(503).end());
    const transport = startTransport({ baseUrl: server.url });

    expect(await rejection(transport.probe(contextOf()))).toMatchObject({ status: 503 });
  });

  it('fails where nobody answers', async () => {
    const transport = startTransport({ baseUrl: 'http://127.0.0.1:1' });

    expect(await rejection(transport.probe(contextOf()))).toMatchObject({ kind: 'network' });
  });
});

async function* chunks(...all: string[]): AsyncGenerator<Uint8Array> {
  for (const text of all) yield Buffer.from(text);
}
