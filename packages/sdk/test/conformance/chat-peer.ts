import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Peer, Scene } from '@linkspan/testkit';
import type { ProviderFrames } from './provider-frames.ts';

/** Long enough for a client to have read what was written before its wire breaks. */
const BREAK_MS = 10;

/** How many bytes one piece of a text stands for. */
const PIECE_BYTES = 48 * 1024;

/**
 * A model provider that plays scenes: the model that is asked for names the scene, and the text of the
 * answer is its bytes, in base64.
 */
export class ChatPeer implements Peer {
  readonly #server: Server = createServer(
    (request, response) => void this.#take(request, response),
  );
  readonly #frames: ProviderFrames;
  readonly #scenes = new Map<string, Scene>();
  #busy = 0;
  #connections = 0;
  requests = 0;
  flooded = 0;

  private constructor(frames: ProviderFrames) {
    this.#frames = frames;
    this.#server.on('connection', (socket) => {
      this.#connections += 1;
      socket.on('close', () => {
        this.#connections -= 1;
      });
    });
  }

  static async listen(frames: ProviderFrames): Promise<ChatPeer> {
    const peer = new ChatPeer(frames);
    await new Promise<void>((resolve) => {
      peer.#server.listen(0, '127.0.0.1', resolve);
    });
    return peer;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get busy(): number {
    return this.#busy;
  }

  get connections(): number {
    return this.#connections;
  }

  /** Keeps a scene, and gives the model that stands for it. */
  model(scene: Scene): string {
    if (scene.kind === 'absent') void this.close();
    const model = `scene-${this.#scenes.size + 1}-${scene.kind}`;
    this.#scenes.set(model, scene);
    return model;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => {
      this.#server.close(resolve);
    });
    this.#server.closeAllConnections();
    await closed;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Whoever looks for a sign of life gets one.
    if (request.method !== 'POST') {
      response.end();
      return;
    }
    const parts: Buffer[] = [];
    try {
      for await (const part of request) parts.push(part as Buffer);
    } catch {
      return; // The client left before its request was whole.
    }
    const chat = JSON.parse(Buffer.concat(parts).toString()) as {
      readonly model: string;
      readonly messages: readonly { readonly content: string }[];
    };
    const scene = this.#scenes.get(chat.model);
    this.requests += 1;
    this.#busy += 1;
    response.once('close', () => {
      this.#busy -= 1;
    });
    if (scene !== undefined) await this.#play(scene, response, chat.messages[0]!.content);
  }

  async #play(scene: Scene, response: ServerResponse, prompt: string): Promise<void> {
    switch (scene.kind) {
      case 'answer':
        await this.#answer(scene, response);
        return;
      case 'echo':
        await this.#answer({ kind: 'answer', chunks: [Buffer.from(prompt, 'base64')] }, response);
        return;
      case 'stall':
        this.#begin(scene.chunks, response);
        return;
      case 'cut':
        this.#begin(scene.chunks, response);
        await wait(BREAK_MS);
        // The worse end is the clean one: only the protocol tells that something is missing.
        if (scene.how === 'end') response.end();
        else response.socket?.resetAndDestroy();
        return;
      case 'drop':
        response.socket?.resetAndDestroy();
        return;
      case 'garbage':
        response.setHeader('content-type', 'text/html');
        response.end('<!doctype html><title>Sign in</title>');
        return;
      case 'flood':
        await this.#flood(scene.chunkBytes, response);
        return;
      default:
    }
  }

  async #answer(scene: Scene & { kind: 'answer' }, response: ServerResponse): Promise<void> {
    const { chunks, status = 200, headers = {}, pauseMs = 0 } = scene;
    if (pauseMs > 0) await wait(pauseMs);
    if (status >= 300) {
      response.writeHead(status, headers).end(Buffer.concat(chunks));
      return;
    }
    this.#writeHead(response, status, headers);
    for (const chunk of chunks) {
      // oxlint-disable-next-line no-await-in-loop -- one chunk after another
      if (pauseMs > 0) await wait(pauseMs);
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        response.write(this.#piece(chunk.subarray(at, at + PIECE_BYTES)));
      }
    }
    response.end(this.#frames.end);
  }

  #begin(chunks: readonly Uint8Array[], response: ServerResponse): void {
    this.#writeHead(response, 200, {});
    for (const chunk of chunks) response.write(this.#piece(chunk));
  }

  async #flood(chunkBytes: number, response: ServerResponse): Promise<void> {
    const piece = this.#piece(new Uint8Array(chunkBytes));
    this.#writeHead(response, 200, {});
    while (!response.destroyed) {
      this.flooded += chunkBytes;
      const hasRoom = response.write(piece);
      // oxlint-disable-next-line no-await-in-loop -- as fast as it is taken
      if (!hasRoom) await drained(response);
      // oxlint-disable-next-line no-await-in-loop -- a socket that takes all must not stop the others
      await wait(0);
    }
  }

  #writeHead(
    response: ServerResponse,
    status: number,
    headers: Readonly<Record<string, string>>,
  ): void {
    response.writeHead(status, { 'content-type': 'text/event-stream', ...headers });
    response.write(this.#frames.begin);
  }

  #piece(bytes: Uint8Array): string {
    return this.#frames.piece(Buffer.from(bytes).toString('base64'));
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go);
      response.off('close', go);
      resolve();
    };
    response.on('drain', go);
    response.on('close', go);
  });
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (ms === 0) setImmediate(resolve);
    else setTimeout(resolve, ms);
  });
}
