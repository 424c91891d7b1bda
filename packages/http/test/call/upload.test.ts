import { SerializationError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { answer, startRawServer } from '../raw-server.ts';
import { contextOf, rejection, startTransport, textOf } from '../transport-call.ts';

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
