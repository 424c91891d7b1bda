import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A server of this process on a free port of the loopback interface. */
export interface Upstream extends AsyncDisposable {
  readonly origin: string;
}

/** How an upstream answers one request. */
export type Answerer = (exchange: Exchange) => Promise<void>;

/** One request, read to its end, and the way to answer it. */
export interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  /** The decoded JSON body; `undefined` without one, or when it is no JSON. */
  readonly body: unknown;
  readonly response: ServerResponse;
}

/** Starts a server; disposing it ends its connections, whatever is on them. */
export async function startUpstream(answer: Answerer): Promise<Upstream> {
  const server = createServer(listener(answer));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => stop(server),
  };
}

function listener(answer: Answerer): RequestListener {
  return (request, response) => {
    readExchange(request, response)
      .then(answer)
      .catch((error: unknown) => {
        // The caller has left in the middle of a stream, or this is a defect of the upstream.
        if (response.headersSent) response.destroy();
        else sendJson(response, 500, errorBody(String(error), 'internal_error'));
      });
  };
}

async function readExchange(request: IncomingMessage, response: ServerResponse): Promise<Exchange> {
  const { method = 'GET', url = '/', headers } = request;
  return {
    method,
    url: new URL(url, 'http://upstream'),
    headers,
    body: parseBody(await text(request)),
    response,
  };
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

/** Answers with a value as JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

/** The way OpenAI-compatible servers and most others write an error. */
export function errorBody(message: string, type: string, code: string | null = null): object {
  return { error: { message, type, code, param: null } };
}
