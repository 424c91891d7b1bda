import type { ChannelEnd, LinkspanError, ResponseHeaders } from '@linkspan/core';

/** What a client is doing: `'reconnecting'` is between two connections. */
export type WebSocketStatus = 'connecting' | 'open' | 'reconnecting' | 'closing' | 'closed';

/** How a client ended, and what became of what it was to send. */
export interface WebSocketEnd extends ChannelEnd {
  /** 1005 where the peer gave none, 1006 where the connection broke without a word. */
  readonly code: number;
  readonly reason: string;
  /**
   * What a connection had taken and did not confirm, and no `onReconnect` was told of: each of these
   * may have reached the peer, or not (`sent: 'maybe'`). As they were given to `send()`, in their
   * order; the last 16,384 where there are more.
   */
  readonly unconfirmed: readonly unknown[];
  /** What was accepted and never sent (`sent: 'no'`), in its order. */
  readonly unsent: readonly unknown[];
}

/**
 * A WebSocket for programs: send messages, and iterate those that come. A slow reader slows the peer.
 * Leaving the loop early, and disposal, close it.
 */
export interface WebSocketClient<Message = unknown>
  extends AsyncIterable<Message, undefined>, AsyncDisposable {
  readonly status: WebSocketStatus;
  /** The subprotocol that the peer has chosen; `''` for none. */
  readonly protocol: string;
  /** The headers with which the peer has answered the last upgrade. */
  readonly headers: ResponseHeaders;
  /** How many bytes are accepted, and not taken by the system yet. */
  readonly bufferedBytes: number;
  /**
   * Sends text as text, bytes as binary, and any other value as JSON. Resolves when the message is
   * accepted: at once while less than the high-water mark is buffered. While there is no connection
   * it waits for the next one. An abort takes a message back that is not accepted yet.
   *
   * @throws ClosedError when the connection is gone for good, with its failure as the cause;
   * SerializationError when the value cannot be written; `signal.reason`.
   */
  send(message: unknown, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Closes with a code and reason, and waits up to `closeMs` for the peer to do the same. A reader
   * that waits at that moment gets what the peer still says. Idempotent.
   *
   * @throws ConfigurationError for a code or reason that cannot be sent.
   */
  close(code?: number, reason?: string): Promise<void>;
  /** Resolves when it has ended. It never rejects. */
  readonly closed: Promise<WebSocketEnd>;
  /**
   * Calls back each time a connection breaks and another one is to follow, with what broke it: what
   * was asked on the old one is not answered on the new one. `rpc()` listens. A session has no such
   * moments. Gives a function that ends the calling back.
   */
  onInterrupt?(listener: (error: LinkspanError) => void): () => void;
}
