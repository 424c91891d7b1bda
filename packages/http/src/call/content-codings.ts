import type { Transform } from 'node:stream';
import {
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib';

/** How one content coding is undone. */
export interface Coding {
  /** Is given the first bytes where they are known: they tell which form of `deflate` it is. */
  readonly create: (first: Uint8Array | undefined) => Transform;
  readonly decode: (bytes: Uint8Array, maxOutputLength: number) => Uint8Array;
}

const gzip: Coding = {
  create: () => createGunzip(),
  decode: (bytes, maxOutputLength) => gunzipSync(bytes, { maxOutputLength }),
};

/** The codings that answers are asked for in, by the names that servers give them. */
export const codings: Readonly<Record<string, Coding>> = {
  gzip,
  'x-gzip': gzip,
  deflate: {
    create: (first) =>
      first === undefined || hasZlibHeader(first) ? createInflate() : createInflateRaw(),
    decode: (bytes, maxOutputLength) =>
      hasZlibHeader(bytes)
        ? inflateSync(bytes, { maxOutputLength })
        : inflateRawSync(bytes, { maxOutputLength }),
  },
  br: {
    create: () => createBrotliDecompress(),
    decode: (bytes, maxOutputLength) => brotliDecompressSync(bytes, { maxOutputLength }),
  },
  zstd: {
    create: () => createZstdDecompress(),
    decode: (bytes, maxOutputLength) => zstdDecompressSync(bytes, { maxOutputLength }),
  },
};

function hasZlibHeader(bytes: Uint8Array): boolean {
  return (bytes[0]! & 0x0f) === 8;
}
