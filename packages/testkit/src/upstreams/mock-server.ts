import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Clock } from '@linkspan/concurrency';
import { jsonAnswer, type ValueAnswer } from './answer.ts';
import { resetConnection, untilLeft, type Wire, writeAnswer, writeValue } from './answer-writer.ts';
import { isRefusal } from './fault.ts';
import type { ReceivedRequest } from './received-request.ts';
import { RecordedRequest, urlOf } from './recorded-request.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import type { Stumble } from './stumble.ts';
import type { Upstream } from './upstream.ts';

/** Takes the connections that are upgraded to another protocol. */
export interface Upgrader {
  readonly upstream: Upstream;
  upgrade(
    message: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    request: RecordedRequest,
    onFailure: (error: unknown) => void,
  ): void;
  close(): void;
}

/** What a page in the place of an answer says. */
const PAGE = '<!doctype html><title>Sign in</title><p>This network asks you to sign in.';

/** One port of the loopback interface, with all the upstreams behind it. */
export class MockServer {
  readonly requests: RecordedRequest[] = [];
  /** What the functions of the author threw. */
  readonly failures: unknown[] = [];
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #upstreams: readonly Upstream[];
  readonly #upgrader: Upgrader;
  readonly #closing = new AbortController();
  readonly #sockets = new Set<Socket>();
  #closed: Promise<void> | undefined;

  constructor(upstreams: readonly Upstream[], upgrader: Upgrader, clock: Clock) {
    this.#upstreams = upstreams;
    this.#upgrader = upgrader;
    this.#clock = clock;
    this.#server = createServer({ keepAliveTimeout: 0 }, (message, response) => {
      void this.#serve(message, response);
    });
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('upgrade', (message: IncomingMessage, socket: Socket, head: Buffer) => {
      this.#upgrade(message, socket, head);
    });
  }

  /** Gives its port. */
  async listen(port: number): Promise<number> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  async #close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#closing.abort();
    this.#upgrader.close();
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const leave = new AbortController();
    const left = AbortSignal.any([leave.signal, this.#closing.signal]);
    response.on('error', () => leave.abort());
    let request: RecordedRequest | undefined;
    response.on('close', () => {
      leave.abort();
      if (request?.state !== 'open') return;
      request.state = response.writableFinished ? 'answered' : 'left';
    });
    try {
      const upstream = this.#find(message);
      request = new RecordedRequest(message, await text(message), upstream);
      this.requests.push(request);
      await this.#answer(upstream, request, { response, left, clock: this.#clock });
    } catch (error) {
      if (isLeaving(error, left)) response.destroy();
      else this.#fail(error, response);
    }
  }

  async #answer(
    upstream: Upstream | undefined,
    request: RecordedRequest,
    wire: Wire,
  ): Promise<void> {
    if (upstream === undefined) return writeValue(wire.response, this.#nobody(request));
    const stumble = upstream.stumbles.take(request);
    request.stumble = stumble?.kind;
    switch (stumble?.kind) {
      case 'reset-before-head':
      case 'reset-in-head':
        request.state = 'broken';
        return await resetConnection(wire.response, stumble.kind === 'reset-in-head');
      case 'no-answer':
        return await untilLeft(wire.left);
      case 'cut-stream':
        request.state = 'broken';
        break;
      default:
    }
    const instead = stumble && insteadOfAnswer(upstream, request, stumble);
    if (instead !== undefined) return writeValue(wire.response, instead);
    const answer = await upstream.answer(request);
    if (stumble?.kind === 'error-in-stream' && answer.kind === 'value') {
      return writeValue(wire.response, errorBody(upstream, request));
    }
    await writeAnswer(wire, answer, stumble);
  }

  #upgrade(message: IncomingMessage, socket: Socket, head: Buffer): void {
    const { upstream } = this.#upgrader;
    socket.on('error', () => socket.destroy());
    const isOurs = urlOf(message).pathname === upstream.prefix;
    const request = new RecordedRequest(message, '', isOurs ? upstream : undefined);
    this.requests.push(request);
    if (!isOurs) return refuseUpgrade(socket, this.#nobody(request));
    try {
      this.#upgrader.upgrade(message, socket, head, request, (error) => this.failures.push(error));
    } catch (error) {
      this.failures.push(error);
      refuseUpgrade(socket, failureAnswer(error));
    }
  }

  #find(message: IncomingMessage): Upstream | undefined {
    const { pathname } = urlOf(message);
    return this.#upstreams.find(
      ({ prefix }) => pathname === prefix || pathname.startsWith(`${prefix}/`),
    );
  }

  #nobody({ path }: ReceivedRequest): ValueAnswer {
    const known = this.#upstreams.map(({ prefix }) => prefix).join(', ');
    return jsonAnswer(404, { error: `Nobody is at ${path}; there is something at ${known}` });
  }

  /** A function of the author threw: the client is told, and so is whoever closes the server. */
  #fail(error: unknown, response: ServerResponse): void {
    this.failures.push(error);
    if (response.headersSent) response.destroy();
    else writeValue(response, failureAnswer(error));
  }
}

/** Whether an error says that nobody is there any more: the client has left, or the server closes. */
function isLeaving(error: unknown, left: AbortSignal): boolean {
  if (!left.aborted || !(error instanceof Error)) return false;
  return error.name === 'AbortError' || ('code' in error && error.code === 'ECONNRESET');
}

function failureAnswer(error: unknown): ValueAnswer {
  return jsonAnswer(500, { error: `The mock upstream failed: ${String(error)}` });
}

/** What a stumble sends in the place of the answer; nothing when it comes in the middle of it. */
export function insteadOfAnswer(
  upstream: Upstream,
  request: RecordedRequest,
  stumble: Stumble,
): ValueAnswer | undefined {
  if (isRefusal(stumble.kind)) {
    const hint = 'retryAfterMs' in stumble ? { retryAfterMs: stumble.retryAfterMs } : {};
    return upstream.refuse({ ...upstream.faults[stumble.kind], ...hint }, request);
  }
  if (stumble.kind === 'error-body') return errorBody(upstream, request);
  if (stumble.kind !== 'html') return undefined;
  const headers = { 'content-type': 'text/html; charset=utf-8' };
  return { kind: 'value', status: stumble.status ?? 200, headers, body: PAGE };
}

function errorBody(upstream: Upstream, request: RecordedRequest): ValueAnswer {
  return { ...upstream.refuse(upstream.faults['server-error'], request), status: 200 };
}
