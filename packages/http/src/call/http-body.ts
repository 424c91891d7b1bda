import {
  type Body,
  type ChunkFeed,
  type ChunkSink,
  MessageError,
  MessageTooLargeError,
} from '@linkspan/core';

type Read = IteratorResult<Uint8Array, undefined>;

/** What a body needs of the call that it belongs to. */
export interface BodySource {
  /** Reads on after {@link HttpBody.push} asked for a pause. */
  resume(): void;
  /** Somebody waits for bytes from now on, a time that may be known: the idle clock runs. */
  startWaiting(now?: number): void;
  stopWaiting(): void;
  /** Leaves the rest unread and frees the wire. */
  abandon(): void;
}

/** How much is held for a reader that is slower than the peer. */
const HIGH_WATER_MARK = 64 * 1024;

const END: Read = { done: true, value: undefined };

/**
 * The body of an answer: bytes are pushed into it as they come, and held until somebody reads.
 * Above the high-water mark it asks for a pause, which reaches the peer through its socket. What
 * fits below is taken from the socket without a reader, so that a small answer that nobody reads
 * does not hold its connection.
 */
export class HttpBody implements Body, ChunkFeed, AsyncIterator<Uint8Array, undefined> {
  readonly #source: BodySource;
  #chunks: Uint8Array[] = [];
  /** The first chunk that was not read. */
  #head = 0;
  #heldBytes = 0;
  #isPaused = false;
  #isTaken = false;
  #isClosed = false;
  #failure: { readonly error: unknown } | undefined;
  /** The read that waits. */
  #reader: PromiseWithResolvers<Read> | undefined;
  /** The reads behind it: hardly ever one. */
  #laterReaders: PromiseWithResolvers<Read>[] | undefined;
  #sink: ChunkSink | undefined;
  /** Whether the sink waits to be called. */
  #isAsked = false;
  #collector: PromiseWithResolvers<readonly Uint8Array[]> | undefined;
  #maxBytes = Infinity;
  #listeners: (() => void)[] | undefined;

  constructor(source: BodySource) {
    this.#source = source;
  }

  [Symbol.asyncIterator](): this {
    this.#claim();
    return this;
  }

