import type { Body, ChunkFeed, ChunkSink } from '../body.ts';

/** Feeds the chunks of a body that has no feed of its own. */
export class IteratedFeed implements ChunkFeed {
  readonly #chunks: AsyncIterator<Uint8Array, unknown>;
  readonly #onResult: (result: IteratorResult<Uint8Array, unknown>) => void;
  readonly #onFailure: (error: unknown) => void;

  constructor(body: Body, sink: ChunkSink) {
    this.#chunks = body[Symbol.asyncIterator]();
    this.#onResult = (result) => {
      if (result.done === true) sink.end();
      else sink.chunk(result.value);
    };
    this.#onFailure = (error) => sink.fail(error);
  }

  take(): undefined {
    this.#chunks.next().then(this.#onResult, this.#onFailure);
  }
}
