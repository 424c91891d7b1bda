import { ChunkCopies, type CopyableBytes } from '@linkspan/core/wire';
import fc from 'fast-check';
import { expect, it } from 'vitest';

/** Bytes that are copied as Node's are, which this package does without. */
class Bytes extends Uint8Array implements CopyableBytes {
  copy(target: Uint8Array, targetStart: number, start: number, end: number): number {
    target.set(this.subarray(start, end), targetStart);
    return end - start;
  }

  override subarray(start: number, end: number): this {
    return super.subarray(start, end) as this;
  }
}

it('gives copies that later reads leave as they are', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(sizes, (byteCounts) => {
      const source = new Bytes(5_000);
      const slabs: Bytes[] = [];
      const copies = new ChunkCopies(source, {
        chunk: (byteCount) => new Bytes(byteCount),
        slab(byteCount) {
          const slab = new Bytes(byteCount);
          slabs.push(slab);
          return slab;
        },
      });
      const taken = byteCounts.map((byteCount, turn) => {
        source.fill(turn + 1);
        return copies.take(byteCount);
      });
      taken.forEach((chunk, turn) => {
        expect(chunk.length).toBe(byteCounts[turn]);
        expect(chunk.every((byte) => byte === turn + 1)).toBe(true);
      });
      // What a chunk holds on to is at most a slab, and its own size when it is large.
      for (const chunk of taken) {
        const isShared = slabs.some((slab) => slab.buffer === chunk.buffer);
        expect(isShared).toBe(chunk.length <= 2_048);
        expect(chunk.buffer.byteLength).toBe(isShared ? 8_192 : chunk.length);
      }
    }),
  );
});
