/** The head of a request, as it was written. */
export interface RequestHead {
  readonly method: string;
  /** The target of the request line: `/path?query`. */
  readonly target: string;
  /** Names in lower case. A field that repeats is joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Told of what a {@link RequestReader} finds. */
export interface RequestSink {
  head(head: RequestHead): void;
  body(bytes: Buffer): void;
  /** The request is complete. The reader holds what comes behind it until `next()`. */
  end(): void;
  /** The bytes are no HTTP request. Nothing more is told. */
  garbage(): void;
}

type State = 'head' | 'length' | 'chunk-size' | 'chunk' | 'trailer' | 'held' | 'raw' | 'broken';

const LONGEST_HEAD = 64 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * Reads HTTP/1.1 requests from bytes in any split, as far as a server that stumbles on purpose needs:
 * heads, bodies with a length, chunked bodies.
 */
export class RequestReader {
  readonly #sink: RequestSink;
  #state: State = 'head';
  #rest: Buffer = NOTHING;
  /** What is missing of the body, or of the chunk and its line break. */
  #missing = 0;
  #raw: ((bytes: Buffer) => void) | undefined;

  constructor(sink: RequestSink) {
    this.#sink = sink;
  }

  push(bytes: Buffer): void {
    if (this.#state === 'raw') {
      this.#raw?.(bytes);
      return;
    }
    this.#rest = this.#rest.byteLength === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#rest.byteLength > 0 && this.#step());
  }

  /** The request was answered: what is held, and what comes, is the next one. */
  next(): void {
    if (this.#state !== 'held') return;
    this.#state = 'head';
    this.push(NOTHING);
  }

  /** From here on the bytes are another protocol's. */
  toRaw(sink: (bytes: Buffer) => void): void {
    const held = this.#rest;
    this.#rest = NOTHING;
    this.#state = 'raw';
    this.#raw = sink;
    if (held.byteLength > 0) sink(held);
  }

  #step(): boolean {
    switch (this.#state) {
      case 'head':
        return this.#readHead();
      case 'length':
        return this.#readBody('held');
      case 'chunk':
        return this.#readBody('chunk-size');
      case 'chunk-size':
        return this.#readChunkSize();
      case 'trailer':
        return this.#readTrailer();
      default:
        return false;
    }
  }

  #readHead(): boolean {
    // A method begins with a letter; a TLS handshake, say, does not.
    const isText = /^[A-Za-z\r\n]/.test(this.#rest.toString('latin1', 0, 1));
    const end = this.#rest.indexOf('\r\n\r\n');
    if (!isText || (end === -1 && this.#rest.byteLength > LONGEST_HEAD)) return this.#break();
    if (end === -1) return false;
    const text = this.#rest.toString('latin1', 0, end).trimStart();
    this.#rest = this.#rest.subarray(end + 4);
    const head = parseHead(text);
    if (head === undefined) return this.#break();
    const length = Number(head.headers['content-length'] ?? 0);
    if (head.headers['transfer-encoding']?.endsWith('chunked') === true) this.#state = 'chunk-size';
    else if (length > 0) [this.#state, this.#missing] = ['length', length];
    else this.#state = 'held';
    const isEmpty = this.#state === 'held';
    this.#sink.head(head);
    if (isEmpty) this.#sink.end();
    return true;
  }

  #readBody(following: 'held' | 'chunk-size'): boolean {
    const bytes = this.#rest.subarray(0, this.#missing);
    this.#rest = this.#rest.subarray(bytes.byteLength);
    this.#missing -= bytes.byteLength;
    // The last two bytes that are missing of a chunk are its line break.
    const breakBytes = following === 'held' ? 0 : Math.max(0, 2 - this.#missing);
    const content = bytes.subarray(0, Math.max(0, bytes.byteLength - breakBytes));
    if (content.byteLength > 0) this.#sink.body(content);
    if (this.#missing > 0) return false;
    this.#state = following;
    if (following === 'held') this.#sink.end();
    return true;
  }

  #readChunkSize(): boolean {
    const end = this.#rest.indexOf('\r\n');
    if (end === -1) return false;
    const size = Number.parseInt(this.#rest.toString('latin1', 0, end), 16);
    this.#rest = this.#rest.subarray(end + 2);
    if (!(size >= 0)) return this.#break();
    if (size === 0) this.#state = 'trailer';
    else [this.#state, this.#missing] = ['chunk', size + 2];
    return true;
  }

  #readTrailer(): boolean {
    const end = this.#rest.indexOf('\r\n');
    if (end === -1) return false;
    this.#rest = this.#rest.subarray(end + 2);
    if (end > 0) return true;
    this.#state = 'held';
    this.#sink.end();
    return true;
  }

  #break(): false {
    this.#state = 'broken';
    this.#rest = NOTHING;
    this.#sink.garbage();
    return false;
  }
}

function parseHead(text: string): RequestHead | undefined {
  const [requestLine = '', ...lines] = text.split('\r\n');
  const [, method, target] = /^([A-Za-z]+) (\S+) HTTP\/1\.[01]$/.exec(requestLine) ?? [];
  if (method === undefined || target === undefined) return undefined;
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) return undefined;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return { method, target, headers };
}
