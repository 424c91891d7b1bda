import { MessageTooLargeError } from '@linkspan/core';
import type { Limits } from './decode-limits.ts';

const LF = 10;
const CR = 13;

/** Does not take a byte order mark away: only the first of a stream is one. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The bytes of a byte order mark, which is no part of the first line. */
const MARK_BYTES = 3;
const MARK_START = 0xef;

const NO_BYTES = new Uint8Array(0);

/** Up to here a loop over the bytes is faster than a view of them and a native call. */
const FEW_BYTES = 32;

/** As far from its end, a loop finds the last line end of a chunk faster than native calls. */
const NEAR_BYTES = 512;

/** A buffer above this size, which one long line has grown, is not held on to. */
const HELD_BYTES = 64 * 1024;

/** From here on a second call of the text decoder is cheaper than a copy. */
const LARGE_BYTES = 4 * 1024;

/**
 * Cuts bytes, split anywhere, into blocks of whole lines, as text. LF, CR and CRLF end a line, also
 * when CR and LF come in different chunks; in a block every line ends with LF. Bytes that are not
 * UTF-8 become U+FFFD. One leading byte order mark is dropped.
 *
 * A chunk is scanned from its end for the last line end; what is behind that is kept as bytes until
 * its line is whole. So no character is ever split, one call of the text decoder serves a whole
 * block, chunks of one byte cost linear time, and no more than `maxLineBytes` is held.
 */
export class LineBlocks {
  /** Why nothing more can be read, behind the block that was given. */
  failure: MessageTooLargeError | undefined;
  /**
   * The most that one line of the last block can have. A line is as long as its text in UTF-8, where
   * a byte that is not UTF-8 counts as the three of U+FFFD.
   */
  blockBytes = 0;
  readonly #lineLimit: 'maxLineBytes' | 'maxEventBytes';
  readonly #maxLineBytes: number;
  readonly #maxStreamBytes: number;
  #kept: Uint8Array = NO_BYTES;
  #keptLength = 0;
  #streamBytes = 0;
  #isFirst = true;
  /** Whether the last block has characters of more than one byte. */
  #isWide = false;
  /** The last line ended with CR at the end of a chunk: an LF that follows belongs to it. */
  #skipsLf = false;

  /** @param lineLimit which of the limits a line is held to; the error names it. */
  constructor(limits: Limits, lineLimit: 'maxLineBytes' | 'maxEventBytes' = 'maxLineBytes') {
    this.#lineLimit = lineLimit;
    this.#maxLineBytes = limits[lineLimit];
    this.#maxStreamBytes = limits.maxStreamBytes;
  }

