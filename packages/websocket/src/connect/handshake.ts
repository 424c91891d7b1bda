import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { TimerHandle } from '@linkspan/concurrency';
import {
  type CallContext,
  ConnectionTimeoutError,
  createBody,
  HeadRace,
  type Phase,
  type ResponseHeaders,
  type Retryable,
  secretValues,
  type Sent,
  type TimeoutPlace,
  type TransportRequest,
  type TransportResponse,
} from '@linkspan/core';
import { proxyFor, type TlsConnectOptions } from '@linkspan/core/wire';
import { WebSocket } from 'ws';
import { handshakeFailure, toFailure } from '../errors.ts';
import { showMs } from '../show-ms.ts';
import { USER_AGENT } from '../user-agent.ts';
import { AnswerBody } from './answer-body.ts';
import type { ConnectionSettings } from './connection-options.ts';
import { directReadsFor } from './direct-reads.ts';
import { SocketAttempt } from './socket-attempt.ts';
import { mergeHeaders } from './upgrade-headers.ts';

/** A WebSocket that is open and paused, and the socket that it is on. */
export interface OpenSocket {
  readonly webSocket: WebSocket;
  readonly socket: Socket;
  readonly peer: string;
}

/** The answer to an upgrade. `opened` is there when it is a WebSocket; its body is empty then. */
export interface UpgradeResponse extends TransportResponse {
  readonly status: number;
  readonly opened?: OpenSocket;
}

/** The answer to an upgrade that was agreed to. */
export interface OpenedUpgrade extends UpgradeResponse {
  readonly opened: OpenSocket;
}

/** How long ws would wait for a close frame: the clock is ours. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;
const MAX_HEADER_BYTES = 16 * 1024;

/**
 * One upgrade: from the name of the peer to an open WebSocket, or to the answer that refuses it.
 * Whatever ends it early leaves nothing behind.
 */
export class Handshake {
  readonly peer: string;
  /** The race against the caller's abort and the clocks of the call. */
  readonly race: HeadRace<UpgradeResponse>;
  readonly #url: URL;
  readonly #request: TransportRequest;
  readonly #context: CallContext;
  readonly #settings: ConnectionSettings;
  readonly #tls: TlsConnectOptions<SecureContext>;
  #attempt: SocketAttempt | undefined;
  #webSocket: WebSocket | undefined;
  #socket: Socket | undefined;
  #upgrade: IncomingMessage | undefined;
  #timer: TimerHandle | undefined;
  #isOver = false;

  /**
   * @param request its headers are sent beside those of the settings
   * @throws ConfigurationError for headers that cannot be sent.
   */
  constructor(
    url: URL,
    request: TransportRequest,
    context: CallContext,
    settings: ConnectionSettings,
    tls: TlsConnectOptions<SecureContext>,
  ) {
    this.#url = url;
    this.peer = url.origin;
    this.#request = request;
    this.#context = context;
    this.#settings = settings;
    this.#tls = tls;
    const place = (): TimeoutPlace => this.#place;
    this.race = new HeadRace(context, {
      get phase() {
        return place().phase;
      },
      get sent() {
        return place().sent;
      },
      peer: this.peer,
    });
  }

  /** Whether the peer may have the upgrade. */
  get sent(): Sent {
    return this.#socket === undefined ? 'no' : 'maybe';
  }

