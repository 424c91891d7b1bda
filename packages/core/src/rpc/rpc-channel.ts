import type { LinkspanError } from '../errors/linkspan-error.ts';

/**
 * What {@link rpc} speaks over: a `Channel` of this package, a WebSocket of `@linkspan/websocket`, the
 * pipes of a child process. Iterating it gives messages as text, as bytes or as parsed values, and
 * ends when the channel has ended, with an error where it broke.
 */
export interface RpcChannel extends AsyncIterable<unknown> {
  /**
   * Sends one message, the text of a JSON value. Resolves when it is accepted, which may be a while:
   * the peer of {@link rpc} waits. It settles at the latest when the channel ends, and an abort that
   * it heeds takes the message back.
   */
  send(message: string, options?: { readonly signal?: AbortSignal }): Promise<unknown>;
  /** Ends the channel, and with it the iteration. */
  close(code?: number, reason?: string): Promise<unknown>;
  /** Resolves when the channel has ended. */
  readonly closed: Promise<unknown>;
  /**
   * Where a channel outlives its connections and loses what was under way on them: calls back each
   * time that happens. The requests that were sent fail then, as their answers cannot come any more.
   * Gives a function that ends the calling back.
   */
  onInterrupt?(listener: (error: LinkspanError) => void): () => void;
}

/** How the channel of a peer ended. */
export interface RpcEnd {
  /** `caller`: by `close()`. `peer`: the other side ended it. `failure`: it broke. */
  readonly by: 'caller' | 'peer' | 'failure';
  readonly error?: unknown;
}
