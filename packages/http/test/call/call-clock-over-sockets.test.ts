import { Deadline, ManualClock } from '@linkspan/concurrency';
import { TimeoutError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { answer, startRawServer } from '../raw-server.ts';
import { get, rejection, startTransport, textOf } from '../transport-call.ts';

const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

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
