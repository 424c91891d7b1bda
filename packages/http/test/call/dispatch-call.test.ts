import { createServer } from 'node:net';
import { ManualClock } from '@linkspan/concurrency';
import {
  ConnectionRefusedError,
  ConnectionResetError,
  DnsError,
  ProtocolError,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { answer, startRawServer } from '../raw-server.ts';
import { get, rejection, startTransport, textOf } from '../transport-call.ts';

const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

describe('a call whose connection fails', () => {
  it('row 1 tells that a name cannot be resolved, and does not ask to try again', async () => {
    const error = await rejection(get(startTransport(), 'http://nowhere.invalid/'));

    expect(error).toBeInstanceOf(DnsError);
    expect(error).toMatchObject({ kind: 'network', phase: 'dns', sent: 'no' });
  });

  it('row 3 tells that nobody listens, and that nothing was sent', async () => {
    const port = await unusedPort();
    const error = await rejection(get(startTransport(), `http://127.0.0.1:${port}/`));

    expect(error).toBeInstanceOf(ConnectionRefusedError);
    expect(error).toMatchObject({ code: 'connection_refused', retryable: 'yes', sent: 'no' });
  });

  it('row 2 counts the resolving of the name against connectMs, and says so', async () => {
    const clock = new ManualClock();
    const asked = Promise.withResolvers<void>();
    const transport = startTransport({
      clock,
      connectMs: 1_500,
      // The guard is asked within the lookup: here it stands for a name server that is silent.
      allowTarget: () => {
        asked.resolve();
        return new Promise<boolean>(() => {});
      },
    });
    const promise = rejection(get(transport, 'http://localhost:9/'));
    await asked.promise;
    await clock.advance(1_500);

    expect(await promise).toMatchObject({
      code: 'connect_timeout',
      kind: 'timeout',
      phase: 'dns',
      retryable: 'yes',
      sent: 'no',
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('row 67 tells of a server that closes its half without an answer', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.end();
    });

    expect(await rejection(get(startTransport(), server.url))).toMatchObject({
      code: 'connection_reset',
      phase: 'headers',
      retryable: 'if-idempotent',
    });
  });

  it('row 9 tells that a reset before any byte of an answer leaves open what became of the request', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.reset();
    });
    const error = await rejection(get(startTransport(), server.url));

    expect(error).toBeInstanceOf(ConnectionResetError);
    expect(error).toMatchObject({
      code: 'connection_reset',
      phase: 'headers',
      retryable: 'if-idempotent',
      sent: 'maybe',
    });
    expect(server.connections).toHaveLength(1);
  });

  it('row 11 tells that a reset within the head came behind the request', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.socket.write('HTTP/1.1 200 OK\r\nx-a:', () => connection.reset());
    });
    const error = await rejection(get(startTransport(), server.url));

    expect(error).toMatchObject({ code: 'connection_reset', phase: 'headers', sent: 'yes' });
  });

  it.each([
    ['row 12 a reset', `${CHUNKED}3\r\nabc\r\n`, 'reset', 'body_truncated'],
    ['row 13 no last chunk', `${CHUNKED}3\r\nabc\r\n`, 'end', 'body_truncated'],
    [
      'row 13 no last chunk, the connection being closed',
      'HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n',
      'end',
      'body_truncated',
    ],
    [
      'row 14 a length too long',
      'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc',
      'end',
      'body_length_mismatch',
    ],
    [
      'row 14 a length too long, the connection being closed',
      'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 9\r\n\r\nabc',
      'end',
      'body_length_mismatch',
    ],
  ] as const)('%s fails the body behind the bytes that came', async (_name, text, how, code) => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write(text);
    });
    const { body } = await get(startTransport(), server.url);
    const reader = body[Symbol.asyncIterator]();
    const first = await reader.next();
    if (how === 'reset') server.connections[0]!.reset();
    else server.connections[0]!.end();
    const error = await rejection(reader.next());

    expect(first).toEqual({ done: false, value: Buffer.from('abc') });
    expect(error).toMatchObject({ code, phase: 'body', sent: 'yes', retryable: 'if-idempotent' });
  });

  it('row 14 reads an answer whose length is too short, and does not use its connection again', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write(`${answer('abc')}HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil`);
      await connection.closed;
    });
    const transport = startTransport();

    expect(await textOf(get(transport, server.url))).toBe('abc');
    await server.connections[0]!.closed;
    expect(transport.stats()[0]).toMatchObject({ connected: 0 });
  });

  it.each([
    ['garbage', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
    ['a status that is no number', 'HTTP/1.1 2xx OK\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
  ])('row 15 refuses %s', async (_name, text) => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write(text);
    });
    const error = await rejection(get(startTransport(), server.url).then(textOf));

    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ code: 'protocol', retryable: 'no' });
    await server.connections[0]!.closed;
  });

  it('row 15 refuses a bad chunk size in the middle of a body', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write(`${CHUNKED}3\r\nabc\r\nzz\r\n`);
    });
    const error = await rejection(get(startTransport(), server.url).then(textOf));

    expect(error).toMatchObject({ kind: 'protocol', phase: 'body' });
  });

  it('row 19 refuses a head above the limit', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write(`HTTP/1.1 200 OK\r\nx-a: ${'a'.repeat(20_000)}\r\n\r\n`);
    });
    const error = await rejection(get(startTransport(), server.url));

    expect(error).toMatchObject({ kind: 'protocol', code: 'headers_overflow', retryable: 'no' });
  });

  it('row 19 refuses more than 100 headers', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      const count = connection.index === 0 ? 99 : 100;
      connection.write(
        answer(
          'x',
          undefined,
          Array.from({ length: count }, (_, i) => `x-${i}: a`),
        ),
      );
    });

    expect(await textOf(get(startTransport(), server.url))).toBe('x');
    expect(await rejection(get(startTransport(), server.url))).toMatchObject({
      kind: 'protocol',
      code: 'headers_overflow',
    });
  });

  it('row 20 reads past some interim answers, and refuses a flood of them', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      const count = connection.index === 0 ? 32 : 10_000;
      connection.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(count));
      connection.write(answer('done'));
    });

    expect(await textOf(get(startTransport(), server.url))).toBe('done');
    expect(await rejection(get(startTransport(), server.url))).toMatchObject({
      code: 'informational_flood',
    });
  });

  it('row 24 refuses a 204 that announces a body', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write('HTTP/1.1 204 No Content\r\ncontent-length: 3\r\n\r\nabc');
    });
    const error = await rejection(get(startTransport(), server.url));

    expect(error).toMatchObject({ kind: 'protocol', code: 'protocol', retryable: 'no' });
    await server.connections[0]!.closed;
  });

  it.each([204, 304])(
    'row 24 reads a %i as empty, and does not take bytes behind it for an answer',
    async (status) => {
      const server = await startRawServer(async (connection) => {
        await connection.request();
        connection.write(
          `HTTP/1.1 ${status} x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil`,
        );
      });
      const transport = startTransport();
      const response = await get(transport, server.url);

      expect([response.status, await textOf(response)]).toEqual([status, '']);
      await server.connections[0]!.closed;
    },
  );
});

async function unusedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return typeof address === 'object' && address !== null ? address.port : 0;
}
