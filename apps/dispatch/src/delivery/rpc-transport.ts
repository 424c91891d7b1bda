import {
  type CallContext,
  ClosedError,
  ConnectionError,
  connectWebSocket,
  type ConnectWebSocketOptions,
  createBody,
  HeadRace,
  isLinkspanError,
  type LinkspanError,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from 'linkspan';
import { rpc, type RpcPeer } from 'linkspan/core/rpc';
import type { CallParams } from '../input/row.ts';

/** How the peer is reached, and waited for. */
export interface RpcTransportOptions extends ConnectWebSocketOptions {
  /** How long it may take to answer a call. */
  readonly answerMs: number;
}

/**
 * Calls of JSON-RPC 2.0 as a transport, over one WebSocket for all calls: the target of a request is
 * the method, its value the parameters, and the answer the result as JSON. The WebSocket is opened by
 * the first call, and by the next one after it broke. A call is handed to a connection that is open or
 * to none, so that it is known of every failure whether the call may have reached the peer.
 */
export class RpcTransport implements Transport {
  readonly name = 'rpc';
  readonly capabilities = {
    streaming: false,
    upload: false,
    duplex: false,
    status: false,
    sharedWire: true,
  };
  readonly #url: string;
  readonly #options: ConnectWebSocketOptions;
  readonly #answerMs: number;
  readonly #leaving = new AbortController();
  #opening: Promise<RpcPeer> | undefined;
  #peer: RpcPeer | undefined;

  constructor(url: string, { answerMs, ...options }: RpcTransportOptions) {
    this.#url = url;
    this.#options = options;
    this.#answerMs = answerMs;
  }

  async connect(): Promise<void> {
    await this.#connect();
  }

  /**
   * Calls a method and gives its result.
   *
   * @throws RpcError when the peer answers with an error; ConnectionResetError (`sent: 'maybe'`) when
   * the connection breaks first; ConnectionError (`sent: 'no'`) when there is none; TimeoutError; the
   * reason of the signal.
   */
  readonly send = async (
    { target: method, payload }: TransportRequest,
    context: CallContext,
  ): Promise<TransportResponse> => {
    const params = payload?.kind === 'value' ? (payload.value as CallParams) : undefined;
    const { signal, deadline } = context;
    const opening = new HeadRace<RpcPeer>(context, { phase: 'connect', sent: 'no' });
    const peer = await opening.run(() => this.#connect());
    const result = await peer.request(method, params, {
      signal,
      deadline,
      totalMs: this.#answerMs,
    });
    const bytes = new TextEncoder().encode(JSON.stringify(result ?? null));
    return {
      headers: { 'content-type': 'application/json' },
      body: createBody([bytes], context),
    };
  };

  /** Closes the connection. Calls that are still on it fail. */
  async close(): Promise<void> {
    await this.#peer?.close();
    this.#leaving.abort(new ClosedError('Cannot open the WebSocket: its client is closed'));
    // What becomes of one that was being opened is told to those who wait for it.
    await Promise.allSettled([this.#opening]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #connect(): Promise<RpcPeer> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open(): Promise<RpcPeer> {
    try {
      const { signal } = this.#leaving;
      const peer = rpc(await connectWebSocket(this.#url, { ...this.#options, signal }));
      void peer.closed.then(() => this.#forget());
      this.#peer = peer;
      return peer;
    } catch (error) {
      this.#forget();
      throw isLinkspanError(error) ? notSent(error) : error;
    }
  }

  #forget(): void {
    this.#opening = undefined;
    this.#peer = undefined;
  }
}

/** The failure of a call for which no connection could be made: it was not sent, whatever else was. */
function notSent(cause: LinkspanError): ConnectionError {
  const { message, code, phase, retryable, retryAfterMs } = cause;
  return new ConnectionError(message, { code, phase, retryable, retryAfterMs, sent: 'no', cause });
}
