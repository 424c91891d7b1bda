/** What small copies share: at most this much is held on to by the smallest of them. */
const SLAB_BYTES = 8 * 1024;
/** A copy above this size has memory of its own. */
const SMALL_BYTES = 2 * 1024;

/** Bytes that can be copied from, as Node's `Buffer`. */
export interface CopyableBytes extends Uint8Array {
  copy(target: Uint8Array, targetStart: number, start: number, end: number): number;
  subarray(start: number, end: number): this;
}

/** Where {@link ChunkCopies} get memory from, which may be uninitialized. */
export interface ChunkMemory<Bytes> {
  chunk(byteCount: number): Bytes;
  /** Memory of chunks of several owners: nobody must be able to transfer it to another thread. */
  slab(byteCount: number): Bytes;
}

/**
 * Copies chunks out of a buffer that the next read will write to: large ones to memory of their own,
 * small ones side by side, as an allocation for each costs more than the copy.
 */
export class ChunkCopies<Bytes extends CopyableBytes> {
  readonly #source: Bytes;
  readonly #memory: ChunkMemory<Bytes>;
  #slab: Bytes;
  #used = 0;

  constructor(source: Bytes, memory: ChunkMemory<Bytes>) {
    this.#source = source;
    this.#memory = memory;
    this.#slab = memory.slab(SLAB_BYTES);
  }

  /** The first bytes of the source. */
  take(byteCount: number): Bytes {
    if (byteCount > SMALL_BYTES) {
      const chunk = this.#memory.chunk(byteCount);
      this.#source.copy(chunk, 0, 0, byteCount);
      return chunk;
    }
    if (this.#used + byteCount > SLAB_BYTES) {
      this.#slab = this.#memory.slab(SLAB_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += byteCount;
    this.#source.copy(this.#slab, start, 0, byteCount);
    return this.#slab.subarray(start, this.#used);
  }
}
