import type { CloseReason } from '@linkspan/core';

/** A message as it came: text, or bytes. */
export type WireMessage = string | Uint8Array;

/** What messages come from, and what can be made to wait. */
export interface MessageSource {
  pause(): void;
  resume(): void;
}

type Read<Message> = IteratorResult<Message, CloseReason | undefined>;

/** How it ended, told to the reader once. */
interface End {
  readonly reason?: CloseReason;
  readonly failure?: { readonly error: unknown };
}

/** How much may wait for the reader before the socket is paused, and what is left then, to go on. */
const HIGH_BYTES = 1024 * 1024;
const LOW_BYTES = HIGH_BYTES / 2;
const HIGH_COUNT = 1024;
const LOW_COUNT = HIGH_COUNT / 2;

/**
 * The messages between a socket and one reader. The socket is paused while the reader is slow: what
 * waits here is bounded. What came before the end is read before it.
 */
export class Inbox<Message> implements AsyncIterableIterator<Message, CloseReason | undefined> {
  readonly #decode: (message: WireMessage) => Message;
  readonly #onLeave: () => void;
  #messages: (WireMessage | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  #isPaused = false;
  #isDiscarding = false;
  #source: MessageSource | undefined;
  /** The read that waits. */
  #taker: PromiseWithResolvers<Read<Message>> | undefined;
  /** The reads behind it: hardly ever one. */
  readonly #laterTakers: PromiseWithResolvers<Read<Message>>[] = [];
  #end: End | undefined;

  /**
   * @param decode makes of each message what the reader gets; what it throws, the reader is thrown
   * @param onLeave called when the reader leaves before the end
   */
  constructor(decode: (message: WireMessage) => Message, onLeave: () => void) {
    this.#decode = decode;
    this.#onLeave = onLeave;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Whether a reader waits. */
  get isAwaited(): boolean {
    return this.#taker !== undefined;
  }

  /** Whether nothing waits for the reader. */
  get isEmpty(): boolean {
    return this.#head === this.#messages.length;
  }

  /** The socket that messages come from, from now on. */
  attach(source: MessageSource): void {
    this.#source = source;
    if (this.#isPaused) source.pause();
    else source.resume();
  }

  push(message: WireMessage): void {
    if (this.#isDiscarding || this.#end !== undefined) return;
    const taker = this.#taker;
    if (taker !== undefined) {
      this.#taker = this.#laterTakers.shift();
      try {
        taker.resolve({ done: false, value: this.#decode(message) });
      } catch (error) {
        taker.reject(error);
      }
      return;
    }
    this.#messages.push(message);
    this.#bytes += typeof message === 'string' ? message.length : message.byteLength;
    if (this.#isPaused) return;
    if (this.#bytes >= HIGH_BYTES || this.#messages.length - this.#head >= HIGH_COUNT) {
      this.#isPaused = true;
      this.#source?.pause();
    }
  }

  /** No more will come. The reader is told behind what had come. */
  end(reason: CloseReason | undefined): void {
    this.#finish(reason === undefined ? {} : { reason });
  }

  /** Something broke. The reader is told behind what had come. */
  fail(error: unknown): void {
    this.#finish({ failure: { error } });
  }

  /** Drops what there is, and what still comes: it is no longer read. */
  discard(): void {
    this.#isDiscarding = true;
    this.#messages = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#resume();
  }

  next(): Promise<Read<Message>> {
    const message = this.#messages[this.#head];
    if (message !== undefined) return this.#take(message);
    if (this.#end !== undefined) return this.#atEnd();
    // Reads that overlap are served one after another, as an async generator does.
    const taker = Promise.withResolvers<Read<Message>>();
    if (this.#taker === undefined) this.#taker = taker;
    else this.#laterTakers.push(taker);
    return taker.promise;
  }

  async return(): Promise<Read<Message>> {
    if (this.#end === undefined) {
      this.end(undefined);
      this.#onLeave();
    }
    this.discard();
    return { done: true, value: undefined };
  }

  #take(message: WireMessage): Promise<Read<Message>> {
    this.#messages[this.#head] = undefined;
    this.#head += 1;
    this.#bytes -= typeof message === 'string' ? message.length : message.byteLength;
    if (this.#head === this.#messages.length) {
      this.#messages.length = 0;
      this.#head = 0;
    } else if (this.#head >= HIGH_COUNT) {
      this.#messages = this.#messages.slice(this.#head);
      this.#head = 0;
    }
    if (this.#isPaused && this.#bytes <= LOW_BYTES) {
      if (this.#messages.length - this.#head <= LOW_COUNT) this.#resume();
    }
    try {
      return Promise.resolve({ done: false, value: this.#decode(message) });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #atEnd(): Promise<Read<Message>> {
    const { reason, failure } = this.#end ?? {};
    this.#end = {};
    if (failure !== undefined) return Promise.reject(failure.error);
    return Promise.resolve({ done: true, value: reason });
  }

  #finish(end: End): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    while (this.#taker !== undefined) {
      this.#atEnd().then(this.#taker.resolve, this.#taker.reject);
      this.#taker = this.#laterTakers.shift();
    }
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#source?.resume();
  }
}
