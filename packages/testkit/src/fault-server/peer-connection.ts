import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import type { ExchangeWire } from './fault-exchange.ts';
import type { Place } from './fault.ts';
import { type RequestHead, RequestReader, type RequestSink } from './request-reader.ts';
import { SeenRequest } from './seen-request.ts';

/** What a connection needs of the server that took it. */
export interface ConnectionHost {
  /** Plays a request. The next one on the connection waits for the promise. */
  play(request: SeenRequest, connection: PeerConnection): Promise<void>;
  /** The bytes are no HTTP request. */
  onGarbage(connection: PeerConnection): void;
  countFlood(bytes: number): void;
}

/** One connection that was taken: it reads requests, one after another, and has them played. */
export class PeerConnection implements ExchangeWire, RequestSink {
  /** 1 for the first that the server took. */
  readonly id: number;
  readonly place: Place;
  /** What requests are read from and answered on: a TLS socket where the port speaks TLS. */
  readonly socket: Socket;
  readonly closed: Promise<void>;
  /** How many requests have begun. */
  requests = 0;
  readonly #raw: Socket;
  readonly #host: ConnectionHost;
  readonly #reader: RequestReader = new RequestReader(this);
  #request: SeenRequest | undefined;
  #isPlaying = false;

  constructor(
    id: number,
    place: Place,
    raw: Socket,
    secureContext: SecureContext | undefined,
    host: ConnectionHost,
  ) {
    this.id = id;
    this.place = place;
    this.#raw = raw;
    this.#host = host;
    raw.setNoDelay(true);
    // What a client breaks is its own affair here: that the connection is gone is told by 'close'.
    raw.on('error', () => {});
    this.closed = new Promise((resolve) => {
      raw.once('close', () => resolve());
    });
    this.socket =
      secureContext === undefined ? raw : new TLSSocket(raw, { isServer: true, secureContext });
    if (this.socket !== raw) {
      this.socket.on('error', () => raw.destroy());
      this.socket.on('close', () => raw.destroy());
    }
  }

  /** Begins to read requests. */
  start(): void {
    this.socket.on('data', (bytes: Buffer) => this.#reader.push(bytes));
  }

  head(head: RequestHead): void {
    this.requests += 1;
    const request = new SeenRequest(head, this.id);
    this.#request = request;
    this.#isPlaying = true;
    void this.#host.play(request, this).then(() => {
      this.#isPlaying = false;
      if (request.isComplete) this.#reader.next();
    });
  }

  body(bytes: Buffer): void {
    this.#request?.take(bytes);
  }

  end(): void {
    this.#request?.finish();
    if (!this.#isPlaying) this.#reader.next();
  }

  garbage(): void {
    this.#host.onGarbage(this);
  }

  toRaw(sink: (bytes: Buffer) => void): void {
    this.#reader.toRaw(sink);
  }

  countFlood(bytes: number): void {
    this.#host.countFlood(bytes);
  }

  reset(): void {
    if (!this.#raw.destroyed) this.#raw.resetAndDestroy();
    this.socket.destroy();
  }

  /** Takes the connection away, whatever it is at. */
  destroy(): void {
    this.socket.destroy();
    this.#raw.destroy();
  }
}
