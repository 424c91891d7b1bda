import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';

/** A server of ws on the loopback device, for one test. */
export interface TestServer {
  readonly url: string;
  /** The sockets that are open. */
  readonly sockets: ReadonlySet<WebSocket>;
  /** The upgrades that came. */
  readonly upgrades: readonly IncomingMessage[];
  close(): Promise<void>;
}

/** Starts a server that calls `talk` for every connection. It is closed when the test is over. */
export async function startServer(
  talk: (socket: WebSocket, request: IncomingMessage, count: number) => void,
  options: ServerOptions = {},
): Promise<TestServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });
  const upgrades: IncomingMessage[] = [];
  server.on('connection', (socket, request) => {
    upgrades.push(request);
    socket.on('error', () => {});
    talk(socket, request, upgrades.length);
  });
  await new Promise((resolve) => {
    server.once('listening', resolve);
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      for (const socket of server.clients) socket.terminate();
      server.close(() => resolve());
    });
  onTestFinished(close);
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}`, sockets: server.clients, upgrades, close };
}

/** Sends every message back as it came. */
export function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
}
