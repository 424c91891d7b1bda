import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { startServer } from './loopback-server.ts';
import { answer, startRawServer } from './raw-server.ts';
import { get, rejection, startTransport, textOf } from './transport-call.ts';

const echo = () =>
  startServer(({ method, url, headers, body }, response) => {
    response.end(JSON.stringify({ method, url, headers, body: body.toString() }));
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
