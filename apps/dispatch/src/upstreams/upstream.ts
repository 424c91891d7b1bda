import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

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

/** Takes its server down, with all that is in flight on it. */
export class UpstreamCrash extends Error {
  override readonly name = 'UpstreamCrash';
}

/** Where and how long an upstream serves. */
export interface ServeOptions {
  /** 0 for any that is free. */
  readonly port: number;
  /** Aborts when it is to end. */
  readonly signal: AbortSignal;
  /** Told the port when it takes requests. */
  readonly listening: (port: number) => void;
}

/**
 * Serves on the loopback interface until the signal aborts. Its connections end with it, whatever is
 * on them.
 *
 * @throws UpstreamCrash when answering a request throws that.
 */
export async function serve(answer: Answerer, options: ServeOptions): Promise<void> {
  const { port, signal, listening } = options;
  const { promise: crashed, reject: crash } = Promise.withResolvers<never>();
  const server = createServer(listener(answer, crash));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  listening((server.address() as AddressInfo).port);
  try {
    await Promise.race([crashed, untilAborted(signal)]);
  } finally {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

function listener(answer: Answerer, crash: (error: UpstreamCrash) => void): RequestListener {
  return (request, response) => {
    readExchange(request, response)
      .then(answer)
      .catch((error: unknown) => {
        if (error instanceof UpstreamCrash) crash(error);
        // The caller has left in the middle of a stream, or this is a defect of the upstream.
        else if (response.headersSent) response.destroy();
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
