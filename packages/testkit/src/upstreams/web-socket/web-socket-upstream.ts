import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { type Answer, jsonAnswer, type ValueAnswer } from '../answer.ts';
import { type FaultTable, type ProviderFault, retryAfterHeader } from '../fault.ts';
import { insteadOfAnswer, type Upgrader } from '../mock-server.ts';
import type { ReceivedRequest } from '../received-request.ts';
import type { RecordedRequest } from '../recorded-request.ts';
import { refuseUpgrade } from '../refuse-upgrade.ts';
import type { Stumble } from '../stumble.ts';
import { StumbleScript } from '../stumble-script.ts';
import type { Upstream, UpstreamContext } from '../upstream.ts';

/** A message of a WebSocket: text, or bytes where it is binary. */
export type WebSocketMessage = string | Uint8Array;

/**
 * Answers a message with another one; with nothing, it is left unanswered. The request is the upgrade
 * of its connection.
 */
export type WebSocketReplier = (
  message: WebSocketMessage,
  request: ReceivedRequest,
) => WebSocketMessage | undefined | Promise<WebSocketMessage | undefined>;

/** How the handshake is refused. */
const faults: FaultTable = {
  'rate-limit': { status: 429, message: 'Too many connections' },
  overloaded: { status: 503, message: 'No capacity for another connection' },
  'server-error': { status: 500, message: 'Internal error' },
  quota: { status: 402, message: 'The quota of this client is used up' },
  'bad-key': { status: 401, message: 'The credentials are not known' },
};

/** The close code of a server that met with an error of its own (RFC 6455, section 7.4.1). */
const INTERNAL_ERROR = 1011;

const sendBack: WebSocketReplier = (message) => message;

/** A WebSocket that sends every message back, text as text and bytes as bytes, or what it is told to. */
export class WebSocketUpstream implements Upstream, Upgrader {
  readonly name = 'webSocket';
  readonly prefix = '/web-socket';
  readonly upstream: Upstream = this;
  readonly faults: FaultTable = faults;
  readonly stumbles: StumbleScript;
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  #replier = sendBack;

  constructor(context: UpstreamContext) {
    this.stumbles = new StumbleScript(`web socket ${context.seed}`);
  }

  /** Has the messages of every connection answered by a function. */
  reply(replier: WebSocketReplier): void {
    this.#replier = replier;
  }

  /** Forgets the function, and sends messages back. */
  clear(): void {
    this.#replier = sendBack;
  }

  /** A plain request, without a handshake. */
  answer(): Answer {
    return jsonAnswer(426, { error: 'Upgrade Required' }, { upgrade: 'websocket' });
  }

  refuse({ status, message, retryAfterMs }: ProviderFault): ValueAnswer {
    return jsonAnswer(status, { error: message }, retryAfterHeader(retryAfterMs));
  }

  upgrade(
    message: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    request: RecordedRequest,
    onFailure: (error: unknown) => void,
  ): void {
    const stumble = this.stumbles.take(request);
    request.stumble = stumble?.kind;
    const instead = stumble && insteadOfAnswer(this, request, stumble);
    if (instead !== undefined) {
      request.state = 'answered';
      return refuseUpgrade(socket, instead);
    }
    switch (stumble?.kind) {
      case 'reset-before-head':
      case 'reset-in-head':
        request.state = 'broken';
        resetSocket(socket);
        return;
      case 'no-answer':
        socket.once('close', () => (request.state = 'left'));
        return;
      default:
        this.#server.handleUpgrade(message, socket, head, (webSocket) => {
          const reply: WebSocketReplier = (received) => this.#replier(received, request);
          converse(webSocket, request, stumble, reply, onFailure);
        });
    }
  }

  close(): void {
    for (const webSocket of this.#server.clients) webSocket.terminate();
    this.#server.close();
  }
}

function converse(
  webSocket: WebSocket,
  request: RecordedRequest,
  stumble: Stumble | undefined,
  reply: WebSocketReplier,
  onFailure: (error: unknown) => void,
): void {
  const place = stumble !== undefined && 'afterEvents' in stumble ? (stumble.afterEvents ?? 1) : 1;
  let answered = 0;
  const send = (message: WebSocketMessage | undefined): void => {
    if (message !== undefined && webSocket.readyState === webSocket.OPEN) webSocket.send(message);
  };
  const fail = (error: unknown): void => {
    onFailure(error);
    webSocket.close(INTERNAL_ERROR, 'The mock upstream failed');
  };
  const answer = (received: WebSocketMessage): void => {
    try {
      const message = reply(received, request);
      // What is there at once goes out before the next message is looked at, which may break it off.
      if (message instanceof Promise) message.then(send, fail);
      else send(message);
    } catch (error) {
      fail(error);
    }
  };
  webSocket.on('error', () => webSocket.terminate());
  webSocket.on('close', (code: number) => {
    if (request.state === 'open') request.state = code === 1006 ? 'left' : 'answered';
  });
  webSocket.on('message', (data: RawData, isBinary: boolean) => {
    if (stumble === undefined || answered < place) {
      answered += 1;
      answer(isBinary ? (data as Buffer) : (data as Buffer).toString());
      return;
    }
    if (stumble.kind === 'stall') return;
    request.state = 'broken';
    if (stumble.kind === 'error-in-stream') webSocket.close(INTERNAL_ERROR, 'Internal error');
    else webSocket.terminate();
  });
}

function resetSocket(socket: Duplex): void {
  if ('resetAndDestroy' in socket && typeof socket.resetAndDestroy === 'function') {
    socket.resetAndDestroy();
  } else socket.destroy();
}
