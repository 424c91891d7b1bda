import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TransportRequest } from '@linkspan/core';
import type { Peer, Scene } from '@linkspan/testkit';
import { MESSAGES } from './tell-messages.ts';
import type { PeerWire } from './peer-wire.ts';
import { SessionPeerWire } from './session-peer-wire.ts';
import { WebSocketWire } from './web-socket-wire.ts';

/** Long enough for a client to have read what was written before its wire breaks. */
const BREAK_MS = 10;

/** A server for WebSockets that plays scenes, in all the ways that a server must not. */
export class WebSocketPeer implements Peer {
  readonly #server: Server = createServer((_request, response) => response.writeHead(404).end());
  readonly #scenes = new Map<string, Scene>();
  readonly #sockets = new Set<Socket>();
  readonly #busy = new Set<PeerWire>();
  requests = 0;
  flooded = 0;

  private constructor(Wire: typeof WebSocketWire | typeof SessionPeerWire) {
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('upgrade', (request, socket) => {
      const wire = new Wire(request, socket as Socket);
      const scene = this.#scenes.get(request.url ?? '');
      if (scene === undefined) {
        wire.refuse(404, {}, new Uint8Array());
        return;
      }
      this.requests += 1;
      this.#busy.add(wire);
      socket.on('close', () => this.#busy.delete(wire));
      void this.#play(scene, wire);
    });
  }

  /** @param options whether it speaks of sessions, and of nothing else */
  static async listen(options: { readonly session?: boolean } = {}): Promise<WebSocketPeer> {
    const peer = new WebSocketPeer(options.session === true ? SessionPeerWire : WebSocketWire);
    await new Promise<void>((resolve) => {
      peer.#server.listen(0, '127.0.0.1', resolve);
    });
    return peer;
  }

  get baseUrl(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get busy(): number {
    return this.#busy.size;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  request(scene: Scene): TransportRequest {
    if (scene.kind === 'absent') void this.close();
    const target = `/scenes/${this.#scenes.size + 1}/${scene.kind}`;
    this.#scenes.set(target, scene);
    return { operation: 'PLAY', target };
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #play(scene: Scene, wire: PeerWire): Promise<void> {
    switch (scene.kind) {
      case 'answer':
        await this.#answer(scene, wire);
        return;
      case 'echo':
        this.#echo(wire);
        return;
      case 'stall':
      case 'cut':
        wire.open();
        wire.onClose = () => wire.socket.destroy();
        // oxlint-disable-next-line no-await-in-loop -- one message after another
        for (const chunk of scene.chunks) await wire.send(chunk);
        if (scene.kind === 'stall') return;
        await wait(BREAK_MS);
        if (scene.how === 'reset') wire.socket.resetAndDestroy();
        else wire.cut();
        return;
      case 'drop':
        wire.socket.resetAndDestroy();
        return;
      case 'garbage':
        wire.socket.end('%%% this is no HTTP at all %%%\r\n\r\n');
        return;
      case 'flood':
        await this.#flood(scene.chunkBytes, wire);
        return;
      case 'refuse':
        wire.refuse(scene.status, {}, new Uint8Array());
        return;
      case 'deaf':
        wire.socket.pause();
        return;
      case 'converse':
        this.#converse(wire);
        return;
      case 'silent':
        wire.socket.resume();
        wire.socket.on('end', () => wire.socket.destroy());
        return;
      case 'absent':
    }
  }

  async #answer(scene: Scene & { kind: 'answer' }, wire: PeerWire): Promise<void> {
    const { chunks, status, headers = {}, pauseMs = 0 } = scene;
    if (pauseMs > 0) await wait(pauseMs);
    if (status !== undefined) {
      wire.refuse(status, headers, Buffer.concat(chunks));
      return;
    }
    wire.open(headers);
    await this.#say(chunks, wire, pauseMs);
  }

  /** Sends messages and ends as RFC 6455, section 7.1.1, asks a server to. */
  async #say(chunks: readonly Uint8Array[], wire: PeerWire, pauseMs: number = 0): Promise<void> {
    for (const chunk of chunks) {
      // oxlint-disable-next-line no-await-in-loop -- one message after another
      if (pauseMs > 0) await wait(pauseMs);
      // oxlint-disable-next-line no-await-in-loop -- as above
      await wire.send(chunk);
    }
    await wire.sendClose();
    this.#busy.delete(wire);
    wire.onClose = () => wire.hangUp();
  }

  #echo(wire: PeerWire): void {
    wire.open();
    const heard: Uint8Array[] = [];
    const answer = (): void => void this.#say(heard, wire).then(() => wire.hangUp());
    const messages = wire.request.headers[MESSAGES];
    if (messages === 'none') {
      answer();
      return;
    }
    wire.onMessage = (data) => {
      heard.push(data);
      if (messages === 'one') answer();
    };
    wire.onClose = answer;
  }

  /** Sends back what comes; while nobody takes it, nothing more is read. */
  #converse(wire: PeerWire): void {
    let writing = 0;
    wire.open();
    wire.onMessage = (data) => {
      writing += 1;
      wire.hold();
      void wire.send(data).then(() => {
        writing -= 1;
        if (writing === 0) wire.release();
      });
    };
    wire.onClose = () => void this.#say([], wire).then(() => wire.hangUp());
  }

  async #flood(chunkBytes: number, wire: PeerWire): Promise<void> {
    const chunk = new Uint8Array(chunkBytes);
    wire.open();
    wire.onClose = () => wire.socket.destroy();
    while (!wire.socket.destroyed) {
      this.flooded += chunkBytes;
      // oxlint-disable-next-line no-await-in-loop -- as fast as it is taken
      await wire.send(chunk);
      // oxlint-disable-next-line no-await-in-loop -- a socket that takes all must not stop the others
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
