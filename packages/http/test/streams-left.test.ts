import { once } from 'node:events';
import { ManualClock } from '@linkspan/concurrency';
import { ClosedError, MessageTooLargeError } from '@linkspan/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createHttpClient, type HttpClient } from '../src/client/http-client.ts';
import type { HttpClientOptions } from '../src/client/http-client-options.ts';
import { type RawConnection, type RawServer, startRawServer } from './raw-server.ts';
import { rejection } from './transport-call.ts';

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';

/** A client of a server that plays `script` behind the request. */
async function upstream(
  script: (connection: RawConnection) => unknown,
  options: HttpClientOptions = {},
): Promise<{ readonly client: HttpClient; readonly server: RawServer }> {
  const server = await startRawServer(async (connection) => {
    await connection.request();
    await script(connection);
  });
  const client = createHttpClient({ baseUrl: server.url, ...options });
  onTestFinished(() => client.close());
  return { client, server };
}

const open = (client: HttpClient, signal?: AbortSignal) =>
  client.postStream('/events', undefined, { signal });

describe('a stream that is left', () => {
  it.each(['break', 'throw', 'cancel', 'dispose'])(
    'row 77 frees its connection: %s',
    async (way) => {
      const { client, server } = await upstream((peer) => peer.write(`${HEAD}data: a\n\n`));
      const failure = new Error('the reader failed');
      const stream = await open(client);
      const read = async (): Promise<void> => {
        for await (const { data } of stream) {
          expect(data).toBe('a');
          if (way === 'break') break;
          if (way === 'throw') throw failure;
          if (way === 'cancel') await stream.cancel();
          else await stream[Symbol.asyncDispose]();
        }
      };
      await read().catch((error: unknown) => {
        if (error !== failure) throw error;
      });
      await (
        await server.connection(0)
      ).closed;

      expect(await stream.outcome).toEqual({
        status: 'cancelled',
        events: 1,
        timeToFirstEventMs: expect.any(Number),
      });
      expect(client.inFlight()).toEqual([]);
      expect(client.stats()).toMatchObject([{ running: 0 }]);
    },
  );

  it('row 69 throws the reason of the caller itself, and frees its connection', async () => {
    const { client, server } = await upstream((peer) => peer.write(`${HEAD}data: a\n\n`));
    const controller = new AbortController();
    const reason = { why: 'enough' };
    const stream = await open(client, controller.signal);
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    const next = rejection(events.next());
    controller.abort(reason);

    expect(await next).toBe(reason);
    expect(await stream.outcome).toMatchObject({ status: 'cancelled', events: 1 });
    await (
      await server.connection(0)
    ).closed;
    expect(client.inFlight()).toEqual([]);
  });

  it('row 69 is left before it began, in the wait between two attempts', async () => {
    const clock = new ManualClock();
    const waits: number[] = [];
    const { client, server } = await upstream(
      (peer) => peer.end('HTTP/1.1 503 Busy\r\nretry-after: 30\r\ncontent-length: 0\r\n\r\n'),
      { clock, retry: { onRetry: ({ waitMs }) => waits.push(waitMs) } },
    );
    const controller = new AbortController();
    const call = rejection(Promise.resolve(open(client, controller.signal)));
    await vi.waitFor(() => expect(waits).toEqual([30_000]));
    controller.abort('enough');

    expect(await call).toBe('enough');
    expect(server.connections).toHaveLength(1);
    await client.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('row 75 fails with ClosedError when its client closes', async () => {
    const { client } = await upstream((peer) => peer.write(`${HEAD}data: a\n\n`));
    const streams = await Promise.all(Array.from({ length: 20 }, () => open(client)));
    const ends = streams.map(async (stream) => await rejection(stream.result()));
    await client.close();

    for (const error of await Promise.all(ends)) expect(error).toBeInstanceOf(ClosedError);
    for (const { outcome } of streams) {
      // oxlint-disable-next-line no-await-in-loop -- all are there
      expect(await outcome).toMatchObject({ status: 'failed' });
    }
  });

  it('row 66 holds its peer back while nobody reads', async () => {
    const event = `data: ${'x'.repeat(64 * 1024)}\n\n`;
    let written = 0;
    let isStopped = false;
    const { client } = await upstream(async ({ socket }) => {
      socket.write(HEAD);
      for (let index = 0; index < 2_000; index++) {
        written += event.length;
        if (socket.write(event)) continue;
        isStopped = true;
        // oxlint-disable-next-line no-await-in-loop -- writes come one after another
        await once(socket, 'drain');
        isStopped = false;
      }
      socket.end();
    });
    const stream = await open(client);
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    const before = await vi.waitUntil(async () => {
      const seen = written;
      for (let turn = 0; turn < 20; turn++) {
        // oxlint-disable-next-line no-await-in-loop -- turns come one after another
        await new Promise(setImmediate);
      }
      return isStopped && seen === written ? seen : undefined;
    });

    expect(before).toBeLessThan(64 * 1024 * 1024);
    let count = 1;
    for await (const { data } of stream) count += data.length === 64 * 1024 ? 1 : 0;
    expect(count).toBe(2_000);
  });

  it('row 47 fails at a line without an end, soon after the limit', async () => {
    let written = 0;
    const { client, server } = await upstream(async ({ socket }) => {
      socket.write(HEAD);
      const part = Buffer.alloc(64 * 1024, 'x');
      while (!socket.destroyed) {
        written += part.length;
        // oxlint-disable-next-line no-await-in-loop -- writes come one after another
        if (!socket.write(part)) await once(socket, 'drain').catch(() => undefined);
      }
    });
    const error = await rejection((await open(client)).result());
    await (
      await server.connection(0)
    ).closed;

    expect(error).toBeInstanceOf(MessageTooLargeError);
    expect((error as Error).message).toMatch(/1048576 bytes \(maxLineBytes\)|maxLineBytes/);
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  it('row 26 replaces bytes that are not UTF-8, as the standard says', async () => {
    const { client } = await upstream((peer) => {
      peer.write(HEAD);
      peer.socket.end(Buffer.from([...Buffer.from('data: a'), 0xff, 0x0a, 0x0a]));
    });
    const seen: string[] = [];
    for await (const { data } of open(client)) seen.push(data);

    expect(seen).toEqual(['a\ufffd']);
  });
});

describe('a hook that fails', () => {
  const failure = new Error('the hook failed');
  const fail = (): never => {
    throw failure;
  };
  const reset = (peer: RawConnection): void => peer.reset();

  it('row 78 changes nothing of the failure that it is told of', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    const { client, server } = await upstream(reset, {
      onError: fail,
      retry: { maxRetries: 1, baseDelayMs: 0, onRetry: fail },
    });

    expect(await rejection(client.get('/a'))).toMatchObject({ kind: 'network', attempts: 2 });
    expect(server.connections).toHaveLength(2);
    await vi.waitFor(() => expect(warnings).toHaveLength(2));
    expect(warnings.map(({ cause }) => cause)).toEqual([failure, failure]);
  });

  it('row 78 fails the call that it takes part in, and frees the wire', async () => {
    const whole = 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc';
    const { client, server } = await upstream((peer) => peer.write(whole), { onResponse: fail });

    expect(await rejection(client.get('/a'))).toBe(failure);
    await (
      await server.connection(0)
    ).closed;
    expect(client.inFlight()).toEqual([]);
    expect(client.stats()).toMatchObject([{ running: 0 }]);
  });
});
