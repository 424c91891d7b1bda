import type { Socket } from 'node:net';

/** How many of them are read past before one answer; the next one is the parser's. */
const MOST_SKIPPED = 32;
/** How long the head of one may be; a longer one is the parser's. */
const LONGEST_HEAD = 16 * 1024;
const START = 'HTTP/1.1 100';
const END = '\r\n\r\n';

/**
 * Reads past answers 100 (Continue) that nobody asked for, as RFC 9110, section 15.2, says that a
 * client must: undici breaks the connection at the first one. Only the start of an answer is looked
 * at, which is where `awaitsHead` says that one is to come.
 */
export function skipContinue(socket: Socket, awaitsHead: () => boolean): void {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  let held: Buffer | undefined;
  let skipped = 0;
  socket.read = (size?: number): Buffer | null => {
    const chunk = read(size);
    // The stream itself calls it with 0, and is given nothing.
    if (chunk === null || size !== undefined) return chunk;
    if (held === undefined && !awaitsHead()) return chunk;
    let bytes = held === undefined ? chunk : Buffer.concat([held, chunk]);
    held = undefined;
    while (skipped < MOST_SKIPPED && isContinue(bytes)) {
      const end = bytes.indexOf(END);
      if (end === -1 && bytes.byteLength > LONGEST_HEAD) return bytes;
      if (end === -1) held = bytes;
      else skipped++;
      bytes = end === -1 ? bytes.subarray(0, 0) : bytes.subarray(end + END.length);
    }
    if (bytes.byteLength === 0) return socket.read() as Buffer | null;
    skipped = 0;
    return bytes;
  };
}

function isContinue(bytes: Buffer): boolean {
  return bytes[9] === 0x31 && bytes.toString('latin1', 0, START.length) === START;
}
