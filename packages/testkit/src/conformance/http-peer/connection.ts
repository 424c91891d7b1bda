import type { Socket } from 'node:net';
import { Exchange, type RequestHead } from './exchange.ts';
import { RequestBody } from './request-body.ts';

/** One connection of a client: its requests, one after another. */
export class Connection {
  readonly #socket: Socket;
  readonly #play: (exchange: Exchange) => void;
  #held: Buffer = Buffer.alloc(0);
  #exchange: Exchange | undefined;

  constructor(socket: Socket, play: (exchange: Exchange) => void) {
    this.#socket = socket;
    this.#play = play;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    // The end of a wire, by whichever way, ends what was on it.
    socket.on('end', () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => this.#exchange?.finish());
  }

  destroy(): void {
    this.#socket.destroy();
    this.#exchange?.finish();
  }

  #take(bytes: Buffer): void {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    this.#goOn();
  }

  #goOn(): void {
    while (this.#held.length > 0 || this.#exchange !== undefined) {
      if (this.#exchange === undefined && !this.#begin()) return;
      const exchange = this.#exchange as unknown as Exchange;
      if (!exchange.body.isOver) {
        if (this.#held.length === 0) return;
        const { content, rest } = exchange.body.push(this.#held);
        this.#held = rest;
        for (const part of content) exchange.onContent(part);
        if (!exchange.body.isOver) return;
        exchange.onContentEnd();
      }
      if (!exchange.isOver) return;
      this.#exchange = undefined;
    }
  }

  /** Reads the head of the next request, if it has come. */
  #begin(): boolean {
    const end = this.#held.indexOf('\r\n\r\n');
    if (end === -1) return false;
    const head = parseHead(this.#held.toString('latin1', 0, end));
    this.#held = this.#held.subarray(end + 4);
    const body = new RequestBody(head.headers);
    const exchange = new Exchange(head, body, this.#socket, () => {
      // The next request may have come already.
      if (exchange === this.#exchange) setImmediate(() => this.#goOn());
    });
    this.#exchange = exchange;
    this.#play(exchange);
    if (body.isOver) exchange.onContentEnd();
    return true;
  }
}

function parseHead(text: string): RequestHead {
  const [first = '', ...lines] = text.split('\r\n');
  const [method = '', target = ''] = first.split(' ');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { method, target, headers };
}
