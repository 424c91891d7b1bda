/** Why a side was closed, where the protocol has words for it: a WebSocket's code and reason. */
export interface CloseReason {
  readonly code?: number;
  readonly reason?: string;
}

/** The body of an answer. It is read once: iterate it, `collect()` it, or `cancel()` it. */
export interface Body<Chunk = Uint8Array> extends AsyncIterable<Chunk>, AsyncDisposable {
  /** The value at its end is why the peer ended it, where the protocol has words for that. */
  [Symbol.asyncIterator](): AsyncIterator<Chunk, CloseReason | undefined>;
  /**
   * Reads what is left, to the end.
   *
   * @throws MessageTooLargeError when the chunks hold more than `maxBytes`.
   */
  collect(options?: { readonly maxBytes?: number }): Promise<readonly Chunk[]>;
  /** Leaves what is left unread and frees the wire. Does nothing when the body is at its end. */
  cancel(reason?: unknown): Promise<void>;
  /** Calls back once, when the body was read to its end, failed, or was cancelled. */
  onClose(listener: () => void): void;
  /**
   * Takes the body, as iterating it does, for a reader that takes chunks without a promise for each.
   * A body need not offer it; one that wraps another offers its own or none.
   */
  feed?(sink: ChunkSink<Chunk>): ChunkFeed<Chunk>;
}

/** Gives the chunks of a body one by one, each when it is asked for. */
export interface ChunkFeed<Chunk = Uint8Array> {
  /**
   * The next chunk, if it is there. Otherwise the sink is called once: with the chunk when it comes,
   * with the end or with the failure; at once when the body is over.
   *
   * @param now the time on the clock of the call's deadline, where the reader has just looked at it:
   * a body that keeps an idle clock need not look again.
   */
  take(now?: number): Chunk | undefined;
}

/** What a {@link ChunkFeed} calls when it had nothing to give. Its methods do not throw. */
export interface ChunkSink<Chunk = Uint8Array> {
  chunk(chunk: Chunk): void;
  end(): void;
  fail(error: unknown): void;
}
