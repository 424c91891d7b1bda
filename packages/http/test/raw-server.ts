import { createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** One connection to a {@link RawServer}, seen from the server. */
export interface RawConnection {
  readonly socket: Socket;
  /** 0 for the first connection that the server took. */
  readonly index: number;
  /** What has come so far, one character a byte. */
  readonly received: string;
  /** Resolves when this text has come, for the given time of asking (1 for the first). */
  arrival(text: string, count?: number): Promise<void>;
  /** Resolves when a whole request without a body has come. */
  request(count?: number): Promise<void>;
  write(text: string | Uint8Array): void;
  /** Sends this as the last bytes (FIN). */
  end(text?: string): void;
  /** Breaks the connection (RST). */
  reset(): void;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
}

/** A server whose every byte the test writes. */
export interface RawServer {
  readonly url: string;
  readonly port: number;
  readonly connections: readonly RawConnection[];
  /** Resolves with the connection of this index, when it is there. */
  connection(index: number): Promise<RawConnection>;
}

/** Starts a server on the loopback device that speaks what `script` writes. It closes with the test. */
export async function startRawServer(
  script: (connection: RawConnection) => unknown,
): Promise<RawServer> {
  const connections: RawConnection[] = [];
  const waiting = new Map<number, PromiseWithResolvers<RawConnection>>();
  const server = createServer((socket) => {
    const connection = watch(socket, connections.length);
    connections.push(connection);
    waiting.get(connection.index)?.resolve(connection);
    void script(connection);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    for (const { socket } of connections) socket.destroy();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    connections,
    async connection(index) {
      const known = connections[index];
      if (known !== undefined) return known;
      const awaited = waiting.get(index) ?? Promise.withResolvers<RawConnection>();
      waiting.set(index, awaited);
      return await awaited.promise;
    },
  };
}

/** A whole answer. */
export function answer(
  body: string,
  head = 'HTTP/1.1 200 OK',
  headers: readonly string[] = [],
): string {
  return [head, `content-length: ${Buffer.byteLength(body)}`, ...headers, '', body].join('\r\n');
}

function watch(socket: Socket, index: number): RawConnection {
  let received = '';
  let listeners: (() => void)[] = [];
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  socket.setNoDelay(true);
  socket.on('data', (data) => {
    received += data.toString('latin1');
    for (const listener of listeners) listener();
  });
  socket.on('error', () => {});
  socket.on('close', () => close());
  return {
    socket,
    index,
    closed,
    get received() {
      return received;
    },
    arrival(text, count = 1) {
      return new Promise((resolve) => {
        const look = (): void => {
          if (received.split(text).length <= count) return;
          listeners = listeners.filter((listener) => listener !== look);
          resolve();
        };
        listeners.push(look);
        look();
      });
    },
    request(count) {
      return this.arrival('\r\n\r\n', count);
    },
    write(text) {
      socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
    },
    end(text) {
      if (text === undefined) socket.end();
      else socket.end(Buffer.from(text, 'latin1'));
    },
    reset() {
      socket.resetAndDestroy();
    },
  };
}
