import type { Payload } from '@linkspan/core';

type Open = () => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>;

/** Reads a payload that is a stream, as a peer does that takes all it is sent. */
export class PayloadReader {
  /** Resolves when the payload is at its end, or was left; rejects when it fails. */
  readonly done: Promise<void>;
  #failure: { readonly error: unknown } | undefined;
  #isLeft = false;
  #leave: () => void = () => {};

  private constructor(open: Open) {
    this.done = this.#read(open);
    this.done.catch((error: unknown) => {
      this.#failure = { error };
    });
  }

  /** The reader of a stream; `undefined` for a payload that is there as a whole. */
  static of(payload: Payload, signal: AbortSignal): PayloadReader | undefined {
    if (payload.kind !== 'stream' && payload.kind !== 'factory') return undefined;
    const open = payload.kind === 'stream' ? () => payload.stream : payload.open;
    const reader = new PayloadReader(open);
    signal.addEventListener('abort', () => reader.stop(), { once: true });
    return reader;
  }

  /** Leaves the rest of the payload unread. */
  stop(): void {
    this.#isLeft = true;
    this.#leave();
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #read(open: Open): Promise<void> {
    const source = (await open())[Symbol.asyncIterator]();
    let isOver = false;
    while (!isOver && !this.#isLeft) {
      // oxlint-disable-next-line no-await-in-loop -- chunks come one after another
      isOver = await new Promise<boolean>((resolve, reject) => {
        this.#leave = () => resolve(false);
        source.next().then(({ done }) => resolve(done === true), reject);
      });
    }
    // Not awaited: a generator that waits for its next chunk answers only when that has come.
    if (!isOver) source.return?.().catch(() => {});
  }
}
