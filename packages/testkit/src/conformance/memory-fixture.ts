import {
  ConnectionRefusedError,
  ConnectionResetError,
  jsonCodec,
  type MemoryAnswer,
  type MemoryCall,
  memoryTransport,
  parseSettings,
  type Payload,
  setting,
  type SettingsTable,
  StreamIncompleteError,
  type Transport,
  type TransportRequest,
} from '@linkspan/core';
import { concat } from './bytes.ts';
import type { ConformanceFixture, Peer, Stage } from './fixture.ts';
import type { Scene } from './scene.ts';
import { SceneStore } from './scene-store.ts';

/** How a {@link memoryFixture} makes its transports. */
export interface MemoryFixtureOptions {
  /** @default 'memory' */
  readonly name?: string;
  /** Puts around each transport what is to be proven. @default nothing */
  readonly wrap?: (transport: Transport) => Transport;
}

interface MemoryFixtureSettings {
  readonly name: string;
  readonly wrap: (transport: Transport) => Transport;
}

const table: SettingsTable<MemoryFixtureSettings, MemoryFixtureOptions> = {
  name: setting.string({ default: 'memory' }),
  wrap: setting.callback({ default: (transport: Transport): Transport => transport }),
};

/**
 * The fixture of `memoryTransport()`, and of whatever works above any transport: middleware, a
 * transport that sends through another.
 */
export function memoryFixture(options: MemoryFixtureOptions = {}): ConformanceFixture {
  const { name, wrap } = parseSettings('memoryFixture()', table, options);
  return {
    name,
    open: async () => {
      const peer = new MemoryPeer();
      const transport = memoryTransport((request, call) => peer.answer(request, call), { name });
      const stage: Stage = {
        transport: wrap(transport),
        request: (scene) => peer.request(scene),
        peer,
        close: async () => {
          peer.leave();
          await transport.close();
        },
      };
      return stage;
    },
  };
}

class MemoryPeer implements Peer {
  readonly #scenes = new SceneStore();
  readonly #calls = new Set<symbol>();
  #isAbsent = false;
  requests = 0;
  flooded = 0;

  get busy(): number {
    return this.#calls.size;
  }

  get connections(): number {
    return this.busy;
  }

  request(scene: Scene): TransportRequest {
    if (scene.kind === 'absent') this.leave();
    return { operation: 'PLAY', target: this.#scenes.add(scene) };
  }

  /** Nobody is here from now on. */
  leave(): void {
    this.#isAbsent = true;
    this.#calls.clear();
  }

  async answer(request: TransportRequest, call: MemoryCall): Promise<MemoryAnswer> {
    if (this.#isAbsent) throw new ConnectionRefusedError('Cannot connect: nobody is there');
    const scene = this.#scenes.find(request.target);
    if (scene === undefined) return { status: 404 };
    this.requests += 1;
    const id = Symbol(scene.kind);
    this.#calls.add(id);
    const leave = (): void => {
      this.#calls.delete(id);
    };
    try {
      return await this.#play(scene, request.payload, call.signal, leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  async #play(
    scene: Scene,
    payload: Payload | undefined,
    signal: AbortSignal,
    leave: () => void,
  ): Promise<MemoryAnswer> {
    switch (scene.kind) {
      case 'answer': {
        const { status = 200, headers = {}, chunks, pauseMs = 0 } = scene;
        if (pauseMs > 0) await Promise.race([wait(pauseMs), untilAborted(signal)]);
        const names = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
        const script = playChunks(chunks, { pauseMs });
        return { status, headers: Object.fromEntries(names), body: new PlayedBody(script, leave) };
      }
      case 'echo': {
        const bytes = await readPayload(payload, signal);
        return { body: new PlayedBody(playChunks([bytes]), leave) };
      }
      case 'silent':
      case 'deaf':
        return await untilAborted(signal);
      case 'drop':
        throw new ConnectionResetError('Cannot get an answer: the peer has left');
      case 'garbage':
        throw new RangeError('A bug of the peer, in the place of its answer');
      case 'stall':
        return { body: new PlayedBody(playChunks(scene.chunks, { ending: 'silence' }), leave) };
      case 'cut':
        return { body: new PlayedBody(playChunks(scene.chunks, { ending: scene.how }), leave) };
      case 'flood':
        return { body: new PlayedBody(this.#flood(scene.chunkBytes), leave) };
      case 'refuse':
        leave();
        return { status: scene.status };
      case 'converse':
        return { body: new PlayedBody(await openPayload(payload), leave) };
      case 'absent':
        throw new ConnectionRefusedError('Cannot connect: nobody is there');
    }
  }

  async *#flood(chunkBytes: number): AsyncGenerator<Uint8Array, undefined> {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- others have to run meanwhile
      await wait(0);
      this.flooded += chunkBytes;
      yield new Uint8Array(chunkBytes);
    }
  }
}

/** A body that tells once that nobody reads it any more: at its end, its failure, or when it is left. */
class PlayedBody implements AsyncIterable<Uint8Array> {
  readonly #chunks: AsyncIterator<Uint8Array, unknown>;
  readonly #leave: () => void;

  constructor(chunks: AsyncIterator<Uint8Array, unknown>, leave: () => void) {
    this.#chunks = chunks;
    this.#leave = leave;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, unknown> {
    return {
      next: async () => {
        try {
          const read = await this.#chunks.next();
          if (read.done === true) this.#leave();
          return read;
        } catch (error) {
          this.#leave();
          throw error;
        }
      },
      return: async () => {
        this.#leave();
        // A generator that waits would answer only after its wait.
        void this.#chunks.return?.();
        return { done: true, value: undefined };
      },
    };
  }
}

interface PlayOptions {
  readonly pauseMs?: number;
  /** What comes after the chunks. @default an end */
  readonly ending?: 'silence' | 'reset' | 'end';
}

async function* playChunks(
  chunks: readonly Uint8Array[],
  { pauseMs = 0, ending }: PlayOptions = {},
): AsyncGenerator<Uint8Array, undefined> {
  for (const chunk of chunks) {
    // oxlint-disable-next-line no-await-in-loop -- one chunk after another
    if (pauseMs > 0) await wait(pauseMs);
    yield chunk;
  }
  if (ending === 'silence') await new Promise<never>(() => {});
  if (ending === 'reset') throw new ConnectionResetError('Cannot read the body: the peer has left');
  // In memory an end is an end: a peer that has to break off says so.
  if (ending === 'end') throw new StreamIncompleteError('Cannot read the body: it breaks off');
}

async function openPayload(
  payload: Payload | undefined,
): Promise<AsyncIterator<Uint8Array, unknown>> {
  switch (payload?.kind) {
    case undefined:
      return playChunks([]);
    case 'bytes':
      return playChunks([payload.bytes]);
    case 'value':
      return playChunks([jsonCodec.encode(payload.value)]);
    case 'factory':
      return (await payload.open())[Symbol.asyncIterator]();
    case 'stream':
      return (payload.stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  }
}

/** Reads a payload to its end, and leaves it when the call is over before. */
async function readPayload(payload: Payload | undefined, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const source = await openPayload(payload);
  const over = untilAborted(signal);
  try {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one chunk after another
      const read = await Promise.race([source.next(), over]);
      if (read.done === true) return concat(chunks);
      chunks.push(read.value);
    }
  } finally {
    // A source that waits need not answer.
    void source.return?.();
  }
}

/** Rejects when the call is over before its head. */
function untilAborted(signal: AbortSignal): Promise<never> {
  const over = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
  over.catch(() => {});
  return over;
}

async function wait(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