  /** Where it is, for what a failure tells. */
  get #place(): { readonly peer: string; readonly phase: Phase; readonly sent: Sent } {
    const { peer, sent } = this;
    const phase = this.#socket === undefined ? (this.#attempt?.phase ?? 'dns') : 'headers';
    return { peer, phase, sent };
  }

  /** Nothing but the upgrade was sent, a GET: another does no harm, unless the caller knows better. */
  get #retryable(): Retryable {
    return this.#request.idempotent === false && this.sent !== 'no' ? 'if-idempotent' : 'yes';
  }

  /**
   * @throws ConnectionError, DnsError, TlsError, ProtocolError and the like; TimeoutError for a clock
   * of the call; the caller's `signal.reason`.
   */
  async run(): Promise<UpgradeResponse> {
    try {
      return await this.race.run(() => this.#upgradeSocket());
    } catch (error) {
      this.#abandon();
      throw error;
    } finally {
      this.#isOver = true;
      if (this.#timer !== undefined) this.#settings.clock.clearTimeout(this.#timer);
    }
  }

  #upgradeSocket(): Promise<UpgradeResponse> {
    const { handshakeMs, clock } = this.#settings;
    const startedAt = clock.now();
    return new Promise((resolve, reject) => {
      if (handshakeMs !== Infinity) {
        this.#timer = clock.setTimeout(
          () => reject(this.#timedOut(clock.now() - startedAt)),
          handshakeMs,
        );
      }
      const webSocket = this.#createWebSocket(reject);
      this.#webSocket = webSocket;
      webSocket.once('upgrade', (response) => {
        this.#upgrade = response;
      });
      webSocket.once('open', () => {
        // Nothing is read before somebody listens.
        webSocket.pause();
        resolve(this.#opened(webSocket));
      });
      webSocket.once('unexpected-response', (_request, response) => {
        resolve(this.#answered(response));
      });
      // It stays: what goes wrong behind the end concerns nobody.
      webSocket.on('error', (error) => reject(this.#toFailure(error)));
    });
  }

  #createWebSocket(reject: (error: unknown) => void): WebSocket {
    const { headers, subprotocols } = mergeHeaders(this.#settings, this.#request.headers);
    const { deflate, maxMessageBytes, userAgent = USER_AGENT, clock, proxy } = this.#settings;
    const url = this.#url;
    const isSecure = url.protocol === 'wss:';
    const target = {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
      isSecure,
      peer: this.peer,
      proxy: proxyFor(proxy, url.origin),
    };
    const { connectMs, lookup, allowTarget } = this.#settings;
    return new WebSocket(url, [...subprotocols], {
      headers: { 'user-agent': userAgent, ...headers },
      followRedirects: false,
      maxPayload: maxMessageBytes,
      maxHeaderSize: MAX_HEADER_BYTES,
      perMessageDeflate: deflate ? { threshold: 1024 } : false,
      // One event a turn of the loop would take a third more time.
      allowSynchronousEvents: true,
      closeTimeout: LONGEST_DELAY_MS,
      createConnection: ((
        _options: object,
        callback: (error: unknown, socket?: Socket) => void,
      ) => {
        const onread = directReadsFor(this.#settings);
        const settings = { clock, connectMs, lookup, allowTarget, tls: this.#tls, onread };
        this.#attempt = new SocketAttempt(settings, target, (error, socket) => {
          if (socket === undefined) reject(this.#toFailure(error));
          else this.#socket = socket;
          callback(error, socket);
        });
      }) as never,
    } as ConstructorParameters<typeof WebSocket>[2]);
  }

  #opened(webSocket: WebSocket): UpgradeResponse {
    const headers: ResponseHeaders = { ...this.#upgrade?.headers };
    return {
      status: 101,
      headers,
      body: createBody([], this.#context),
      opened: { webSocket, socket: this.#socket!, peer: this.peer },
    };
  }

  #answered(response: IncomingMessage): UpgradeResponse {
    const body = createBody(new AnswerBody(response, this.peer), this.#context);
    // Those of the settings are no part of the request, and the peer may repeat them all the same.
    const { headers } = mergeHeaders(this.#settings, this.#request.headers);
    return {
      status: response.statusCode ?? 0,
      headers: { ...response.headers },
      body,
      secrets: secretValues(headers),
    };
  }

  #toFailure(error: unknown): unknown {
    if (this.#upgrade !== undefined && (error as { readonly code?: unknown }).code === undefined) {
      // These texts of ws name what is wrong with the answer, and hold nothing of the request.
      return handshakeFailure(this.peer, decapitalize((error as Error).message), error);
    }
    return toFailure(error, { ...this.#place, retryable: this.#retryable });
  }

  #timedOut(elapsedMs: number): ConnectionTimeoutError {
    const { handshakeMs } = this.#settings;
    return new ConnectionTimeoutError(
      `Cannot open the WebSocket to ${this.peer}: the upgrade was not answered within ${showMs(handshakeMs)} (handshakeMs)`,
      {
        clock: 'handshakeMs',
        code: 'handshake_timeout',
        ...this.#place,
        retryable: this.#retryable,
        limitMs: handshakeMs,
        elapsedMs,
      },
    );
  }

  /** Takes everything down, also what comes later. */
  #abandon(): void {
    if (this.#isOver) return;
    this.#attempt?.abort();
    this.#webSocket?.terminate();
    this.#socket?.destroy();
  }
}

function decapitalize(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
