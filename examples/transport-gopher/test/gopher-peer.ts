import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { TransportRequest } from '@linkspan/core';
import type { Peer, Scene } from '@linkspan/testkit';

/** Longer than any flood that a test has the patience for. */
const ENDLESS = 10 ** 14;

/** A Gopher+ server that plays scenes, and counts what it sees. */
export class GopherPeer implements Peer {
  readonly #server: Server;
  readonly #scenes = new Map<string, Scene>();
  readonly #sockets = new Set<Socket>();
  requests = 0;
  busy = 0;
  flooded = 0;

  private constructor() {
    this.#server = createServer((socket) => {
      this.#serve(socket);
    });
  }

  static async listen(): Promise<GopherPeer> {
    const peer = new GopherPeer();
    await new Promise<void>((resolve) => {
      peer.#server.listen(0, '127.0.0.1', resolve);
    });
    return peer;
  }

  get address(): { readonly host: string; readonly port: number } {
    const { address, port } = this.#server.address() as AddressInfo;
    return { host: address, port };
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** The request that has the scene played. */
  request(scene: Scene): TransportRequest {
    if (scene.kind === 'absent') void this.close();
    const target = `/${this.#scenes.size}/${scene.kind}`;
    this.#scenes.set(target, scene);
    return { operation: 'GET', target };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let isBusy = false;
    const leave = (): void => {
      if (isBusy) this.busy -= 1;
      isBusy = false;
    };
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      leave();
    });
    let received = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const request = readRequest(received);
      if (isBusy || request === undefined) return;
      isBusy = true;
      this.requests += 1;
      this.busy += 1;
      void this.#play(socket, this.#scenes.get(request.selector), request.data, leave);
    });
  }

  async #play(
    socket: Socket,
    scene: Scene | undefined,
    data: Uint8Array,
    leave: () => void,
  ): Promise<void> {
    switch (scene?.kind) {
      case 'answer':
        await sendSlowly(socket, scene.chunks, scene.pauseMs ?? 0);
        socket.end(leave);
        return;
      case 'echo':
        socket.write(`+${data.length}\r\n`);
        socket.end(data, leave);
        return;
      case 'drop':
        socket.resetAndDestroy();
        return;
      case 'stall':
        socket.write(`+${ENDLESS}\r\n`);
        for (const chunk of scene.chunks) socket.write(chunk);
        return;
      case 'cut': {
        socket.write(`+${ENDLESS}\r\n`);
        const end = Buffer.concat(scene.chunks);
        if (scene.how === 'end') socket.end(end, leave);
        else socket.write(end, () => socket.resetAndDestroy());
        return;
      }
      case 'garbage':
        socket.end('HTTP/1.1 400 Bad Request\r\n\r\n', leave);
        return;
      case 'flood':
        socket.write(`+${ENDLESS}\r\n`);
        this.#flood(socket, new Uint8Array(scene.chunkBytes));
        return;
      case 'silent':
        return;
      default:
        socket.end('--1\r\n1 <nobody@example.com>\r\nThere is no such item.\r\n.\r\n', leave);
    }
  }

  /** Writes as fast as it is taken: the next chunk when the kernel has the one before. */
  #flood(socket: Socket, chunk: Uint8Array): void {
    this.flooded += chunk.byteLength;
    socket.write(chunk, (error) => {
      if (!error && !socket.destroyed) this.#flood(socket, chunk);
    });
  }
}

/** The selector and the data of a request, when all of it has come. */
function readRequest(
  received: Buffer,
): { readonly selector: string; readonly data: Uint8Array } | undefined {
  const lineEnd = received.indexOf('\r\n');
  if (lineEnd === -1) return undefined;
  const [selector = '', , hasData] = received.toString('utf8', 0, lineEnd).split('\t');
  if (hasData !== '1') return { selector, data: new Uint8Array() };
  const headEnd = received.indexOf('\r\n', lineEnd + 2);
  if (headEnd === -1) return undefined;
  const start = headEnd + 2;
  const length = Number(received.toString('latin1', lineEnd + 3, headEnd));
  const data = received.subarray(start, start + length);
  return data.length === length ? { selector, data } : undefined;
}

async function sendSlowly(
  socket: Socket,
  chunks: readonly Uint8Array[],
  pauseMs: number,
): Promise<void> {
  const length = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  for (const part of [`+${length}\r\n`, ...chunks]) {
    // oxlint-disable-next-line no-await-in-loop -- one chunk after another
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (socket.destroyed) return;
    socket.write(part);
  }
}
