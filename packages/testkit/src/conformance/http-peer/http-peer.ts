import { type AddressInfo, createServer, type Server } from 'node:net';
import type { TransportRequest } from '@linkspan/core';
import { concat } from '../bytes.ts';
import type { Peer } from '../fixture.ts';
import type { Scene } from '../scene.ts';
import { SceneStore } from '../scene-store.ts';
import { Connection } from './connection.ts';
import type { Exchange, Framing } from './exchange.ts';

/** Long enough for a client to have read what was written before its wire breaks. */
const BREAK_MS = 10;

/** A server for HTTP/1.1 on TCP that plays scenes, in all the ways that a server must not. */
export class HttpPeer implements Peer {
  readonly #server: Server;
  readonly #framing: Framing;
  readonly #scenes = new SceneStore();
  readonly #connections = new Set<Connection>();
  readonly #exchanges = new Set<Exchange>();
  requests = 0;
  flooded = 0;

  private constructor(server: Server, framing: Framing) {
    this.#server = server;
    this.#framing = framing;
    server.on('connection', (socket) => {
      const connection = new Connection(socket, (exchange) => void this.#take(exchange));
      this.#connections.add(connection);
      socket.on('close', () => this.#connections.delete(connection));
    });
  }

  /** Starts a peer on a free port of the loopback device. */
  static async listen(framing: Framing): Promise<HttpPeer> {
    const server = createServer();
    const peer = new HttpPeer(server, framing);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return peer;
  }

  get origin(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  get busy(): number {
    let busy = 0;
    for (const { isOver } of this.#exchanges) {
      if (!isOver) busy += 1;
    }
    return busy;
  }

  get connections(): number {
    return this.#connections.size;
  }

  request(scene: Scene): TransportRequest {
    if (scene.kind === 'absent') void this.close();
    const takesPayload = ['echo', 'deaf', 'refuse', 'converse'].includes(scene.kind);
    return { operation: takesPayload ? 'POST' : 'GET', target: this.#scenes.add(scene) };
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  async #take(exchange: Exchange): Promise<void> {
    const { method, target } = exchange.head;
    const scene = this.#scenes.find(target);
    if (scene === undefined) {
      exchange.writeHead({ status: method === 'HEAD' ? 200 : 404, length: 0 });
      exchange.end();
      return;
    }
    this.requests += 1;
    this.#exchanges.add(exchange);
    await this.#play(scene, exchange);
  }

  async #play(scene: Scene, exchange: Exchange): Promise<void> {
    switch (scene.kind) {
      case 'answer':
        await this.#answer(scene, exchange);
        return;
      case 'echo':
        this.#echo(exchange);
        return;
      case 'stall':
        await this.#begin(scene.chunks, exchange);
        return;
      case 'cut':
        await this.#begin(scene.chunks, exchange);
        await wait(BREAK_MS);
        if (scene.how === 'reset') exchange.reset();
        else exchange.endWire();
        return;
      case 'drop':
        exchange.reset();
        return;
      case 'garbage':
        exchange.writeRaw('%%% this is no HTTP at all %%%\r\n\r\n');
        exchange.finish();
        return;
      case 'flood':
        await this.#flood(scene.chunkBytes, exchange);
        return;
      case 'refuse':
        exchange.stopReading();
        exchange.writeHead({ status: scene.status, headers: { Connection: 'close' }, length: 0 });
        exchange.finish();
        return;
      case 'deaf':
        exchange.stopReading();
        return;
      case 'converse':
        converse(exchange);
        return;
      case 'silent':
      case 'absent':
    }
  }

  async #answer(scene: Scene & { kind: 'answer' }, exchange: Exchange): Promise<void> {
    const { chunks, status = 200, headers = {}, pauseMs = 0 } = scene;
    if (pauseMs > 0) await wait(pauseMs);
    exchange.writeHead({ status, headers, length: this.#lengthOf(chunks) });
    for (const chunk of chunks) {
      // oxlint-disable-next-line no-await-in-loop -- one chunk after another
      if (pauseMs > 0) await wait(pauseMs);
      // oxlint-disable-next-line no-await-in-loop -- as above
      await exchange.writeChunk(chunk);
      if (!exchange.isOpen) return;
    }
    exchange.end();
  }

  #echo(exchange: Exchange): void {
    const content: Uint8Array[] = [];
    exchange.onContent = (part) => content.push(part);
    exchange.onContentEnd = () => void this.#answer({ kind: 'answer', chunks: content }, exchange);
  }

  /** The head and the first chunks of a body that is said to be longer. */
  async #begin(chunks: readonly Uint8Array[], exchange: Exchange): Promise<void> {
    const length = this.#lengthOf(chunks);
    exchange.writeHead({ length: length === undefined ? undefined : length + 1000 });
    for (const chunk of chunks) {
      // oxlint-disable-next-line no-await-in-loop -- one chunk after another
      await exchange.writeChunk(chunk);
    }
  }

  async #flood(chunkBytes: number, exchange: Exchange): Promise<void> {
    const chunk = new Uint8Array(chunkBytes);
    exchange.writeHead({});
    while (exchange.isOpen) {
      this.flooded += chunkBytes;
      // oxlint-disable-next-line no-await-in-loop -- as fast as it is taken
      await exchange.writeChunk(chunk);
      // oxlint-disable-next-line no-await-in-loop -- a socket that takes all must not stop the others
      await nextTurn();
    }
  }

  #lengthOf(chunks: readonly Uint8Array[]): number | undefined {
    return this.#framing === 'chunked' ? undefined : concat(chunks).length;
  }
}

/** Sends back what comes; while nobody takes it, nothing more is read. */
function converse(exchange: Exchange): void {
  exchange.writeHead({});
  let writing = 0;
  exchange.onContent = (part) => {
    writing += 1;
    exchange.stopReading();
    void exchange.writeChunk(part).then(() => {
      writing -= 1;
      if (writing === 0) exchange.readOn();
    });
  };
  exchange.onContentEnd = () => exchange.end();
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
