/** Takes the framing off the body of a request: RFC 9112, sections 6 and 7. */
export class RequestBody {
  /** How many bytes are left, of the body or of the chunk. */
  #left: number;
  readonly #isChunked: boolean;
  #held: Buffer = Buffer.alloc(0);
  isOver: boolean;

  constructor(headers: ReadonlyMap<string, string>) {
    this.#isChunked = headers.get('transfer-encoding')?.toLowerCase().includes('chunked') ?? false;
    this.#left = this.#isChunked ? 0 : Number(headers.get('content-length') ?? 0);
    this.isOver = !this.#isChunked && this.#left === 0;
  }

  /** The content of these bytes, and what comes after the body. */
  push(bytes: Buffer): { readonly content: Buffer[]; readonly rest: Buffer } {
    const content: Buffer[] = [];
    let rest = Buffer.concat([this.#held, bytes]);
    this.#held = Buffer.alloc(0);
    while (!this.isOver && rest.length > 0) {
      if (this.#left > 0) {
        content.push(rest.subarray(0, this.#left));
        const taken = Math.min(this.#left, rest.length);
        this.#left -= taken;
        rest = rest.subarray(taken);
        if (this.#left === 0 && !this.#isChunked) this.isOver = true;
        continue;
      }
      const line = this.#takeLine(rest);
      if (line === undefined) {
        this.#held = rest;
        return { content, rest: Buffer.alloc(0) };
      }
      rest = rest.subarray(line.length + 2);
      this.#readLine(line);
    }
    return { content, rest };
  }

  #isInTrailer = false;

  #takeLine(bytes: Buffer): string | undefined {
    const end = bytes.indexOf('\r\n');
    return end === -1 ? undefined : bytes.toString('latin1', 0, end);
  }

  /** A line between chunks: the end of the one before (empty), the size of the next, or a trailer. */
  #readLine(line: string): void {
    if (this.#isInTrailer) {
      if (line === '') this.isOver = true;
    } else if (line !== '') {
      this.#left = Number.parseInt(line, 16);
      this.#isInTrailer = this.#left === 0;
    }
  }
}
