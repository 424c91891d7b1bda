import type { Body, ChunkFeed, ChunkSink } from '../body.ts';

/** Feeds the chunks of any body; it takes the body when the first is asked for. */
export class BodyFeed implements ChunkFeed {
  readonly #body: Body;
  readonly #sink: ChunkSink;
  #feed: ChunkFeed | undefined;

  constructor(body: Body, sink: ChunkSink) {
    this.#body = body;
    this.#sink = sink;
  }

  take(): Uint8Array | undefined {
    try {
      this.#feed ??= this.#body.feed?.(this.#sink) ?? new IteratedFeed(this.#body, this.#sink);
      return this.#feed.take();
    } catch (error) {
      this.#sink.fail(error); // The body was read already.
      return undefined;
    }
  }
}

/** Feeds what an iterator gives. */
class IteratedFeed implements ChunkFeed {
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