  /**
   * Gives the lines that these bytes complete, as one text or two. Sets `failure` when the line
   * behind them, or the stream, is too long. The lines of a block are not measured.
   */
  push(bytes: Uint8Array, take: (block: string) => void): void {
    this.#streamBytes += bytes.length;
    if (this.#streamBytes > this.#maxStreamBytes) {
      this.#fail(tooLarge('stream', 'maxStreamBytes', this.#maxStreamBytes));
      return;
    }
    let start = 0;
    if (this.#skipsLf && bytes.length > 0) {
      this.#skipsLf = false;
      if (bytes[0] === LF) start = 1;
    }
    const end = endOfLines(bytes, start);
    if (end === bytes.length && bytes[end - 1] === CR) this.#skipsLf = true;
    if (end - start > LARGE_BYTES && this.#keptLength > 0) {
      // Only what completes the kept line is copied behind it, not the whole chunk.
      const lineEnd = bytes.indexOf(LF, start) + 1;
      if (lineEnd > start) {
        take(this.#block(bytes, start, lineEnd));
        start = lineEnd;
      }
    }
    if (end > start) take(this.#block(bytes, start, end));
    if (end < bytes.length) this.#keep(bytes, end);
  }

  /** What is left over at the end of the bytes: a last line without its end, or `''`. */
  end(): string {
    return this.#keptLength === 0 ? '' : this.#block(NO_BYTES, 0, 0);
  }

  /** How many bytes a part of the last block has. */
  lengthOf(block: string, start: number, end: number): number {
    return this.#isWide ? utf8Length(block, start, end) : end - start;
  }

  #block(bytes: Uint8Array, start: number, end: number): string {
    if (this.#keptLength === 0) return this.#text(bytes, start, end);
    this.#append(bytes, start, end);
    const block = this.#text(this.#kept, 0, this.#keptLength);
    this.#forget();
    return block;
  }

  #text(bytes: Uint8Array, start: number, end: number): string {
    let text = utf8.decode(part(bytes, start, end));
    // A byte that is not UTF-8 is one character, and three bytes of its text.
    this.#isWide = text.length !== end - start || text.includes('\uFFFD');
    this.blockBytes = this.#isWide ? 3 * (end - start) : end - start;
    if (this.#isFirst) {
      this.#isFirst = false;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    if (!text.includes('\r')) return text;
    return text.replaceAll('\r\n', '\n').replaceAll('\r', '\n');
  }

  #keep(bytes: Uint8Array, start: number): void {
    const first = this.#keptLength > 0 ? this.#kept[0] : bytes[start];
    const hasMark = this.#isFirst && first === MARK_START;
    const limit = hasMark ? this.#maxLineBytes + MARK_BYTES : this.#maxLineBytes;
    if (this.#keptLength + bytes.length - start > limit) {
      this.#fail(tooLarge('line', this.#lineLimit, this.#maxLineBytes));
    } else {
      this.#append(bytes, start, bytes.length);
    }
  }

  #append(bytes: Uint8Array, start: number, end: number): void {
    const length = this.#keptLength + end - start;
    if (length > this.#kept.length) {
      const grown = new Uint8Array(Math.max(256, length, this.#kept.length * 2));
      grown.set(part(this.#kept, 0, this.#keptLength));
      this.#kept = grown;
    }
    if (end - start > FEW_BYTES) {
      this.#kept.set(part(bytes, start, end), this.#keptLength);
    } else {
      for (let from = start, to = this.#keptLength; from < end; from += 1, to += 1) {
        this.#kept[to] = bytes[from] as number;
      }
    }
    this.#keptLength = length;
  }

  #forget(): void {
    this.#keptLength = 0;
    if (this.#kept.length > HELD_BYTES) this.#kept = NO_BYTES;
  }

  #fail(error: MessageTooLargeError): void {
    this.failure = error;
    this.#forget();
  }
}

/** Where the last line ends that begins behind `start`; `start` when none does. */
function endOfLines(bytes: Uint8Array, start: number): number {
  // Most chunks of a paced stream end with a line, and what is behind it in others is short.
  const nearest = Math.max(start, bytes.length - NEAR_BYTES);
  for (let at = bytes.length - 1; at >= nearest; at -= 1) {
    if (bytes[at] === LF || bytes[at] === CR) return at + 1;
  }
  const end = Math.max(bytes.lastIndexOf(LF) + 1, start);
  return bytes.indexOf(CR, end) === -1 ? end : bytes.lastIndexOf(CR) + 1;
}

function part(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
}

/** The failure of a line, event or stream that is longer than its limit. */
export function tooLarge(
  what: 'line' | 'event' | 'stream',
  limit: keyof Limits,
  bytes: number,
): MessageTooLargeError {
  return new MessageTooLargeError(
    `Cannot decode the stream: ${what === 'event' ? 'an' : 'a'} ${what} is longer than ${limit}, ${bytes} bytes`,
    { code: what === 'stream' ? 'body_too_large' : 'event_too_large' },
  );
}

/** How many bytes a part of a decoded text has in UTF-8. */
function utf8Length(text: string, start: number, end: number): number {
  let bytes = end - start;
  for (let index = start; index < end; index += 1) {
    const unit = text.charCodeAt(index);
    // Each half of a surrogate pair stands for two of its four bytes.
    if (unit >= 0x80) bytes += unit >= 0x800 && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
