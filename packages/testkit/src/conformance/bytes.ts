import assert from 'node:assert/strict';

/** All chunks in one. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((length, { byteLength }) => length + byteLength, 0));
  let offset = 0;
  for (const chunk of chunks) {
    assert.ok(chunk instanceof Uint8Array, `Expected chunks of bytes, found ${typeof chunk}`);
    all.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return all;
}

/** The bytes of a text. */
export function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

/** Bytes that are nowhere the same, and different for each seed: what is lost or moved is seen. */
export function pattern(length: number, seed: number = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  for (let index = 0; index < length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state & 0xff;
  }
  return bytes;
}

/** Cuts bytes into chunks of one size; the last may be shorter. */
export function split(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length; offset += size) {
    chunks.push(bytes.subarray(offset, offset + size));
  }
  return chunks;
}

/** Fails with the first difference, and not with megabytes. */
export function assertBytes(found: Uint8Array, expected: Uint8Array, what: string): void {
  if (Buffer.compare(found, expected) === 0) return;
  const at = found.findIndex((byte, index) => byte !== expected[index]);
  assert.fail(
    `Expected ${what} to be ${expected.length} bytes as they were sent, found ${found.length}${
      at === -1 ? '' : `, which differ from byte ${at} on`
    }`,
  );
}

/** Fails unless `found` is what `whole` begins with. */
export function assertPrefix(found: Uint8Array, whole: Uint8Array, what: string): void {
  assert.ok(
    found.length <= whole.length,
    `Expected ${what} to be at most the ${whole.length} bytes that were sent, found ${found.length}`,
  );
  assertBytes(found, whole.subarray(0, found.length), what);
}
