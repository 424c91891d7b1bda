import { createServer } from 'node:net';
import { Deadline, ManualClock } from '@linkspan/concurrency';
import {
  ConnectionRefusedError,
  ConnectionResetError,
  DnsError,
  type Payload,
  ProtocolError,
  SerializationError,
  TimeoutError,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { answer, startRawServer } from '../raw-server.ts';
import { contextOf, get, rejection, startTransport, textOf } from '../transport-call.ts';

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

    expect(Buffer.from(first.value ?? []).toString()).toBe('abc');
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

describe('a call over a connection that was kept', () => {
  const serveThenReset = () =>
    startRawServer(async (connection) => {
      await connection.request();
      connection.write(answer(`first ${connection.index}`));
      await connection.request(2);
      connection.reset();
    });

  it('row 10 goes once more on a new connection when the kept one turns out to be closed', async () => {
    const server = await serveThenReset();
    const transport = startTransport();

    expect(await textOf(get(transport, server.url))).toBe('first 0');
    expect(await textOf(get(transport, server.url))).toBe('first 1');
    expect(server.connections).toHaveLength(2);
  });

  it('row 10 does not send a POST again, which may have been done', async () => {
    const server = await serveThenReset();
    const transport = startTransport();
    const post = (headers: Readonly<Record<string, string>>) =>
      transport.send({ operation: 'POST', target: server.url, headers }, contextOf());

    await textOf(get(transport, server.url));
    const error = await rejection(post({}));

    expect(error).toMatchObject({ code: 'connection_reset', sent: 'maybe' });
    await textOf(get(transport, server.url));
    expect(await textOf(post({ 'idempotency-key': 'k' }))).toBe('first 2');
  });

  it('row 10 opens a factory body anew, and does not send a stream again', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write(answer('first'));
      await connection.arrival('0\r\n\r\n');
      connection.reset();
    });
    const transport = startTransport();
    const source = async function* () {
      yield Buffer.from('body');
    };
    const put = (payload: Payload) =>
      transport.send({ operation: 'PUT', target: server.url, payload }, contextOf());

    await textOf(get(transport, server.url));
    expect(await textOf(put({ kind: 'factory', open: source }))).toBe('first');
    await server.connections[1]!.arrival('body');
    await textOf(get(transport, server.url));
    const error = await rejection(put({ kind: 'stream', stream: source() }));

    expect(error).toMatchObject({ code: 'connection_reset' });
  });

  it('row 10 is tried once, and not for ever', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      if (connection.index > 0) {
        connection.reset();
        return;
      }
      connection.write(answer('first'));
      await connection.request(2);
      connection.reset();
    });
    const transport = startTransport();
    await textOf(get(transport, server.url));

    expect(await rejection(get(transport, server.url))).toMatchObject({ code: 'connection_reset' });
    expect(server.connections).toHaveLength(2);
  });
});

