/**
 * What a case wants the peer to do with one call. A fixture plays each of them on the wire of its
 * transport; the kit knows no wire.
 */
export type Scene =
  /** Answers at once with these chunks, one after another, and ends the body properly. */
  | { readonly kind: 'answer'; readonly chunks: readonly Uint8Array[]; readonly status?: number }
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
   * wire; `end`, by ending it as if there were no more to come. Needs `streaming`.
   */
  | {
      readonly kind: 'cut';
      readonly chunks: readonly Uint8Array[];
      readonly how: 'reset' | 'end';
    }
  /** Nobody is there to take the request: what connects fails. */
  | { readonly kind: 'absent' }
  /** Answers with bytes that are not the protocol of the wire. */
  | { readonly kind: 'garbage' }
  /** Sends a body that never ends, as fast as it is taken, and counts it. Needs `streaming`. */
  | { readonly kind: 'flood'; readonly chunkBytes: number }
  /** Takes the request and reads nothing of its payload. Needs `upload`. */
  | { readonly kind: 'deaf' }
  /** Sends every message back as it comes, and ends when the caller has ended. Needs `duplex`. */
  | { readonly kind: 'converse' };
