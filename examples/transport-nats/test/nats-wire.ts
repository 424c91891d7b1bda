import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What a peer publishes where the wire is to break, with how. */
export const CUT = 'KIT-CUT-';
const CUT_BYTES = CUT.length + 'reset'.length;

interface Link {
  /** To the transport. */
  readonly near: Socket;
  /** To the server. */
  readonly far: Socket;
}

/** What lies between the transport and the server, and can break without either of them. */
export class NatsWire {
  readonly #server: Server;
  readonly #farPort: number;
  readonly #links = new Set<Link>();
  #isClosed = false;
  #isPaused = false;

  private constructor(farPort: number) {
    this.#farPort = farPort;
    this.#server = createServer((near) => {
      this.#join(near);
    });
  }

  static async open(farPort: number): Promise<NatsWire> {
    const wire = new NatsWire(farPort);
    await new Promise<void>((resolve) => {
      wire.#server.listen(0, '127.0.0.1', resolve);
    });
    return wire;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.#links.size;
  }

  /** Breaks what is connected. */
  break(): void {
    for (const { near } of this.#links) near.resetAndDestroy();
  }

  /** Says something to the transport that is not the protocol of NATS. */
  garble({ isLast = true }: { readonly isLast?: boolean } = {}): void {
    for (const { near } of this.#links) {
      near.write('HTTP/1.1 400 Bad Request\r\n\r\n');
      if (isLast) near.end();
    }
  }

  /** Takes nothing more from the server. */
  pause(): void {
    this.#isPaused = true;
    for (const { far } of this.#links) far.pause();
  }

  resume(): void {
    this.#isPaused = false;
    for (const { far } of this.#links) far.resume();
  }

  /** Breaks what is connected, and lets nobody connect any more. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.break();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #join(near: Socket): void {
    const far = connect(this.#farPort, '127.0.0.1');
    const link = { near, far };
    this.#links.add(link);
    near.on('close', () => {
      this.#links.delete(link);
      far.destroy();
    });
    far.on('close', () => near.destroy());
    for (const socket of [near, far]) socket.on('error', () => {});
    near.on('drain', () => {
      if (!this.#isPaused) far.resume();
    });
    near.pipe(far);
    let tail = '';
    far.on('data', (chunk: Buffer) => {
      const text = tail + chunk.toString('latin1');
      const at = text.indexOf(CUT);
      if (at === -1 || text.length < at + CUT_BYTES - 2) {
        tail = text.slice(-CUT_BYTES);
        if (!near.write(chunk)) far.pause();
        return;
      }
      far.pause();
      // In the middle of the message, which the transport can tell from its length.
      const last = chunk.subarray(0, Math.max(0, at - tail.length));
      if (text.startsWith('end', at + CUT.length)) near.end(last);
      else near.write(last, () => near.resetAndDestroy());
    });
  }
}
