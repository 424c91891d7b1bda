import { Deadline, ManualClock } from '@linkspan/concurrency';
import { ConfigurationError, PoolExhaustedError, TimeoutError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { httpTransport } from '../../src/http-transport.ts';
import { startServer } from '../loopback-server.ts';
import { answer, type RawServer, startRawServer } from '../raw-server.ts';
import { get, rejection, startTransport, textOf } from '../transport-call.ts';

/** A server that answers when it is told to. */
const silent = (): Promise<RawServer> => startRawServer(() => {});

describe('the pool of an origin', () => {
  it('E16 E29 makes no more connections than it may, and tells its state', async () => {
    const server = await silent();
    const transport = startTransport({ baseUrl: server.url, connections: 2 });
    const calls = Array.from({ length: 5 }, (_, index) => get(transport, `/${index}`));
    await Promise.all([server.connection(0), server.connection(1)]);
    await Promise.all(server.connections.map((connection) => connection.request()));

    expect(transport.stats()).toEqual([
      {
        origin: server.url,
        connections: 2,
        connected: 2,
        free: 0,
        queued: 3,
        pending: 3,
        running: 2,
        size: 5,
      },
    ]);
    for (const connection of server.connections) {
      void (async () => {
        for (let count = 1; ; count++) {
          // oxlint-disable-next-line no-await-in-loop -- one request after another
          await connection.request(count);
          connection.write(answer(String(count)));
        }
      })();
    }
    await Promise.all(calls.map(textOf));
    expect(server.connections).toHaveLength(2);
    expect(transport.stats()[0]).toMatchObject({ connected: 2, free: 2, size: 0 });
  });

  it('E29 refuses a call when the queue is full', async () => {
    const server = await silent();
    const transport = startTransport({ baseUrl: server.url, connections: 1, maxQueue: 1 });
    const calls = [get(transport, '/1'), get(transport, '/2')].map(rejection);
    const error = await rejection(get(transport, '/3'));

    expect(error).toBeInstanceOf(PoolExhaustedError);
    expect(error).toMatchObject({ sent: 'no', retryable: 'yes', phase: 'queue' });
    expect(error).toHaveProperty('message', expect.stringMatching(/1 calls wait .*\(maxQueue\)$/));
    await transport.close();
    await Promise.all(calls);
  });

  it('row 71 E29 ends the wait for a connection after queueMs, and keeps the order', async () => {
    const clock = new ManualClock();
    const server = await silent();
    const transport = startTransport({ baseUrl: server.url, connections: 1, queueMs: 500 });
    const facts = { deadline: Deadline.never(clock) };
    const first = get(transport, '/first', facts);
    const second = rejection(get(transport, '/second', facts));
    await clock.advance(200);
    const third = get(transport, '/third', facts);
    await clock.advance(300);
    const error = await second;

    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      clock: 'queueMs',
      code: 'queue_timeout',
      limitMs: 500,
      elapsedMs: 500,
      sent: 'no',
    });
    const connection = await server.connection(0);
    await connection.request();
    connection.write(answer('1'));
    await connection.request(2);
    connection.write(answer('3'));
    expect([await textOf(first), await textOf(third)]).toEqual(['1', '3']);
  });

  it('row 71 names the deadline when it comes in the queue', async () => {
    const clock = new ManualClock();
    const server = await silent();
    const transport = startTransport({ baseUrl: server.url, connections: 1 });
    const first = rejection(get(transport, '/first'));
    const second = rejection(get(transport, '/second', { deadline: Deadline.after(100, clock) }));
    await clock.advance(100);

    expect(await second).toMatchObject({ clock: 'totalMs', phase: 'queue', sent: 'no' });
    await transport.close();
    await first;
  });

  it('E29 grows when it is resized, and shrinks as its calls end', async () => {
    const server = await silent();
    const transport = startTransport({ baseUrl: server.url, connections: 1 });
    const calls = [get(transport, '/1'), get(transport, '/2'), get(transport, '/3')];
    transport.resize(3);
    await Promise.all(
      [0, 1, 2].map(async (index) => {
        await (await server.connection(index)).request();
      }),
    );
    transport.resize(1);
    for (const connection of server.connections) connection.write(answer('x'));
    await Promise.all(calls.map(textOf));

    await expect.poll(() => transport.stats()[0]?.connected).toBe(1);
    expect(transport.stats()[0]).toMatchObject({ connections: 1, size: 0 });
  });

  it('E29 resizes one origin, or those to come', async () => {
    const one = await startServer((_request, response) => response.end());
    const other = await startServer((_request, response) => response.end());
    const transport = startTransport({ connections: 5 });
    await get(transport, one.url);
    transport.resize(7);
    transport.resize(9, other.url);
    await get(transport, other.url);

    expect(transport.stats().map(({ connections }) => connections)).toEqual([7, 9]);
    expect(() => transport.resize(0)).toThrow(ConfigurationError);
    expect(() => transport.resize(1.5)).toThrow(/expected an integer of 1 or more, found 1.5/);
  });

  it('E21 has limits of its own for an origin', async () => {
    const one = await startServer((_request, response) => response.end());
    const other = await startServer((_request, response) => response.end());
    const transport = startTransport({
      pools: { default: { connections: 3, count: 2 }, [`${one.url}/v1`]: { connections: 1 } },
    });
    await get(transport, one.url);
    await get(transport, other.url);

    expect(transport.stats().map(({ connections }) => connections)).toEqual([1, 6]);
    expect(() => httpTransport({ pools: { defualt: {} } })).toThrow(
      /expected 'default' or the URL of an origin as a name, found "defualt"/,
    );
  });

  it('E16 has 50 connections where nothing else is said', async () => {
    const server = await startServer((_request, response) => response.end());
    const transport = startTransport();
    await get(transport, server.url);

    expect(transport.stats()[0]?.connections).toBe(50);
  });

  it('makes room for another origin by closing the pool of one that is idle', async () => {
    const servers = await Promise.all(
      [1, 2, 3].map((index) => startServer((_request, response) => response.end(String(index)))),
    );
    const transport = startTransport({ maxOrigins: 2 });
    for (const { url } of servers) {
      // oxlint-disable-next-line no-await-in-loop -- one origin after another
      await textOf(get(transport, url));
    }

    expect(transport.stats().map(({ origin }) => origin)).toEqual([
      servers[1]!.url,
      servers[2]!.url,
    ]);
    await expect.poll(() => servers[0]!.connections()).toBe(0);
  });

  it('refuses another origin when all have calls under way', async () => {
    const server = await silent();
    const transport = startTransport({ maxOrigins: 1 });
    const call = rejection(get(transport, server.url));
    const error = await rejection(get(transport, 'http://127.0.0.1:1/'));

    expect(error).toMatchObject({ kind: 'pool-exhausted', code: 'too_many_origins', sent: 'no' });
    await transport.close();
    await call;
  });

  it('takes a small answer that nobody reads off its connection', async () => {
    const server = await startServer((_request, response) => response.end('x'.repeat(10_000)));
    const transport = startTransport({ baseUrl: server.url, connections: 1 });
    for (let index = 0; index < 5; index++) {
      // oxlint-disable-next-line no-await-in-loop -- each call needs the one connection
      await get(transport, '/');
    }

    expect(server.seen).toHaveLength(5);
    expect(await server.connections()).toBe(1);
  });

  it('row 66 stops reading a large answer that nobody reads', async () => {
    let written = 0;
    const server = await startRawServer(async (connection) => {
      const { socket } = connection;
      await connection.request();
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const block = Buffer.alloc(64 * 1024);
      const write = (): void => {
        do written += block.byteLength;
        while (written < 512 * 1024 * 1024 && socket.write(block));
      };
      socket.on('drain', write);
      write();
    });
    const { body } = await get(startTransport(), server.url);
    let before = -1;
    // Until the buffers of the kernel are full.
    await expect.poll(() => before === (before = written), { interval: 50 }).toBe(true);

    expect(written).toBeLessThan(64 * 1024 * 1024);
    await body.cancel();
    await server.connections[0]!.closed;
  });

  it('row 77 frees the connection when the reader leaves the loop', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n');
    });
    const transport = startTransport({ baseUrl: server.url });
    for await (const chunk of (await get(transport, '/')).body) {
      expect(chunk.byteLength).toBe(1);
      break;
    }

    await server.connections[0]!.closed;
    expect(transport.stats()[0]).toMatchObject({ connected: 0, size: 0 });
  });

  it('row 68 reaches a server that comes back', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.end(answer(String(connection.index), undefined, ['connection: close']));
    });
    const transport = startTransport({ baseUrl: server.url, connections: 1 });

    const texts = await Promise.all([1, 2, 3].map(() => textOf(get(transport, '/'))));

    expect(texts).toEqual(['0', '1', '2']);
  });

  it('pipelines on request, and gives every call its own answer', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request(3);
      connection.write(answer('1') + answer('2') + answer('3'));
    });
    const transport = startTransport({ baseUrl: server.url, connections: 1, pipelining: 3 });
    await transport.connect();
    const calls = [1, 2, 3].map((index) => textOf(get(transport, `/${index}`)));

    expect(await Promise.all(calls)).toEqual(['1', '2', '3']);
    expect(server.connections).toHaveLength(1);
  });
});
