import type { Socket } from 'node:net';
import { markAsUntransferable } from 'node:worker_threads';
import { ChunkCopies, type ChunkMemory } from '@linkspan/core/wire';

/** How much is taken off a socket at a time. */
const READ_BYTES = 64 * 1024;

const memory: ChunkMemory<Buffer> = {
  chunk: (byteCount) => Buffer.allocUnsafeSlow(byteCount),
  slab(byteCount) {
    const slab = Buffer.allocUnsafeSlow(byteCount);
    markAsUntransferable(slab.buffer);
    return slab;
  },
};

/** The `onread` option of Node's sockets. */
export interface ReadOptions {
  readonly buffer: Uint8Array;
  /** Gives `false` to be given nothing more until the socket is read on. */
  readonly callback: (this: Socket, byteCount: number) => boolean;
}

/** The reads of a socket that is read directly. */
const READS: unique symbol = Symbol('reads');

interface DirectSocket extends Socket {
  [READS]?: DirectReads;
}

/**
 * Makes the options of sockets whose bytes reach undici's parser without the stream between: where
 * they would be buffered, and told in another turn. They are read into one buffer that all sockets
 * of a connector share, and copied out of it.
 *
 * A socket is a usual one until {@link readDirectly}.
 */
export function directReadOptions(): ReadOptions {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const chunks = new ChunkCopies(buffer, memory);
  return {
    buffer,
    callback(this: DirectSocket, byteCount) {
      const chunk = chunks.take(byteCount);
      const reads = this[READS];
      // What came before goes first.
      if (reads === undefined || this.readableLength > 0) return this.push(chunk);
      return reads.give(chunk);
    },
  };
}

/** Gives what comes over a socket, made with {@link directReadOptions}, to its `readable` listeners at once. */
export function readDirectly(socket: Socket): void {
  (socket as DirectSocket)[READS] = new DirectReads(socket);
}

/** Hands chunks to who reads a socket; what is not taken waits in the socket as usual. */
class DirectReads {
  readonly #socket: Socket;
  #chunk: Buffer | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
    socket.read = (size?: number): Buffer | null => {
      const chunk = this.#chunk;
      // The stream itself calls it with 0, and is given nothing.
      if (chunk === undefined || size !== undefined) return read(size);
      this.#chunk = undefined;
      return chunk;
    };
  }

  give(chunk: Buffer): boolean {
    this.#chunk = chunk;
    this.#socket.emit('readable');
    if (this.#chunk === undefined) return true;
    this.#chunk = undefined;
    return this.#socket.push(chunk);
  }
}
