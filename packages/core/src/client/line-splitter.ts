import { MessageTooLargeError } from '../errors/transport-error.ts';
import type { ChunkMachine } from './decoded-body.ts';

/**
 * Cuts UTF-8 bytes into lines of text, without their ends: LF, CR LF or CR, in any split. The last
 * line counts also when nothing ends it.
 */
export class LineSplitter implements ChunkMachine<Uint8Array, string> {
  readonly #maxLineLength: number;
  readonly #decoder = new TextDecoder();
  /** The line that is not over, in the parts it came in. */
  #parts: string[] = [];
  #length = 0;
  #endedWithCr = false;

  /** @param maxLineLength in characters. */
  constructor(maxLineLength: number) {
    this.#maxLineLength = maxLineLength;
  }

  push(chunk: Uint8Array): readonly string[] {
    return this.#split(this.#decoder.decode(chunk, { stream: true }));
  }

  end(): readonly string[] {
    const lines = this.#split(this.#decoder.decode());
    return this.#length === 0 ? lines : [...lines, this.#takeLine('')];
  }

  #split(text: string): string[] {
    const lines: string[] = [];
    let start = this.#endedWithCr && text.startsWith('\n') ? 1 : 0;
    if (text !== '') this.#endedWithCr = text.endsWith('\r');
    const ends = /\r\n|\n|\r/g;
    ends.lastIndex = start;
    for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
      lines.push(this.#takeLine(text.slice(start, end.index)));
      start = ends.lastIndex;
    }
    if (start < text.length) this.#keep(text.slice(start));
    return lines;
  }

  #keep(part: string): void {
    this.#parts.push(part);
    this.#length += part.length;
    this.#checkLength(this.#length);
  }

  #takeLine(lastPart: string): string {
    this.#checkLength(this.#length + lastPart.length);
    const line = this.#length === 0 ? lastPart : this.#parts.join('') + lastPart;
    this.#parts = [];
    this.#length = 0;
    return line;
  }

  #checkLength(length: number): void {
    if (length <= this.#maxLineLength) return;
    throw new MessageTooLargeError(
      `Cannot read the line: it has more than ${this.#maxLineLength} characters (maxLineLength)`,
    );
  }
}
