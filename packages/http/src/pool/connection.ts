import type { Socket } from 'node:net';
import type { Clock } from '@linkspan/concurrency';
import type { Phase } from '@linkspan/core';
import type { buildConnector, Client as UndiciClient } from 'undici';
import { toFailure } from '../errors.ts';
import type { ConnectAttempt, Connector } from './connector.ts';
import type { ProxyServer } from '@linkspan/core/wire';
import { readDirectly } from './direct-reads.ts';
import { skipContinue } from './skip-continue.ts';
import { type StreamTaker, StreamWatch } from './stream-watch.ts';
import { Client } from './undici-parts.ts';

/** What a connection needs to know of the transport and its pool. */
export interface ConnectionSettings {
  /** What the requests are for: `https://api.example.com`. */
  readonly origin: string;
  /** Takes plain requests in the origin's place. */
  readonly forwardProxy: ProxyServer | undefined;
  readonly connector: Connector;
  readonly pipelining: number;
  readonly keepAliveTimeoutMs: number;
  readonly maxHeaderBytes: number;
  readonly http2: boolean;
  readonly clock: Clock;
}

/** Who is told when a connection comes and goes. */
export interface ConnectionOwner {
  onConnected(connection: Connection): void;
  onDisconnected(connection: Connection): void;
}

/** How many calls share one HTTP/2 connection; a server may allow fewer. */
const HTTP2_STREAMS = 100;

/** How old a connection that was not used yet may be before its peer may have given it up. */
const FRESH_MS = 1_000;

/**
 * One place in a pool: an undici client, which has one socket at a time and makes a new one when it
 * needs it.
 */
export class Connection {
  readonly client: UndiciClient;
  /** How many calls have this connection. */
  inFlight = 0;
  /** How many may have it. */
  limit: number;
  /** It stands among the free ones of its pool. */
  isListed = false;
  isConnected = false;
  /** A request was sent, and nothing of an answer has come. Of no use where requests are pipelined. */
  awaitsHead = false;
  #isDiscarded = false;
  /** How many requests the socket of the moment has carried. */
  #served = 0;
  #attempt: ConnectAttempt | undefined;
  #lastPhase: Phase = 'connect';
  #streams: StreamWatch | undefined;
  readonly #settings: ConnectionSettings;
  readonly #owner: ConnectionOwner;
  /** A socket that was made before there was a request for it. */
  #warmSocket: Socket | undefined;
  #warmSince = 0;

  constructor(settings: ConnectionSettings, owner: ConnectionOwner) {
    this.#settings = settings;
    this.#owner = owner;
    const { origin, forwardProxy, pipelining, http2 } = settings;
    this.limit = http2 && origin.startsWith('https:') ? 1 : pipelining;
    this.client = new Client(forwardProxy?.origin ?? origin, {
      allowH2: http2,
      pipelining,
      keepAliveTimeout: settings.keepAliveTimeoutMs,
      maxHeaderSize: settings.maxHeaderBytes,
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (options, callback) => this.#connect(options, callback),
    });
    this.client.on('disconnect', () => {
      this.isConnected = false;
      this.#streams?.stop();
      this.#streams = undefined;
      owner.onDisconnected(this);
    });
  }

  /** Makes the socket before there is a request for it. */
  async warm(signal: AbortSignal | undefined): Promise<void> {
    const { protocol, hostname, host, port } = new URL(this.#peer);
    const plain = hostname.replace(/^\[|\]$/g, '');
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const attempt = this.#settings.connector.open(
      { protocol, hostname: plain, host, port },
      (error, socket) => {
        this.#attempt = undefined;
        if (error !== null) reject(error);
        else resolve(socket);
      },
    );
    this.#attempt = attempt;
    const abort = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', abort);
    try {
      const socket = await promise;
      this.#warmSocket = socket;
      this.#warmSince = this.#settings.clock.now();
      socket.unref();
      socket.once('close', this.#onWarmClose);
      this.#connected(socket);
    } catch (error) {
      this.#owner.onDisconnected(this);
      if (signal?.aborted === true) throw signal.reason;
      const { origin } = this.#settings;
      throw toFailure(error, { origin, phase: attempt.phase, sent: 'no', hasLength: false });
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** How far the making of the connection is. */
  get phase(): Phase {
    return this.#attempt?.phase ?? this.#lastPhase;
  }

  /** Whether several calls are on it at a time, each on a stream of its own. */
  get isShared(): boolean {
    return this.limit === HTTP2_STREAMS;
  }

  /** Whether requests are sent behind others whose answers have not come. */
  get pipelines(): boolean {
    return this.#settings.pipelining > 1;
  }

  /** The request of a call goes over it now. Says whether its socket has carried one before. */
  use(call: StreamTaker): boolean {
    this.awaitsHead = true;
    this.#streams?.expect(call);
    return this.#served++ > 0;
  }

  /** Closes it for good, at once. Resolves when nothing of it is left. */
  async discard(): Promise<void> {
    if (this.#isDiscarded) return;
    this.#isDiscarded = true;
    this.#attempt?.abort();
    this.#warmSocket?.destroy();
    this.#streams?.stop();
    await this.client.destroy();
  }

  get #peer(): string {
    return this.#settings.forwardProxy?.origin ?? this.#settings.origin;
  }

  #connect(options: buildConnector.Options, callback: buildConnector.Callback): void {
    const socket = this.#warmSocket;
    if (socket !== undefined && !socket.destroyed) {
      this.#prepare(socket);
      this.#warmSocket = undefined;
      socket.off('close', this.#onWarmClose);
      // Idle it did not hold the process; the call that takes it over must.
      socket.ref();
      if (isHttp2(socket)) this.#streams ??= new StreamWatch();
      // One that has waited may be closed by its peer by now, as one that has carried a request.
      this.#served = this.#settings.clock.now() - this.#warmSince > FRESH_MS ? 1 : 0;
      queueMicrotask(() => callback(null, socket));
      return;
    }
    const attempt = this.#settings.connector.open(options, (error, connected) => {
      this.#lastPhase = attempt.phase;
      this.#attempt = undefined;
      if (error !== null) {
        callback(error, null);
        return;
      }
      this.#served = 0;
      this.#prepare(connected);
      // Requests that wait are sent within the callback.
      if (isHttp2(connected)) this.#streams ??= new StreamWatch();
      callback(null, connected);
      this.#connected(connected);
    });
    this.#attempt = attempt;
  }

  #prepare(socket: Socket): void {
    // A connector that may make HTTP/2 leaves reading to Node.
    if (!this.#settings.http2) readDirectly(socket);
    // Behind a request that waits for the one before, an answer cannot be told from its body.
    if (!isHttp2(socket) && !this.pipelines) skipContinue(socket, () => this.awaitsHead);
  }

  #connected(socket: Socket): void {
    this.isConnected = true;
    this.limit = isHttp2(socket) ? HTTP2_STREAMS : this.#settings.pipelining;
    this.#owner.onConnected(this);
  }

  readonly #onWarmClose = (): void => {
    this.isConnected = false;
    this.#owner.onDisconnected(this);
  };
}

function isHttp2(socket: Socket): boolean {
  return 'alpnProtocol' in socket && socket.alpnProtocol === 'h2';
}
