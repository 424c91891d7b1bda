import { mkdtempSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TransportRequest } from '@linkspan/core';
import type { StdioOptions } from '@linkspan/example-transport-stdio';
import type { Peer, Scene } from '@linkspan/testkit';

const player = fileURLToPath(new URL('scene-player.mjs', import.meta.url));

/** The processes that play scenes, as they tell of themselves. */
export class StdioPeer implements Peer {
  readonly #server: Server;
  readonly #processes = new Set<Socket>();
  readonly #folder = mkdtempSync(join(tmpdir(), 'linkspan-stdio-'));
  readonly #command = join(this.#folder, 'node');
  #isAbsent = false;
  requests = 0;
  busy = 0;
  flooded = 0;

  private constructor() {
    // A program that can be taken away.
    symlinkSync(process.execPath, this.#command);
    this.#server = createServer((socket) => {
      this.#hear(socket);
    });
  }

  static async listen(): Promise<StdioPeer> {
    const peer = new StdioPeer();
    await new Promise<void>((resolve) => {
      peer.#server.listen(0, '127.0.0.1', resolve);
    });
    return peer;
  }

  /** How the program is run. */
  get options(): StdioOptions {
    const { port } = this.#server.address() as AddressInfo;
    return { command: this.#command, args: [player], env: { KIT_PORT: String(port) } };
  }

  get connections(): number {
    return this.#processes.size;
  }

  /** The request that has the scene played; `carried()` makes a message of it. */
  request(scene: Scene): TransportRequest {
    if (scene.kind === 'absent') this.#leave();
    const written =
      'chunks' in scene
        ? { ...scene, chunks: scene.chunks.map((chunk) => Buffer.from(chunk).toString('base64')) }
        : scene;
    return {
      operation: scene.kind === 'converse' ? 'open' : 'call',
      target: JSON.stringify(written),
    };
  }

  async close(): Promise<void> {
    this.#leave();
    rmSync(this.#folder, { recursive: true, force: true });
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  /** Takes the program away, and ends what runs. */
  #leave(): void {
    if (!this.#isAbsent) unlinkSync(this.#command);
    this.#isAbsent = true;
    for (const socket of this.#processes) socket.destroy();
  }

  #hear(socket: Socket): void {
    socket.on('error', () => {});
    if (this.#isAbsent) {
      socket.destroy();
      return;
    }
    this.#processes.add(socket);
    let busy = 0;
    socket.on('close', () => {
      this.#processes.delete(socket);
      this.busy -= busy;
    });
    const lines = createInterface({ input: socket });
    lines.on('error', () => {});
    lines.on('line', (line) => {
      const facts = JSON.parse(line) as Partial<Record<'requests' | 'busy' | 'flooded', number>>;
      busy += facts.busy ?? 0;
      this.busy += facts.busy ?? 0;
      this.requests += facts.requests ?? 0;
      this.flooded += facts.flooded ?? 0;
      // A process plays on when what it told is counted.
      socket.write('\n');
    });
  }
}
