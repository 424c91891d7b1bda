import type { Body } from '../body.ts';

/** Turns chunks into something else; it does no I/O. */
export interface ChunkMachine<Chunk, Out> {
  push(chunk: Chunk): readonly Out[];
  end(): readonly Out[];
}

const END = { done: true, value: undefined } as const;

/**
 * Reads a body through a machine, on demand: while nobody waits, nothing is read. Leaving the loop
 * early frees the wire.
 */
export class DecodedBody<Chunk, Out> implements AsyncIterableIterator<Out, undefined> {
  readonly #body: Body<Chunk>;
  readonly #chunks: AsyncIterator<Chunk, unknown>;
  readonly #machine: ChunkMachine<Chunk, Out>;
  readonly #onFailure: ((error: unknown) => void) | undefined;
  #ready: readonly Out[] = [];
  #taken = 0;
  #isEnded = false;
  #pending: Promise<IteratorResult<Out, undefined>> | undefined;
  /** The last of the reads behind the one that is pending: hardly ever one. */
  #tail: Promise<IteratorResult<Out, undefined>> | undefined;

  constructor(
    body: Body<Chunk>,
    machine: ChunkMachine<Chunk, Out>,
    onFailure?: (error: unknown) => void,
  ) {
    this.#body = body;
    this.#chunks = body[Symbol.asyncIterator]();
    this.#machine = machine;
    this.#onFailure = onFailure;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Out, undefined>> {
    const busy = this.#tail ?? this.#pending;
    return busy === undefined ? this.#nextNow() : this.#nextBehind(busy);
  }

  async return(): Promise<IteratorResult<Out, undefined>> {
    this.#isEnded = true;
    this.#ready = [];
    await this.#body.cancel();
    return END;
  }

  #nextNow(): Promise<IteratorResult<Out, undefined>> {
    if (this.#taken < this.#ready.length) return Promise.resolve(this.#take());
    if (this.#isEnded) return Promise.resolve(END);
    this.#pending = this.#read();
    return this.#pending;
  }

  /** Reads that overlap are served one after another, as an async generator does. */
  #nextBehind(busy: Promise<unknown>): Promise<IteratorResult<Out, undefined>> {
    const next = (): Promise<IteratorResult<Out, undefined>> => this.#nextNow();
    const tail = busy.then(next, next);
    this.#tail = tail;
    const settled = (): void => {
      if (this.#tail === tail) this.#tail = undefined;
    };
    tail.then(settled, settled);
    return tail;
  }

  async #read(): Promise<IteratorResult<Out, undefined>> {
    try {
      while (!this.#isEnded) {
        // oxlint-disable-next-line no-await-in-loop -- chunks come one after another
        const read = await this.#chunks.next();
        if (this.#isEnded) break; // It was left: what the machine holds is not wanted.
        this.#isEnded = read.done === true;
        this.#ready = read.done === true ? this.#machine.end() : this.#machine.push(read.value);
        this.#taken = 0;
        if (this.#ready.length > 0) return this.#take();
      }
      return END;
    } catch (error) {
      this.#isEnded = true;
      this.#onFailure?.(error);
      // The failure that is reported is the one that came first.
      this.#body.cancel(error).catch(() => {});
      throw error;
    } finally {
      this.#pending = undefined;
    }
  }

  #take(): IteratorResult<Out, undefined> {
    const value = this.#ready[this.#taken]!;
    this.#taken += 1;
    return { done: false, value };
  }
}
