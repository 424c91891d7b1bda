import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient, type Middleware } from '@linkspan/core';
import {
  acceptSessions,
  webSocketTransport,
  type WebSocketTransportOptions,
} from '@linkspan/websocket';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { echo, startServer } from './start-server.ts';

/** Listens on a port that a test knows, until it is closed. */
async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A peer that answers 503 with a hint to the first attempt, is gone at the second, and then accepts. */
async function refuseTwice(options: WebSocketTransportOptions) {
  const refusing = createServer();
  refusing.on('upgrade', (_request, socket) => {
    socket.end(
      'HTTP/1.1 503 Service Unavailable\r\nretry-after-ms: 5\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
    );
  });
  const port = await listen(refusing, 0);
  const stages = [
    async () => {},
    () => new Promise((resolve) => refusing.close(resolve)),
    async () => {
      const accepting = createServer();
      const sessions = acceptSessions(
        async (session) => {
          for await (const message of session) await session.send(message);
        },
        { plain: echo },
      );
      const { handleProtocols } = sessions;
      const webSockets = new WebSocketServer({ server: accepting, handleProtocols });
      webSockets.on('connection', sessions.handleConnection);
      onTestFinished(() => {
        for (const socket of webSockets.clients) socket.terminate();
      });
      await listen(accepting, port);
    },
  ];
  const failures: unknown[] = [];
  const staged: Middleware = (next) => async (request, context) => {
    await stages[context.attempt - 1]!();
    try {
      return await next(request, context);
    } catch (error) {
      failures.push(error);
      throw error;
    }
  };
  const client = createClient({
    transport: webSocketTransport({ baseUrl: `ws://127.0.0.1:${port}`, ...options }),
    ownTransport: true,
    middleware: [staged],
    retry: { baseDelayMs: 0 },
    env: {},
  });
  onTestFinished(() => client.close());
  return { client, failures };
}

describe('client.open() over webSocketTransport()', () => {
  it.each([
    ['a connection', {}],
    ['a session', { session: true }],
  ])('tries %s again that was refused, and loses no message', async (_what, options) => {
    const { client, failures } = await refuseTwice(options);
    const channel = await client.open({ operation: 'OPEN', target: '/' });
    await channel.send('first');
    await channel.send('second');
    const messages = channel[Symbol.asyncIterator]();

    expect([await messages.next(), await messages.next()].map(({ value }) => value)).toEqual([
      'first',
      'second',
    ]);
    expect(failures).toMatchObject([
      { status: 503, retryAfterMs: 5 },
      { code: 'connection_refused', sent: 'no' },
    ]);
  });

  it('begins a session again whose connection broke before the peer agreed, unless it must not', async () => {
    const sessions = acceptSessions(() => {});
    let connections = 0;
    const { url } = await startServer(
      (socket, request) => {
        connections += 1;
        if (connections % 2 === 1) socket.terminate();
        else sessions.handleConnection(socket, request);
      },
      { handleProtocols: sessions.handleProtocols },
    );
    onTestFinished(() => sessions.close());
    const transport = webSocketTransport({ baseUrl: url, session: true, closeMs: 10 });
    const client = createClient({ transport, ownTransport: true, retry: { baseDelayMs: 0 } });
    onTestFinished(() => client.close());

    const refused = client.open({ operation: 'OPEN', target: '/', idempotent: false });
    await expect(refused).rejects.toMatchObject({ code: 'ws_abnormal', attempts: 1 });
    connections = 0;
    await client.open({ operation: 'OPEN', target: '/' });
    expect(connections).toBe(2);
  });
});
