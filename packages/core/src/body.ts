/** The body of an answer. It is read once: iterate it, `collect()` it, or `cancel()` it. */
export interface Body<Chunk = Uint8Array> extends AsyncIterable<Chunk>, AsyncDisposable {
  [Symbol.asyncIterator](): AsyncIterator<Chunk, undefined>;
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
}
