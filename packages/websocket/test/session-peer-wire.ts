import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { PeerWire } from './peer-wire.ts';
import { WebSocketWire } from './web-socket-wire.ts';

const SUBPROTOCOL = 'linkspan.session.v1';
/** How much the client may send ahead of the scene: messages and bytes. */
const WINDOW = [1024, 1024 * 1024] as const;
const NEWLINE = 10;
const GONE = 4410;

/** What a header of the protocol may have. */
interface Header {
  readonly session?: string;
  readonly resume?: boolean;
  readonly id?: number;
  readonly ack: number;
  readonly window?: readonly [number, number];
  readonly end?: readonly [number, string];
}

/**
 * The server's side of a session, written from docs/session-protocol.md alone. It keeps no session
 * without its connection: whoever comes back is told 4410.
 */
export class SessionPeerWire implements PeerWire {
  readonly socket: Socket;
  readonly request: IncomingMessage;
  readonly #wire: WebSocketWire;
  onMessage: (data: Buffer, isBinary: boolean) => void = () => {};
  onClose: (code: number) => void = () => {};
  readonly #begun = Promise.withResolvers<void>();
  /** What is sent, one after another. */
  #queue: Promise<void> = this.#begun.promise;
  #window: readonly [number, number] = [0, 0];
  /** The sizes of what was sent and not confirmed. */
  readonly #unconfirmed: number[] = [];
  #confirmedId = 0;
  #sentId = 0;
  #receivedId = 0;
  #ackedId = 0;
  #isHeld = false;
  #hasTheirEnd = false;
  #isLeaving = false;
  #onRoom: () => void = () => {};

  constructor(request: IncomingMessage, socket: Socket) {
    this.#wire = new WebSocketWire(request, socket);
    this.request = request;
    this.socket = socket;
    socket.on('close', () => {
      this.#begun.resolve();
      this.#onRoom();
    });
  }

  open(headers: Readonly<Record<string, string>> = {}): void {
    this.#wire.onMessage = (data, isBinary) => this.#take(data, isBinary);
    this.#wire.onClose = () => this.socket.end(() => this.socket.destroy());
    this.#wire.open({ ...headers, 'Sec-WebSocket-Protocol': SUBPROTOCOL });
  }

  refuse(status: number, headers: Readonly<Record<string, string>>, body: Uint8Array): void {
    this.#wire.refuse(status, headers, body);
  }

  /** Takes nothing more from the client than its window lets it send. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#acknowledge();
  }

  async send(message: Uint8Array): Promise<void> {
    this.#queue = this.#queue.then(() => this.#send(message));
    await this.#queue;
  }

  /** Ends this side of the session. */
  async sendClose(): Promise<void> {
    this.#queue = this.#queue.then(() => this.#sendFrame(0, { end: [1000, ''] }));
    await this.#queue;
  }

  /** Ends the connection when both sides of the session have ended. */
  hangUp(): void {
    this.#isLeaving = true;
    if (this.#hasTheirEnd) this.#farewell(1000);
  }

  /** Says that the session is gone. */
  cut(): void {
    this.#farewell(GONE);
  }

  get #hasRoom(): boolean {
    const bytes = this.#unconfirmed.reduce((sum, size) => sum + size, 0);
    return this.#unconfirmed.length < this.#window[0] && bytes < this.#window[1];
  }

  async #send(message: Uint8Array): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop -- until there is room
    while (!this.#hasRoom && !this.socket.destroyed) await this.#room();
    await this.#sendFrame(message.byteLength, {}, message);
  }

  async #sendFrame(bytes: number, members: object, message?: Uint8Array): Promise<void> {
    if (this.socket.destroyed) return;
    this.#unconfirmed.push(bytes);
    this.#sentId += 1;
    const header = JSON.stringify({ id: this.#sentId, ack: this.#tellAck(), ...members });
    await this.#wire.send(
      message === undefined ? header : Buffer.concat([Buffer.from(`${header}\n`), message]),
    );
  }

  async #room(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onRoom = resolve;
    });
  }

  #take(data: Buffer, isBinary: boolean): void {
    const end = data.indexOf(NEWLINE);
    const header = JSON.parse(String(end < 0 ? data : data.subarray(0, end))) as Header;
    if (header.session !== undefined) {
      this.#welcome(header);
      return;
    }
    while (this.#confirmedId < header.ack) {
      this.#confirmedId += 1;
      this.#unconfirmed.shift();
    }
    this.#onRoom();
    if (header.id === undefined) return;
    this.#receivedId = header.id;
    if (header.end !== undefined) {
      this.#hasTheirEnd = true;
      this.release();
      if (this.#isLeaving) this.#farewell(1000);
      else this.onClose(header.end[0]);
      return;
    }
    this.onMessage(data.subarray(end + 1), isBinary);
    this.#acknowledge();
  }

  #welcome({ session, resume, window }: Header): void {
    if (resume === true || window === undefined) {
      this.#farewell(GONE);
      return;
    }
    this.#window = window;
    void this.#wire.send(JSON.stringify({ session, last: 0, ack: 0, window: WINDOW }));
    this.#begun.resolve();
  }

  #tellAck(): number {
    if (!this.#isHeld) this.#ackedId = this.#receivedId;
    return this.#ackedId;
  }

  #acknowledge(): void {
    if (this.#isHeld || this.#ackedId === this.#receivedId) return;
    void this.#wire.send(JSON.stringify({ ack: this.#tellAck() }));
  }

  #farewell(code: number): void {
    void this.#wire.sendClose(code).then(() => this.socket.end());
  }
}
