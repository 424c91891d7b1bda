import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** What is known of a stream of HTTP/2. */
export interface WatchedStream {
  /** The code of the RST_STREAM that ended it; 0 for none. */
  readonly rstCode: number | undefined;
}

/** Who is given the stream that is made for it. */
export interface StreamTaker {
  takeStream(stream: WatchedStream): void;
}

const CHANNEL = 'http2.client.stream.created';

/**
 * Finds the streams that undici makes for requests. It matters for one thing: Node, and undici with
 * it, takes an answer for complete whose stream was ended by RST_STREAM with the code CANCEL. Only
 * the stream itself tells that from a body that came to its end.
 */
export class StreamWatch {
  #taker: StreamTaker | undefined;
  readonly #onCreated = (message: unknown): void => {
    const taker = this.#taker;
    this.#taker = undefined;
    taker?.takeStream((message as { readonly stream: WatchedStream }).stream);
  };

  constructor() {
    subscribe(CHANNEL, this.#onCreated);
  }

  /** The next stream is this one's: it is made in the same turn, without a wait between. */
  expect(taker: StreamTaker): void {
    this.#taker = taker;
    queueMicrotask(() => {
      this.#taker = undefined;
    });
  }

  stop(): void {
    unsubscribe(CHANNEL, this.#onCreated);
  }
}
