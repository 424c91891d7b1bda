import {
  type CallContext,
  ClosedError,
  ConnectionError,
  connectWebSocket,
  type ConnectWebSocketOptions,
  Deadline,
  HeadRace,
  isLinkspanError,
  type LinkspanError,
} from 'linkspan';
import { rpc, type RpcPeer, type RpcRequestOptions } from 'linkspan/core/rpc';
import type { CallParams } from '../input/row.ts';

/**
 * Calls a peer that speaks JSON-RPC 2.0, over one WebSocket for all calls. It is opened by the first
 * call, and by the next one after it broke. A call is handed to a connection that is open or to none,
 * so that it is known of every failure whether the call may have reached the peer.
 */
export class WebSocketCaller {
  readonly #url: string;
  readonly #options: ConnectWebSocketOptions;
  readonly #leaving = new AbortController();
  #opening: Promise<RpcPeer> | undefined;
  #peer: RpcPeer | undefined;

  constructor(url: string, options: ConnectWebSocketOptions) {
    this.#url = url;
    this.#options = options;
  }

  /**
   * Calls a method and gives its result.
   *
   * @throws RpcError when the peer answers with an error; ConnectionResetError (`sent: 'maybe'`) when
   * the connection breaks first; ConnectionError (`sent: 'no'`) when there is none; TimeoutError; the
   * reason of the signal.
   */
  async call(
    method: string,
    params: CallParams | undefined,
    options: RpcRequestOptions,
  ): Promise<unknown> {
    const { signal, deadline = Deadline.never() } = options;
    const opening = new HeadRace<RpcPeer>(contextOf(signal, deadline), {
      phase: 'connect',
      sent: 'no',
    });
    const peer = await opening.run(() => this.#connect());
    return await peer.request(method, params, options);
  }

  /** Closes the connection. Calls that are still on it fail. */
  async close(): Promise<void> {
    await this.#peer?.close();
    this.#leaving.abort(new ClosedError('Cannot open the WebSocket: its client is closed'));
    // What becomes of one that was being opened is told to those who wait for it.
    await Promise.allSettled([this.#opening]);
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

function contextOf(signal: AbortSignal | undefined, deadline: Deadline): CallContext {
  return {
    signal,
    deadline,
    attempt: 1,
    streaming: false,
    attemptMs: Infinity,
    idleMs: Infinity,
    acceptStatus: () => true,
  };
}