  next(): Promise<Read> {
    if (this.#head < this.#chunks.length)
      return Promise.resolve({ done: false, value: this.#shift() });
    if (this.#isClosed) return this.#atEnd();
    const reader = Promise.withResolvers<Read>();
    // Reads that overlap are served one after another, as an async generator does.
    if (this.#reader !== undefined) {
      (this.#laterReaders ??= []).push(reader);
      return reader.promise;
    }
    this.#reader = reader;
    this.#source.startWaiting();
    this.#unpause();
    return reader.promise;
  }

  feed(sink: ChunkSink): this {
    this.#claim();
    this.#sink = sink;
    return this;
  }

  take(now?: number): Uint8Array | undefined {
    if (this.#head < this.#chunks.length) return this.#shift();
    if (this.#isClosed) {
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure === undefined) this.#sink?.end();
      else this.#sink?.fail(failure.error);
    } else if (!this.#isAsked) {
      this.#isAsked = true;
      this.#source.startWaiting(now);
      this.#unpause();
    }
    return undefined;
  }

  async return(): Promise<Read> {
    await this.cancel();
    return END;
  }

  collect(options?: { readonly maxBytes?: number }): Promise<readonly Uint8Array[]> {
    this.#claim();
    this.#maxBytes = options?.maxBytes ?? Infinity;
    if (this.#heldBytes > this.#maxBytes) {
      const error = this.#refuseSize();
      if (!this.#isClosed) this.#close();
      return Promise.reject(error);
    }
    if (this.#isClosed) {
      const failure = this.#failure;
      return failure === undefined ? Promise.resolve(this.#chunks) : Promise.reject(failure.error);
    }
    this.#collector = Promise.withResolvers<readonly Uint8Array[]>();
    const { promise } = this.#collector;
    this.#source.startWaiting();
    this.#unpause();
    return promise;
  }

  cancel(): Promise<void> {
    this.#isTaken = true;
    this.#chunks = [];
    this.#head = this.#heldBytes = 0;
    if (this.#isClosed) {
      this.#failure = undefined;
    } else {
      this.#source.abandon();
      this.end();
    }
    return Promise.resolve();
  }

  onClose(listener: () => void): void {
    if (this.#isClosed) listener();
    else (this.#listeners ??= []).push(listener);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cancel();
  }

  /** Takes bytes off the wire. Says whether there are too many: nothing more shall come then. */
  push(chunk: Uint8Array): 'more' | 'pause' {
    if (this.#isClosed) return 'more';
    if (this.#isAsked) {
      this.#isAsked = false;
      this.#source.stopWaiting();
      this.#sink?.chunk(chunk);
      return 'more';
    }
    if (this.#reader !== undefined) {
      const { resolve } = this.#reader;
      this.#reader = this.#laterReaders?.shift();
      this.#source.stopWaiting();
      if (this.#reader !== undefined) this.#source.startWaiting();
      resolve({ done: false, value: chunk });
      return 'more';
    }
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.byteLength;
    if (this.#collector !== undefined) {
      if (this.#heldBytes > this.#maxBytes) {
        this.fail(this.#refuseSize());
        return 'more';
      }
      this.#source.startWaiting();
      return 'more';
    }
    if (this.#heldBytes < HIGH_WATER_MARK) return 'more';
    this.#isPaused = true;
    return 'pause';
  }

  /** The answer is complete, or nobody wants the rest. */
  end(): void {
    if (this.#isClosed) return;
    const reader = this.#reader;
    const laterReaders = this.#laterReaders;
    const collector = this.#collector;
    const isAsked = this.#isAsked;
    this.#close();
    if (isAsked) this.#sink?.end();
    reader?.resolve(END);
    endAll(laterReaders);
    collector?.resolve(this.#chunks);
  }

  /** The call was ended from this side: what has come is dropped, and the error told at once. */
  abort(error: unknown): void {
    this.#chunks = [];
    this.#head = this.#heldBytes = 0;
    this.fail(error);
  }

  /** The answer cannot be completed. What has come can still be read, then the error is told. */
  fail(error: unknown): void {
    if (this.#isClosed) return;
    const reader = this.#reader;
    const laterReaders = this.#laterReaders;
    const collector = this.#collector;
    const isAsked = this.#isAsked;
    // Before those who listen for the end are told: they may read at once.
    if (reader === undefined && !isAsked) this.#failure = { error };
    this.#close();
    if (isAsked) this.#sink?.fail(error);
    reader?.reject(error);
    endAll(laterReaders);
    collector?.reject(error);
  }

  #close(): void {
    this.#isClosed = true;
    this.#isAsked = false;
    this.#reader = this.#laterReaders = this.#collector = undefined;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners !== undefined) for (const listener of listeners) listener();
  }

  #claim(): void {
    if (this.#isTaken) {
      throw new MessageError(
        'Cannot read the body: it is being read, or was read or cancelled, already; a body is read once',
        { code: 'body_used' },
      );
    }
    this.#isTaken = true;
  }

  #shift(): Uint8Array {
    const chunk = this.#chunks[this.#head]!;
    this.#head++;
    this.#heldBytes -= chunk.byteLength;
    if (this.#head === this.#chunks.length) {
      this.#chunks = [];
      this.#head = 0;
      this.#unpause();
    } else if (this.#head === 16) {
      this.#chunks = this.#chunks.slice(16);
      this.#head = 0;
    }
    return chunk;
  }

  #atEnd(): Promise<Read> {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure === undefined ? Promise.resolve(END) : Promise.reject(failure.error);
  }

  #unpause(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#source.resume();
  }

  #refuseSize(): MessageTooLargeError {
    const error = new MessageTooLargeError(
      `Cannot collect the body: it has more than ${this.#maxBytes} bytes`,
    );
    this.#chunks = [];
    if (!this.#isClosed) this.#source.abandon();
    return error;
  }
}

/** Behind the end of a body, or its failure, every read finds its end. */
function endAll(readers: readonly PromiseWithResolvers<Read>[] | undefined): void {
  if (readers !== undefined) for (const { resolve } of readers) resolve(END);
}