describe('the clocks of a call', () => {
  it('row 16 does not rewind attemptMs for a head that trickles', async () => {
    const clock = new ManualClock();
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write('HTTP/1.1 2');
    });
    const transport = startTransport({ connectMs: Infinity });
    const promise = rejection(
      get(transport, server.url, { deadline: Deadline.never(clock), attemptMs: 1_000 }),
    );
    await (await server.connection(0)).request();
    await clock.advance(999);
    server.connections[0]!.write('00 OK\r\nx');
    await clock.advance(1);

    const error = await promise;
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      clock: 'attemptMs',
      code: 'headers_timeout',
      phase: 'headers',
      limitMs: 1_000,
      elapsedMs: 1_000,
      retryable: 'if-idempotent',
    });
    await server.connections[0]!.closed;
  });

  it('row 17 E18 fails a body that is silent for idleMs while somebody waits', async () => {
    const clock = new ManualClock();
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write(`${CHUNKED}3\r\nabc\r\n`);
    });
    const { body } = await get(startTransport(), server.url, {
      deadline: Deadline.never(clock),
      idleMs: 500,
    });
    const reader = body[Symbol.asyncIterator]();
    await reader.next();
    await clock.advance(10_000);
    const next = rejection(reader.next());
    await clock.advance(500);

    expect(await next).toMatchObject({ clock: 'idleMs', code: 'body_timeout', limitMs: 500 });
    await server.connections[0]!.closed;
    expect(clock.pendingTimers).toBe(0);
  });

  it('row 18 fails at the deadline although bytes trickle', async () => {
    const clock = new ManualClock();
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write(`${CHUNKED}1\r\na\r\n`);
    });
    const { body } = await get(startTransport(), server.url, {
      deadline: Deadline.after(2_000, clock),
      idleMs: 1_500,
    });
    const reader = body[Symbol.asyncIterator]();
    await reader.next();
    const second = reader.next();
    await clock.advance(1_000);
    server.connections[0]!.write('1\r\nb\r\n');
    await second;
    const third = rejection(reader.next());
    await clock.advance(1_000);

    expect(await third).toMatchObject({ clock: 'totalMs', code: 'deadline', retryable: 'no' });
  });

  it('P35 the deadline ends a call that waits for the head', async () => {
    const clock = new ManualClock();
    const server = await startRawServer(() => {});
    const promise = rejection(
      get(startTransport(), server.url, { deadline: Deadline.after(300, clock) }),
    );
    await (await server.connection(0)).request();
    await clock.advance(300);

    expect(await promise).toMatchObject({ kind: 'timeout', clock: 'totalMs', elapsedMs: 300 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('sends nothing when the deadline has passed before', async () => {
    const clock = new ManualClock();
    const server = await startRawServer(() => {});
    const error = await rejection(
      get(startTransport(), server.url, { deadline: Deadline.after(0, clock) }),
    );

    expect(error).toMatchObject({ clock: 'totalMs', sent: 'no' });
    expect(server.connections).toHaveLength(0);
  });

  it('row 73 lets bytes win that are in the socket when a late timer fires', async () => {
    const clock = new ManualClock();
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write(answer('in time'));
      await connection.arrival('never');
    });
    const promise = get(startTransport(), server.url, {
      deadline: Deadline.never(clock),
      attemptMs: 100,
    });
    await (await server.connection(0)).request();
    // The answer is written in this turn; the timer fires before the loop has polled the socket.
    const advanced = clock.advance(100);

    expect(await textOf(promise)).toBe('in time');
    await advanced;
  });
});

describe('an upload', () => {
  const source = (chunks: number, onEnd: () => void) =>
    (async function* () {
      try {
        for (let index = 0; index < chunks; index++) yield Buffer.alloc(16 * 1024, 97);
      } finally {
        onEnd();
      }
    })();

  it('row 23 gives the status of an early answer, and leaves the source', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.write(
        answer('too large', 'HTTP/1.1 413 Content Too Large', ['connection: close']),
      );
    });
    let isLeft = false;
    const response = await startTransport().send(
      {
        operation: 'POST',
        target: server.url,
        payload: { kind: 'stream', stream: source(1e6, () => (isLeft = true)) },
      },
      contextOf(),
    );

    expect(response.status).toBe(413);
    expect(await textOf(response)).toBe('too large');
    await server.connections[0]!.closed;
    await expect.poll(() => isLeft).toBe(true);
  });

  it('row 66 reads the source no faster than the peer takes it', async () => {
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.socket.pause();
    });
    let read = 0;
    const stream = (async function* () {
      for (; read < 10_000; read++) yield Buffer.alloc(64 * 1024);
    })();
    const controller = new AbortController();
    const promise = rejection(
      startTransport().send(
        { operation: 'POST', target: server.url, payload: { kind: 'stream', stream } },
        contextOf({ signal: controller.signal }),
      ),
    );
    await (await server.connection(0)).request();
    let before = -1;
    // Until the buffers of the kernel are full.
    await expect.poll(() => before === (before = read), { interval: 50 }).toBe(true);
    controller.abort('enough');

    expect(await promise).toBe('enough');
    expect(read).toBeLessThan(1_000);
  });

  it('fails with the failure of its source', async () => {
    const server = await startRawServer(() => {});
    const cause = new Error('disk');
    const stream = (async function* () {
      yield Buffer.from('abc');
      throw cause;
    })();
    const error = await rejection(
      startTransport().send(
        { operation: 'POST', target: server.url, payload: { kind: 'stream', stream } },
        contextOf(),
      ),
    );

    expect(error).toBeInstanceOf(SerializationError);
    expect(error).toMatchObject({ code: 'body_source', cause });
    await (
      await server.connection(0)
    ).closed;
  });

  it.each([2, 4])('fails when %i bytes come where 3 were announced', async (length) => {
    const server = await startRawServer(() => {});
    const open = async function* () {
      yield Buffer.alloc(length);
    };
    const error = await rejection(
      startTransport().send(
        {
          operation: 'POST',
          target: server.url,
          payload: { kind: 'factory', open, byteLength: 3 },
        },
        contextOf(),
      ),
    );

    expect(error).toMatchObject({ code: 'request_length_mismatch', kind: 'message' });
  });
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
