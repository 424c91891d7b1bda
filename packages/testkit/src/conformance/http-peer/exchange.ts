import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import type { RequestBody } from './request-body.ts';

/** How the end of an answer is told. */
export type Framing = 'chunked' | 'content-length';

/** The head of a request. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

interface AnswerHead {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The length of the body; without it, the body is in chunks. */
  readonly length?: number | undefined;
}

/** One request of a connection, and the answer to it, byte by byte. */
export class Exchange {
  readonly head: RequestHead;
  readonly body: RequestBody;
  readonly #socket: Socket;
  readonly #onEnd: () => void;
  #isChunked = true;
  #isOver = false;
  /** Takes the content of the payload as it comes; what is nobody's is dropped. */
  onContent: (content: Buffer) => void = () => {};
  onContentEnd: () => void = () => {};

  constructor(head: RequestHead, body: RequestBody, socket: Socket, onEnd: () => void) {
    this.head = head;
    this.body = body;
    this.#socket = socket;
    this.#onEnd = onEnd;
  }

  /** Whether it was answered to the end, or broken. */
  get isOver(): boolean {
    return this.#isOver;
  }

  writeHead({ status = 200, headers = {}, length }: AnswerHead): void {
    this.#isChunked = length === undefined;
    const lines = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Status'}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      length === undefined ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`,
    ];
    this.#socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  }

  /** Writes a part of the body. Resolves when there is room for more, or nobody is there any more. */
  async writeChunk(chunk: Uint8Array): Promise<void> {
    // In chunked framing a chunk without content would be the end.
    if (chunk.length === 0 || this.#socket.destroyed) return;
    const socket = this.#socket;
    socket.cork();
    if (this.#isChunked) socket.write(`${chunk.length.toString(16)}\r\n`);
    let hasRoom = socket.write(chunk);
    if (this.#isChunked) hasRoom = socket.write('\r\n');
    socket.uncork();
    if (hasRoom || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        socket.off('drain', go);
        socket.off('close', go);
        resolve();
      };
      socket.on('drain', go);
      socket.on('close', go);
    });
  }

  /** Whether the peer can still write. */
  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** Ends the body properly. */
  end(): void {
    if (this.#isChunked && !this.#socket.destroyed) this.#socket.write('0\r\n\r\n');
    const isLast = this.head.headers.get('connection')?.toLowerCase() === 'close';
    if (isLast && !this.#socket.destroyed) this.#socket.end();
    this.finish();
  }

  /** Writes bytes as they are. */
  writeRaw(bytes: Uint8Array | string): void {
    this.#socket.write(bytes);
  }

  /** Breaks the wire (RST). */
  reset(): void {
    this.#socket.resetAndDestroy();
    this.finish();
  }

  /** Ends the wire (FIN), when what was written is on its way. */
  endWire(): void {
    this.#socket.end(() => this.#socket.destroy());
    this.finish();
  }

  stopReading(): void {
    this.#socket.pause();
  }

  readOn(): void {
    this.#socket.resume();
  }

  /** It is over for the peer. */
  finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onEnd();
  }
}
