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

const known = new WeakMap<object, ReadOptions>();

/**
 * How the sockets of connections with the same settings read: into one buffer that they share, out of
 * which what has come is copied, and given to ws past the buffer of the stream. Where something is in
 * that, or the socket is paused, it waits there as usual.
 */
export function directReadsFor(settings: object): ReadOptions {
  let options = known.get(settings);
  if (options === undefined) known.set(settings, (options = makeOptions()));
  return options;
}

function makeOptions(): ReadOptions {
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const chunks = new ChunkCopies(buffer, memory);
  return {
    buffer,
    callback(byteCount) {
      const chunk = chunks.take(byteCount);
      if (this.readableFlowing !== true || this.readableLength > 0) return this.push(chunk);
      this.emit('data', chunk);
      return true;
    },
  };
}
