import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A proxy on the loopback device. */
export interface RewritingProxy extends AsyncDisposable {
  readonly port: number;
}

/**
 * Starts a proxy that opens tunnels, and passes plain requests on with all their headers, its own
 * credentials too, so that a server that echoes what it got echoes them. One request a connection.
 */
export async function startRewritingProxy(): Promise<RewritingProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', (first: Buffer) => {
      const head = first.toString('latin1');
      const [, method = '', host = '', port = ''] =
        /^([A-Z]+) (?:http:\/\/)?([\d.]+):(\d+)/.exec(head) ?? [];
      const isTunnel = method === 'CONNECT';
      const upstream = connect(Number(port), host, () => {
        if (isTunnel) socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        else upstream.write(Buffer.from(head.replace(/ http:\/\/[\d.:]+/, ' '), 'latin1'));
        socket.pipe(upstream).pipe(socket);
      });
      sockets.add(upstream);
      upstream.on('error', () => socket.resetAndDestroy());
      upstream.on('close', () => socket.destroy());
      socket.on('close', () => upstream.destroy());
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
