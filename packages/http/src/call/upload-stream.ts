import { SerializationError } from '@linkspan/core';

type Chunks = AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>;

/**
 * A request body that is read as fast as the peer takes it. It can be stopped at any time, also
 * while its source is silent; its source is then told.
 */
export class UploadStream implements AsyncIterable<Uint8Array> {
  readonly #open: () => Chunks;
  #source: AsyncIterator<unknown> | undefined;
  #stopped: PromiseWithResolvers<never> | undefined;
  #isOver = false;
  /** What went wrong in the source, if something did. */
  failure: SerializationError | undefined;

  constructor(open: () => Chunks) {
    this.#open = open;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: () => this.#next(),
      return: async () => {
        await this.#leave();
        return { done: true, value: undefined };
      },
    };
  }

  /** Whether its source has ended, failed, or was stopped. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Ends it: nobody will take another chunk. Does nothing when it is over. */
  stop(): void {
    if (this.#isOver) return;
    this.#stopped?.reject(new Error('The upload was stopped'));
    void this.#leave();
  }

  async #next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#isOver) return { done: true, value: undefined };
    this.#stopped = Promise.withResolvers<never>();
    try {
      const step = await Promise.race([this.#read(), this.#stopped.promise]);
      if (step.done === true) {
        this.#isOver = true;
        return { done: true, value: undefined };
      }
      return { done: false, value: toBytes(step.value) };
    } catch (cause) {
      if (!this.#isOver) {
        this.failure =
          cause instanceof SerializationError
            ? cause
            : new SerializationError('Cannot send the request: its body could not be read', {
                code: 'body_source',
                sent: 'maybe',
                cause,
              });
        await this.#leave();
      }
      throw this.failure ?? cause;
    } finally {
      this.#stopped = undefined;
    }
  }

  async #read(): Promise<IteratorResult<unknown>> {
    this.#source ??= (await this.#open())[Symbol.asyncIterator]();
    return await this.#source.next();
  }

  /** A source that fails while it is left has nobody left to tell. */
  async #leave(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    try {
      await this.#source?.return?.();
    } catch {}
  }
}

function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === 'string') return Buffer.from(chunk);
  throw new SerializationError(
    `Cannot send the request: expected chunks of bytes or text, found ${chunk === null ? 'null' : typeof chunk}`,
    { code: 'body_source', sent: 'maybe' },
  );
}
