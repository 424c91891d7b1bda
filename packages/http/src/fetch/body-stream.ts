import {
  type ReadableByteStreamController,
  ReadableStream,
  type ReadableStreamAsyncIterator,
  type ReadableStreamBYOBReader,
  ReadableStreamDefaultReader,
  type ReadableStreamGetReaderOptions,
  type ReadableStreamReader,
  type ReadableStreamReadResult,
  type UnderlyingByteSource,
} from 'node:stream/web';
import { feedOf } from './feed-of.ts';
import type { HeldBody } from './held-body.ts';

type Read = ReadableStreamReadResult<Uint8Array>;

/** The platform's class, for a source of bytes. */
const PlatformStream: new (source: UnderlyingByteSource) => ReadableStream<Uint8Array> =
  ReadableStream;

/**
 * The body of an answer as a web stream. It is one for the platform, which can pipe it, tee it and
 * read it into buffers; whoever reads it chunk by chunk gets the chunks from the body itself, without
 * the platform's queue, which is most of what a web stream costs. Nothing is read ahead: a slow reader
 * slows the peer.
 */
export class BodyStream extends PlatformStream {
  readonly #source: BodySource;

  /** @param toFailure Turns what the body fails with into what readers are told. */
  constructor(held: HeldBody, toFailure: (error: unknown) => unknown) {
    const source = new BodySource(held, toFailure);
    super(source);
    this.#source = source;
  }

  /** Whether it was read from or cancelled, be it to no effect. */
  get isDisturbed(): boolean {
    return this.#source.isDisturbed;
  }

