/**
 * The items of an iterable until the signal aborts: then it ends, also while the next item is still
 * awaited, and the source is told to.
 */
export function takeWhileRunning<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  signal: AbortSignal,
): AsyncIterable<Item, undefined> {
  return { [Symbol.asyncIterator]: () => new RunningItems(items, signal) };
}

const END = { done: true, value: undefined } as const;

class RunningItems<Item> implements AsyncIterator<Item, undefined> {
  readonly #source: AsyncIterator<Item> | Iterator<Item>;
  readonly #signal: AbortSignal;

  constructor(items: Iterable<Item> | AsyncIterable<Item>, signal: AbortSignal) {
    this.#source =
      Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
    this.#signal = signal;
  }

  async next(): Promise<IteratorResult<Item, undefined>> {
    if (this.#signal.aborted) return await this.return();
    const read = this.#source.next();
    const taken = 'then' in read ? await this.#unlessStopped(read) : read;
    return taken.done === true ? END : taken;
  }

  async return(): Promise<IteratorResult<Item, undefined>> {
    await this.#source.return?.();
    return END;
  }

  #unlessStopped(read: Promise<IteratorResult<Item>>): Promise<IteratorResult<Item>> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        resolve(END);
        // A generator that is busy ends after its step; how it ends matters to nobody any more.
        this.return().catch(() => {});
      };
      this.#signal.addEventListener('abort', stop, { once: true });
      read.then(resolve, reject).finally(() => this.#signal.removeEventListener('abort', stop));
    });
  }
}
