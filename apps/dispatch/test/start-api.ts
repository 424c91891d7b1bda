import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** Answers the request of a row. */
export type Answerer = (id: string, response: ServerResponse, request: IncomingMessage) => void;

/**
 * A JSON API of a test's own, which knows the row of every request; gives its base URL.
 *
 * @param onCheck told of health checks, which are no requests of rows.
 */
export async function startApi(answer: Answerer, onCheck?: () => void): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === 'HEAD') {
      onCheck?.();
      response.end();
    } else answer(String(request.headers['x-client-request-id']), response, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The answer of a row that nothing is the matter with. */
export function sendOk(response: ServerResponse): void {
  response.setHeader('content-type', 'application/json').end('{"ok":true}');
}