  override getReader(options: { readonly mode: 'byob' }): ReadableStreamBYOBReader;
  override getReader(): ReadableStreamDefaultReader<Uint8Array>;
  override getReader(options?: ReadableStreamGetReaderOptions): ReadableStreamReader<Uint8Array>;
  override getReader(options?: ReadableStreamGetReaderOptions): ReadableStreamReader<Uint8Array> {
    return options?.mode === undefined
      ? new DirectReader(this, this.#source)
      : super.getReader(options);
  }

  override values(options?: {
    readonly preventCancel?: boolean;
  }): ReadableStreamAsyncIterator<Uint8Array> {
    return new ChunkIterator(new DirectReader(this, this.#source), options?.preventCancel === true);
  }

  override [Symbol.asyncIterator](): ReadableStreamAsyncIterator<Uint8Array> {
    return this.values();
  }
}

/** A reader in the platform's sense, lock and all, whose reads go past the platform's queue. */
class DirectReader extends ReadableStreamDefaultReader<Uint8Array> {
  #source: BodySource | undefined;

  constructor(stream: BodyStream, source: BodySource) {
    super(stream);
    this.#source = source;
  }

  override read(): Promise<Read> {
    return this.#source?.read() ?? super.read();
  }

  override releaseLock(): void {
    this.#source?.release();
    this.#source = undefined;
    super.releaseLock();
  }
}

class ChunkIterator implements ReadableStreamAsyncIterator<Uint8Array> {
  readonly #reader: DirectReader;
  readonly #preventCancel: boolean;
  #isOver = false;

  constructor(reader: DirectReader, preventCancel: boolean) {
    this.#reader = reader;
    this.#preventCancel = preventCancel;
    const leave = (): void => this.#leave();
    reader.closed.then(leave, leave);
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return this.#reader.read() as Promise<IteratorResult<Uint8Array, undefined>>;
  }

  async return(value?: unknown): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#isOver) {
      const cancelled = this.#preventCancel ? undefined : this.#reader.cancel(value);
      this.#leave();
      await cancelled;
    }
    return { done: true, value: value as undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reader.releaseLock();
  }
}

/**
 * Where the bytes of a {@link BodyStream} come from: for the platform's readers by `pull`, for ours by
 * `read`. Both ask the body for one chunk at a time.
 */
class BodySource implements UnderlyingByteSource {
  readonly type = 'bytes';
  isDisturbed = false;
  readonly #held: HeldBody;
  readonly #toFailure: (error: unknown) => unknown;
  #take: (() => Uint8Array | undefined) | undefined;
  #controller!: ReadableByteStreamController;
  /** The read that waits for the next chunk. */
  #waiting: PromiseWithResolvers<Read> | undefined;
  /** Reads that wait behind it, in their order: hardly anybody asks for more than one chunk. */
  #behind: PromiseWithResolvers<Read>[] | undefined;
  /** Whether the platform's queue may hold chunks: they come first. */
  #isQueued = false;
  #isOver = false;
  #hasFailed = false;
  #isAsking = false;
  /** What came while the body was being asked. */
  #found: Uint8Array | undefined;

  constructor(held: HeldBody, toFailure: (error: unknown) => unknown) {
    this.#held = held;
    this.#toFailure = toFailure;
  }

  start(controller: ReadableByteStreamController): void {
    this.#controller = controller;
  }

  pull(): void {
    this.isDisturbed = true;
    const chunk = this.#next();
    if (chunk !== undefined) this.#enqueue(chunk);
  }

  async cancel(reason: unknown): Promise<void> {
    this.isDisturbed = true;
    this.#isOver = true;
    for (const { resolve } of this.#takeWaiting()) resolve({ done: true, value: undefined });
    await this.#held.body.cancel(reason);
  }

  /** The next chunk; `undefined` where the platform has to answer: with a failure, or from its queue. */
  read(): Promise<Read> | undefined {
    this.isDisturbed = true;
    if (this.#isQueued) return undefined;
    if (this.#isOver) return this.#atEnd();
    if (this.#waiting !== undefined) {
      const read = Promise.withResolvers<Read>();
      (this.#behind ??= []).push(read);
      return read.promise;
    }
    const chunk = this.#next();
    if (chunk !== undefined) return Promise.resolve({ done: false, value: ownBytes(chunk) });
    // The body may have ended, or failed, on being asked.
    if (this.#isOver as boolean) return this.#atEnd();
    this.#waiting = Promise.withResolvers<Read>();
    return this.#waiting.promise;
  }

  /** The reader lets go: what comes for it now is kept for the next one. */
  release(): void {
    for (const { reject } of this.#takeWaiting()) {
      reject(new TypeError('Cannot read the body: the lock of its reader was released'));
    }
  }

  chunk(chunk: Uint8Array): void {
    if (this.#isAsking) this.#found = chunk;
    else this.#hand(chunk.byteLength === 0 ? this.#next() : chunk);
  }

  /** Hands a chunk to whoever waits for one, and more to those who wait behind. */
  #hand(first: Uint8Array | undefined): void {
    let chunk = first;
    while (chunk !== undefined && !this.#isOver) {
      const read = this.#waiting;
      if (read === undefined) {
        this.#enqueue(chunk);
        return;
      }
      this.#waiting = this.#behind?.shift();
      read.resolve({ done: false, value: ownBytes(chunk) });
      chunk = this.#waiting === undefined ? undefined : this.#next();
    }
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller.close();
    // A reader into a buffer that waits is answered through its request.
    this.#controller.byobRequest?.respond(0);
    for (const { resolve } of this.#takeWaiting()) resolve({ done: true, value: undefined });
  }

  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = this.#hasFailed = true;
    const failure = this.#toFailure(error);
    this.#controller.error(failure);
    for (const { reject } of this.#takeWaiting()) reject(failure);
  }

  /** The next chunk, if it is there; otherwise `chunk`, `end` or `fail` is called when it is known. */
  #next(): Uint8Array | undefined {
    this.#take ??= feedOf(this.#held.body, this);
    this.#isAsking = true;
    let chunk: Uint8Array | undefined;
    do {
      // A body that goes on with its wire on being asked may find the next chunk at once.
      chunk = this.#take() ?? this.#found;
      this.#found = undefined;
    } while (chunk?.byteLength === 0);
    this.#isAsking = false;
    return chunk;
  }

  #enqueue(chunk: Uint8Array): void {
    this.#isQueued = true;
    this.#controller.enqueue(ownBytes(chunk));
  }

  #atEnd(): Promise<Read> | undefined {
    return this.#hasFailed ? undefined : Promise.resolve({ done: true, value: undefined });
  }

  #takeWaiting(): PromiseWithResolvers<Read>[] {
    if (this.#waiting === undefined) return [];
    const waiting = [this.#waiting, ...(this.#behind ?? [])];
    this.#waiting = this.#behind = undefined;
    return waiting;
  }
}

/**
 * A copy, as fetch gives one: readers may keep it, change it or transfer its buffer, while what comes
 * off the wire is a window on a buffer that other chunks share.
 */
function ownBytes(chunk: Uint8Array): Uint8Array {
  return new Uint8Array(chunk);
}
