import { createHash } from 'node:crypto';
import type { FaultExchange } from './fault-exchange.ts';
import {
  closePayload,
  encodeFrame,
  type FrameFacts,
  FrameReader,
  opcode,
  type SeenFrame,
} from './web-socket-frames.ts';

/** What an answer to an upgrade says other than RFC 6455 asks for. */
export interface WebSocketAnswer {
  /** @default the accept key that belongs to the request */
  readonly acceptKey?: string;
  /** @default the first that the client offers, if any */
  readonly protocol?: string;
  /** @default none */
  readonly extensions?: string;
}

/** How many frames are held for a play that does not ask for them; the client waits above it. */
const MOST_HELD = 1024;
/** RFC 6455, section 1.3. */
const KEY_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** A WebSocket, seen from the server, frame by frame. */
export class WebSocketWire {
  readonly #exchange: FaultExchange;
  readonly #reader = new FrameReader();
  readonly #frames: SeenFrame[] = [];
  #waiting: ((frame: SeenFrame | undefined) => void)[] = [];
  #isHolding = false;
  #isClosed = false;

  constructor(exchange: FaultExchange) {
    this.#exchange = exchange;
    void exchange.closed.then(() => {
      this.#isClosed = true;
      for (const resolve of this.#waiting.splice(0)) resolve(undefined);
    });
  }

  /** Writes one frame: a text message, unless it says otherwise. */
  frame(facts: FrameFacts): Promise<boolean> {
    return this.#exchange.write(encodeFrame(facts));
  }

  /** Writes a close frame. The connection stays open. */
  close(code?: number, reason?: string | Uint8Array): Promise<boolean> {
    const payload = code === undefined ? '' : closePayload(code, reason);
    return this.frame({ opcode: opcode.close, payload });
  }

  /** The next frame of the client; `undefined` when the connection is gone. */
  next(): Promise<SeenFrame | undefined> {
    const frame = this.#frames.shift();
    if (this.#isHolding && this.#frames.length === 0) {
      this.#isHolding = false;
      this.#exchange.socket.resume();
    }
    if (frame !== undefined || this.#isClosed) return Promise.resolve(frame);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Ends as RFC 6455 asks for: a close frame, the client's, then the connection. */
  async closeProperly(code?: number, reason?: string | Uint8Array): Promise<void> {
    await this.close(code, reason);
    for (let frame = await this.next(); frame !== undefined; frame = await this.next()) {
      if (frame.opcode === opcode.close) break;
    }
    this.#exchange.end();
  }

  /** Sends every message back, answers pings and the close frame, until the connection is gone. */
  async echo(): Promise<void> {
    for (let frame = await this.next(); frame !== undefined; frame = await this.next()) {
      if (frame.opcode === opcode.pong) continue;
      // oxlint-disable-next-line no-await-in-loop -- one frame after another
      await this.frame(
        frame.opcode === opcode.ping
          ? { opcode: opcode.pong, payload: frame.payload }
          : { opcode: frame.opcode, fin: frame.fin, payload: frame.payload },
      );
      if (frame.opcode === opcode.close) {
        this.#exchange.end();
        return;
      }
    }
  }

  /** @internal */
  push(bytes: Buffer): void {
    for (const frame of this.#reader.push(bytes)) {
      const resolve = this.#waiting.shift();
      if (resolve === undefined) this.#frames.push(frame);
      else resolve(frame);
    }
    if (this.#frames.length < MOST_HELD || this.#isHolding) return;
    this.#isHolding = true;
    this.#exchange.socket.pause();
  }
}

/** Answers the upgrade of an exchange, and gives its connection to frames. */
export async function openWebSocket(
  exchange: FaultExchange,
  toRaw: (sink: (bytes: Buffer) => void) => void,
  answer: WebSocketAnswer,
): Promise<WebSocketWire> {
  const { headers } = exchange.request;
  const key = headers['sec-websocket-key'] ?? '';
  const offered = headers['sec-websocket-protocol']?.split(',')[0]?.trim();
  const protocol = answer.protocol ?? offered;
  const wire = new WebSocketWire(exchange);
  toRaw((bytes) => wire.push(bytes));
  await exchange.head(101, {
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-accept': answer.acceptKey ?? acceptKeyOf(key),
    ...(protocol === undefined ? undefined : { 'sec-websocket-protocol': protocol }),
    ...(answer.extensions === undefined
      ? undefined
      : { 'sec-websocket-extensions': answer.extensions }),
  });
  return wire;
}

/** The answer to a client's key: RFC 6455, section 4.2.2. */
function acceptKeyOf(key: string): string {
  return createHash('sha1')
    .update(key + KEY_SUFFIX)
    .digest('base64');
}
