import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Origins, Place } from './fault.ts';
import type { SeenRequest } from './seen-request.ts';
import { openWebSocket, type WebSocketAnswer, type WebSocketWire } from './web-socket-wire.ts';

/** How long what was written may take to be read on this machine. */
const ARRIVAL_MS = 10;

/** What an exchange needs of the connection that carries it. */
export interface ExchangeWire {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  /** Breaks the connection (RST). */
  reset(): void;
  /** The connection speaks another protocol from here on. */
  toRaw(sink: (bytes: Buffer) => void): void;
  /** Bytes of a flood were given to the wire. */
  countFlood(bytes: number): void;
}

/** What an exchange knows beside its request. */
export interface ExchangeFacts {
  readonly place: Place;
  readonly turn: number;
  readonly connectionTurn: number;
  readonly origins: Origins;
}

/** Headers of an answer: names and values, or pairs where a name repeats. */
export type AnswerHeaders =
  | Readonly<Record<string, string | number>>
  | readonly (readonly [name: string, value: string | number])[];

/**
 * One request, and the wire to answer it on. What is written goes out as it is: text as UTF-8,
 * nothing added. Writing to a connection that is gone does nothing.
 */
export class FaultExchange {
  readonly request: SeenRequest;
  /** The connection itself: a TLS socket where the port speaks TLS. */
  readonly socket: Socket;
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<void>;
  /** The port that took the request. */
  readonly place: Place;
  /** How many requests for the same URL came before this one. */
  readonly turn: number;
  /** How many requests came before this one on its connection. */
  readonly connectionTurn: number;
  /** Where each port of the server is: `http://127.0.0.1:40001`. */
  readonly origins: Origins;
  readonly #wire: ExchangeWire;

  constructor(request: SeenRequest, wire: ExchangeWire, facts: ExchangeFacts) {
    this.request = request;
    this.socket = wire.socket;
    this.closed = wire.closed;
    this.place = facts.place;
    this.turn = facts.turn;
    this.connectionTurn = facts.connectionTurn;
    this.origins = facts.origins;
    this.#wire = wire;
  }

  /** Whether nothing can be written any more. */
  get isOver(): boolean {
    return this.socket.destroyed || !this.socket.writable;
  }

  /**
   * Writes these bytes. Resolves when the system has room for more: with `false` where the
   * connection is gone.
   */
  async write(data: string | Uint8Array): Promise<boolean> {
    if (this.isOver) return false;
    if (!this.socket.write(data)) await this.#drained();
    return !this.isOver;
  }

  /** Writes a head: the status line, these headers and no others, and the empty line. */
  head(status: number, headers: AnswerHeaders = {}): Promise<boolean> {
    return this.write(headText(status, headers));
  }

  /** Writes the head of a body that comes in chunks. */
  chunked(status: number, headers: Readonly<Record<string, string | number>>): Promise<boolean> {
    return this.head(status, { ...headers, 'transfer-encoding': 'chunked' });
  }

  /** Writes one chunk of a chunked body. */
  chunk(data: string | Uint8Array): Promise<boolean> {
    const bytes = Buffer.from(data);
    const size = Buffer.from(`${bytes.byteLength.toString(16)}\r\n`);
    return this.write(Buffer.concat([size, bytes, Buffer.from('\r\n')]));
  }

  /** Ends a chunked body, as it should end. */
  lastChunk(): Promise<boolean> {
    return this.write('0\r\n\r\n');
  }

  /** Writes a whole answer, with the length of its body. */
  answer(
    status: number,
    headers: Readonly<Record<string, string | number>> = {},
    body: string | Uint8Array = '',
  ): Promise<boolean> {
    const bytes = Buffer.from(body);
    const head = headText(status, { ...headers, 'content-length': bytes.byteLength });
    return this.write(Buffer.concat([Buffer.from(head), bytes]));
  }

  /** Writes the same bytes for ever, as fast as they are taken, until the connection is gone. */
  async flood(bytes: Uint8Array): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop -- one write after another
    while (await this.write(bytes)) this.#wire.countFlood(bytes.byteLength);
  }

  /** Writes what `next` gives every so many milliseconds, until the connection is gone. */
  async trickle(everyMs: number, next: () => string | Uint8Array | undefined): Promise<void> {
    for (let data = next(); data !== undefined; data = next()) {
      // oxlint-disable-next-line no-await-in-loop -- one write after another
      if (!(await this.write(data))) return;
      // oxlint-disable-next-line no-await-in-loop -- one write after another
      await this.pause(everyMs);
    }
  }

  /**
   * Resolves when what was written is with the peer, and most likely read: a reset that comes together
   * with data is the end of them to Node 22.
   */
  async delivered(): Promise<void> {
    if (this.isOver) return;
    await new Promise<void>((resolve) => {
      this.socket.write('', () => resolve());
    });
    await this.pause(ARRIVAL_MS);
  }

  /** Waits so long, or until the connection is gone. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.socket.off('close', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.socket.once('close', done);
      if (this.socket.destroyed) done();
    });
  }

  /**
   * Reads no byte from here on. What the client sends stays in the buffers of the system, and that it
   * leaves is not seen: the connection counts as open until the server closes.
   */
  stopReading(): void {
    this.socket.pause();
  }

  /** Says that there is nothing more to come (FIN), behind what was written. Goes on reading. */
  end(): void {
    this.socket.end();
  }

  /** Breaks the connection at once (RST), behind what the system has taken. */
  reset(): void {
    this.#wire.reset();
  }

  /** Answers an upgrade as RFC 6455 says, but for what `answer` says otherwise. */
  openWebSocket(answer: WebSocketAnswer = {}): Promise<WebSocketWire> {
    return openWebSocket(this, (sink) => this.#wire.toRaw(sink), answer);
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.socket.off('drain', done).off('close', done);
        resolve();
      };
      this.socket.once('drain', done).once('close', done);
    });
  }
}

function headText(status: number, headers: AnswerHeaders): string {
  const pairs = isPairs(headers) ? headers : Object.entries(headers);
  const lines = pairs.map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n${lines.join('')}\r\n`;
}

function isPairs(
  headers: AnswerHeaders,
): headers is readonly (readonly [name: string, value: string | number])[] {
  return Array.isArray(headers);
}
