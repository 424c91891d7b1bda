import { jsonCodec, type Payload, SerializationError, summarizeCause } from '@linkspan/core';

/** Listens to a payload on its way, and keeps up to `maxBytes` of it. */
export class PayloadTape {
  readonly streamed: boolean;
  /** Why the payload cannot be read, where it cannot. */
  unreadable: string | undefined;
  truncated = false;
  readonly #maxBytes: number;
  #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(payload: Payload, maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.streamed = payload.kind === 'stream' || payload.kind === 'factory';
    if (payload.kind === 'bytes') this.#keep(payload.bytes);
    else if (payload.kind === 'value') this.#keepValue(payload.value);
  }

  bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }

  /** The payload to send in its place: the same, listened to. */
  listen(payload: Payload): Payload {
    switch (payload.kind) {
      case 'stream':
        return { ...payload, stream: this.#listenTo(payload.stream) };
      case 'factory':
        return { ...payload, open: async () => this.#listenTo(await payload.open()) };
      default:
        return payload;
    }
  }

  #listenTo<Chunk>(stream: AsyncIterable<Chunk>): AsyncIterable<Chunk> {
    return {
      [Symbol.asyncIterator]: () => {
        // A factory that is opened again begins again.
        this.#chunks = [];
        this.#size = 0;
        this.truncated = false;
        const source = stream[Symbol.asyncIterator]();
        return {
          next: async () => {
            const step = await source.next();
            if (step.done !== true) this.#keepChunk(step.value);
            return step;
          },
          return: async () => {
            await source.return?.();
            return { done: true, value: undefined };
          },
        };
      },
    };
  }

  #keepChunk(chunk: unknown): void {
    if (chunk instanceof Uint8Array) this.#keep(chunk);
    else if (typeof chunk === 'string') this.#keep(Buffer.from(chunk));
    else this.#keepValue(chunk);
  }

  #keepValue(value: unknown): void {
    try {
      this.#keep(jsonCodec.encode(value));
    } catch (error) {
      if (!(error instanceof SerializationError)) throw error;
      // Another transport may take what is not JSON: that it cannot be shown is no failure.
      this.unreadable = summarizeCause(error).message;
    }
  }

  #keep(bytes: Uint8Array): void {
    const room = this.#maxBytes - this.#size;
    if (bytes.byteLength > room) this.truncated = true;
    // A copy: its owner may use the memory again.
    const kept = Uint8Array.prototype.slice.call(bytes, 0, Math.max(0, room));
    if (kept.byteLength === 0) return;
    this.#chunks.push(kept);
    this.#size += kept.byteLength;
  }
}
