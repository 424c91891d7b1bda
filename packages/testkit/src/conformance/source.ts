import type { Payload } from '@linkspan/core';

/**
 * More than may be on the way between two sides of which one does not read: buffers of the
 * transport, of the peer, and of the system's sockets, which take some 10 MiB.
 */
export const BOUND_BYTES: number = 32 * 1024 * 1024;

/** What a payload does when it is read. */
interface SourceOptions {
  readonly chunks: Iterable<unknown>;
  /** Thrown after the chunks, instead of an end. */
  readonly failure?: unknown;
  /** Whether it is silent after the chunks, instead of ending. @default false */
  readonly isSilent?: boolean;
}

/** The chunks of a payload, which sees how it is read. */
export class Source implements AsyncIterable<Uint8Array> {
  readonly #options: SourceOptions;
  /** How many times reading began. */
  opened = 0;
  /** How many of these readings are over: at the end, by a failure, or because the reader left. */
  released = 0;
  pulledBytes = 0;

  constructor(options: SourceOptions) {
    this.#options = options;
  }

  /** As a payload that can be sent again. */
  get factory(): Payload {
    return { kind: 'factory', open: () => this };
  }

  /** As a payload that can be sent once. */
  get stream(): Payload {
    return { kind: 'stream', stream: this };
  }

  /** Whether nobody holds it: each reading that began is over. */
  get isReleased(): boolean {
    return this.released === this.opened;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    this.opened += 1;
    const chunks = this.#options.chunks[Symbol.iterator]();
    let isOver = false;
    const end = (): { readonly done: true; readonly value: undefined } => {
      if (!isOver) this.released += 1;
      isOver = true;
      return { done: true, value: undefined };
    };
    return {
      next: async () => {
        if (isOver) return end();
        // A reader that takes all it can must not keep everything else from running.
        await new Promise((resolve) => {
          setImmediate(resolve);
        });
        const step = chunks.next();
        if (step.done !== true) {
          const chunk = step.value as Uint8Array;
          this.pulledBytes += chunk.byteLength;
          return { done: false, value: chunk };
        }
        if (this.#options.isSilent === true) return await new Promise<never>(() => {});
        const result = end();
        if (this.#options.failure !== undefined) throw this.#options.failure;
        return result;
      },
      return: async () => end(),
    };
  }
}

/** So many bytes that only a reader without limits gets to their end. */
export function* plenty(): Generator<Uint8Array> {
  const chunk = new Uint8Array(64 * 1024);
  for (let bytes = 0; bytes < 2 * BOUND_BYTES; bytes += chunk.byteLength) yield chunk;
}
