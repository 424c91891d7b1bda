const LF = 0x0a;

/**
 * The lines of a JSON Lines file, numbered from 1, without their line feeds. JSON text may hold the
 * other line ends of Unicode, so that those end no line.
 */
export function* splitLines(bytes: Uint8Array): Generator<[number: number, line: Uint8Array]> {
  for (let start = 0, number = 1; start < bytes.length; number += 1) {
    const end = bytes.indexOf(LF, start);
    yield [number, bytes.subarray(start, end === -1 ? bytes.length : end)];
    if (end === -1) return;
    start = end + 1;
  }
}
