/** A body without end that counts how often it was read and released. */
export class EndlessBody implements AsyncIterableIterator<Uint8Array, undefined> {
  reads = 0;
  releases = 0;

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.reads += 1;
    return Promise.resolve({ done: false, value: new Uint8Array(1024) });
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.releases += 1;
    return Promise.resolve({ done: true, value: undefined });
  }
}

/** A body that gives some chunks and is then silent until it is released. */
export class SilentBody implements AsyncIterableIterator<Uint8Array, undefined> {
  releases = 0;
  readonly #chunks: Uint8Array[];

  constructor(...chunks: readonly string[]) {
    this.#chunks = chunks.map((chunk) => new TextEncoder().encode(chunk));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const value = this.#chunks.shift();
    return value === undefined ? new Promise(() => {}) : Promise.resolve({ done: false, value });
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.releases += 1;
    return Promise.resolve({ done: true, value: undefined });
  }
}
