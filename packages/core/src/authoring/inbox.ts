import type { LinkspanError } from '../errors/linkspan-error.ts';
import { StreamGapError } from '../errors/transport-error.ts';

type Read<Chunk> = IteratorResult<Chunk, undefined>;

const END = { done: true, value: undefined } as const;

/** What a chunk that waits costs beside its bytes. */
const CHUNK_BYTES = 128;

/** The bound of an {@link Inbox}. */
export interface InboxOptions {
  /** How many bytes may wait for the reader; each chunk counts 128 more. */
  readonly limitBytes: number;
  /** Makes the failure of a reader who fell behind. @default a StreamGapError */
  readonly overrun?: (limitBytes: number) => LinkspanError;
}

/**
 * What comes of a wire that cannot be slowed, on its way to a reader who asks for it: a subscription,
 * or one call of many on a connection. It is the source of a `createBody()`.
 *
 * Its bound holds: a chunk that would pass it is dropped with all that follow, the wire is left, and
 * the reader is told of the loss behind the last chunk that came before it.
 */
export class Inbox<Chunk = Uint8Array> implements AsyncIterableIterator<Chunk, undefined> {
  readonly #options: InboxOptions;
  #waiting: { readonly chunk: Chunk; readonly bytes: number }[] = [];
  #waitingBytes = 0;
  #reader: PromiseWithResolvers<Read<Chunk>> | undefined;
  /** The reads behind the one that waits: hardly ever one. */
  readonly #laterReaders: PromiseWithResolvers<Read<Chunk>>[] = [];
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;
  #onOver: (() => void)[] = [];

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** Whether nothing more is taken in: it has ended, failed, overrun or was left. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes a chunk in, with the bytes that it counts for. Does nothing when it is over. */
  push(chunk: Chunk, bytes: number): void {
    if (this.#isOver) return;
    const reader = this.#reader;
    if (reader !== undefined) {
      this.#reader = this.#laterReaders.shift();
      reader.resolve({ done: false, value: chunk });
      return;
    }
    const { limitBytes, overrun = gap } = this.#options;
    if (this.#waitingBytes + bytes > limitBytes) {
      this.fail(overrun(limitBytes));
      return;
    }
    this.#waitingBytes += bytes + CHUNK_BYTES;
    this.#waiting.push({ chunk, bytes });
  }

  /** The wire has nothing more: the reader gets what waits, and then the end. */
  end(): void {
    this.#finish();
  }

  /** The wire broke: the reader gets what waits, and then the failure, once. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#failure = { error };
    this.#finish();
  }

  /** Calls back once, when nothing more is taken in: the place to leave the wire. */
  onOver(listener: () => void): void {
    if (this.#isOver) listener();
    else this.#onOver.push(listener);
  }

  next(): Promise<Read<Chunk>> {
    const first = this.#waiting.shift();
    if (first !== undefined) {
      this.#waitingBytes -= first.bytes + CHUNK_BYTES;
      return Promise.resolve({ done: false, value: first.chunk });
    }
    if (this.#isOver) return this.#atEnd();
    // Reads that overlap are served one after another, as an async generator does.
    const reader = Promise.withResolvers<Read<Chunk>>();
    if (this.#reader === undefined) this.#reader = reader;
    else this.#laterReaders.push(reader);
    return reader.promise;
  }

  /** The reader leaves: what waits is dropped. */
  return(): Promise<Read<Chunk>> {
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#failure = undefined;
    this.#finish();
    return Promise.resolve(END);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #atEnd(): Promise<Read<Chunk>> {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure === undefined ? Promise.resolve(END) : Promise.reject(failure.error);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const listeners = this.#onOver;
    this.#onOver = [];
    for (const listener of listeners) listener();
    while (this.#reader !== undefined) {
      this.#atEnd().then(this.#reader.resolve, this.#reader.reject);
      this.#reader = this.#laterReaders.shift();
    }
  }
}

function gap(limitBytes: number): StreamGapError {
  return new StreamGapError(
    `Cannot read on: the reader fell more than ${limitBytes} bytes behind, and what came then is lost`,
    { code: 'reader_overrun' },
  );
}
