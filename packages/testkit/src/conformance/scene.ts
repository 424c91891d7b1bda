/**
 * What a case wants the peer to do with one call. A fixture plays each of them on the wire of its
 * transport; the kit knows no wire. A scene is data, so that a peer may run in another process.
 */
export type Scene =
  /**
   * Answers, whether or not a payload comes, with these chunks, one after another, and ends the
   * body properly. The wire may join and split chunks.
   */
  | {
      readonly kind: 'answer';
      readonly chunks: readonly Uint8Array[];
      /** Only asked for with the capability `status`. @default a success */
      readonly status?: number;
      /** Only asked for with the capability `status`. Sent with the names as they are written here. */
      readonly headers?: Readonly<Record<string, string>>;
      /** How long the peer waits before the head, and again before each chunk. @default 0 */
      readonly pauseMs?: number;
    }
  /** Reads the whole payload, then answers with the same bytes and ends the body properly. */
  | { readonly kind: 'echo' }
  /** Takes the request and says nothing, until the wire is taken away. */
  | { readonly kind: 'silent' }
  /** Takes the request, then breaks the wire before a head. */
  | { readonly kind: 'drop' }
  /** Sends a head and these chunks, then nothing, until the wire is taken away. Needs `streaming`. */
  | { readonly kind: 'stall'; readonly chunks: readonly Uint8Array[] }
  /**
   * Sends a head and these chunks of a body that is longer, then breaks it: `reset`, by breaking the
   * wire; `end`, by ending it as if there were no more to come. Where answers come whole, it breaks
   * before the answer is whole.
   */
  | {
      readonly kind: 'cut';
      readonly chunks: readonly Uint8Array[];
      readonly how: 'reset' | 'end';
    }
  /**
   * Nobody is there to take the request: what connects fails. From the asking on that holds for the
   * whole stage; what is connected is broken.
   */
  | { readonly kind: 'absent' }
  /** Takes the request and answers with bytes that are not the protocol of the wire. */
  | { readonly kind: 'garbage' }
  /** Sends a body that never ends, as fast as it is taken, and counts it. Needs `streaming`. */
  | { readonly kind: 'flood'; readonly chunkBytes: number }
  /**
   * Takes the request and reads nothing of its payload. It need not notice when the wire is taken
   * away. Needs `upload`.
   */
  | { readonly kind: 'deaf' }
  /**
   * Answers at once, reading nothing of the payload, with this status (413, say) and an empty body.
   * Needs `upload`.
   */
  | { readonly kind: 'refuse'; readonly status: number }
  /**
   * Sends a head at once and every message back as it comes, takes no more while what it sent is not
   * taken, and ends when the caller has ended. Needs `duplex`.
   */
  | { readonly kind: 'converse' };
