import { readFileSync } from 'node:fs';
import type { Http2SecureServer } from 'node:http2';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A certificate or key of the fixtures, in PEM. */
export function pem(name: string): string {
  return readFileSync(new URL(`./fixtures/${name}.pem`, import.meta.url), 'utf8');
}

/** A TLS server on the loopback device, with the certificate of this name. It closes with the test. */
export async function startTlsServer(
  answer: RequestListener,
  facts: { readonly certificate?: string; readonly options?: object } = {},
): Promise<{ readonly url: string; readonly port: number; readonly server: Server }> {
  const { certificate = 'server', options = {} } = facts;
  const server = createServer(
    { cert: pem(certificate), key: pem(`${certificate}-key`), ...options },
    answer,
  );
  const port = await listen(server);
  return { url: `https://localhost:${port}`, port, server };
}

/** Has a server listen on the loopback device until the test ends. */
export async function listen(server: Server | Http2SecureServer): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
  return (server.address() as AddressInfo).port;
}
