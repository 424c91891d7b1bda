/** A seeded generator of numbers in [0, 1): mulberry32, by Tommy Ettinger. */
export function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const utf8 = new TextEncoder();

/** What the streams of all dialects are made of, and what may break their decoders. */
const PIECES: readonly Uint8Array[] = [
  '\n',
  '\n',
  '\r',
  '\r\n',
  '\n\n',
  '\r\n\r\n',
  ' ',
  ':',
  ': ping\n',
  '\0',
  '\uFEFF',
  '\t',
  'data:',
  'data: ',
  'data: ',
  'data',
  'event: ',
  'event:error\n',
  'id: ',
  'id:\n',
  'retry: ',
  'error: ',
  'foo: ',
  'retry: 99999999999999999999\n',
  'id: a\0b\n',
  '7',
  '-1',
  '4294967295',
  '[DONE]',
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  'null',
  'true',
  '{}',
  '[]',
  '""',
  '1e999',
  '\\u0000',
  '{"error":{"code":429,"message":"x"}}',
  '{"type":"error"}',
  '{"choices":[]}',
  '{"a":1}\n',

  '"__proto__":',
  '{"__proto__":{"polluted":1}}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  'é',
  '日本',
  '😀',
  'x'.repeat(40),
  'data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n',
]
  .map((text) => utf8.encode(text))
  .concat([
    Uint8Array.of(0xff),
    Uint8Array.of(0xc3),
    Uint8Array.of(0xe2, 0x82),
    Uint8Array.of(0xf0, 0x9f, 0x98),
    Uint8Array.of(0x80),
    Uint8Array.of(0xed, 0xa0, 0x80),
  ]);

/** Bytes that look a little like a stream. */
export function soup(random: () => number): Uint8Array {
  const parts: Uint8Array[] = [];
  const count = 1 + Math.floor(random() * 24);
  for (let index = 0; index < count; index += 1) {
    parts.push(PIECES[Math.floor(random() * PIECES.length)] as Uint8Array);
  }
  return join(parts);
}

/** A stream, a little broken: pieces taken out, doubled, moved, or put in from somewhere else. */
export function mutant(stream: Uint8Array, random: () => number): Uint8Array {
  let bytes = stream;
  const changes = 1 + Math.floor(random() * 3);
  for (let change = 0; change < changes; change += 1) {
    const start = Math.floor(random() * (bytes.length + 1));
    const end = Math.min(bytes.length, start + Math.floor(random() * random() * 80));
    const before = bytes.subarray(0, start);
    const piece = bytes.subarray(start, end);
    const behind = bytes.subarray(end);
    const kind = Math.floor(random() * 4);
    if (kind === 0) bytes = join([before, behind]);
    else if (kind === 1) bytes = join([before, piece, piece, behind]);
    else if (kind === 2) bytes = join([before, soup(random), behind]);
    else bytes = join([before, PIECES[Math.floor(random() * PIECES.length)] as Uint8Array, behind]);
  }
  return bytes;
}

/** The bytes in pieces of random sizes; small ones are as frequent as large ones. */
export function cut(bytes: Uint8Array, random: () => number): Uint8Array[] {
  const most = 1 + Math.floor(random() * random() * bytes.length);
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = Math.min(bytes.length, start + 1 + Math.floor(random() * most));
    pieces.push(bytes.subarray(start, end));
    start = end;
  }
  return pieces;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
