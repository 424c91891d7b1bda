import { ManualClock } from '@linkspan/concurrency';
import { type Payload } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { answer, startRawServer } from '../raw-server.ts';
import { contextOf, get, rejection, startTransport, textOf } from '../transport-call.ts';

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

  it.each([
    ['row 9 takes a connection that was just made for a new one', 0, 1],
    ['row 10 takes a connection that was made some time ago for a kept one', 1_001, 2],
  ])('%s', async (_name, ageMs, connections) => {
    const clock = new ManualClock();
    const server = await startRawServer(async (connection) => {
      await connection.request();
      connection.reset();
    });
    const transport = startTransport({ baseUrl: server.url, clock });
    await transport.connect();
    await clock.advance(ageMs);

    expect(await rejection(get(transport, '/'))).toMatchObject({ code: 'connection_reset' });
    expect(server.connections).toHaveLength(connections);
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
