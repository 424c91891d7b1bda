import { TransportError } from '../errors/transport-error.ts';
import type { Cursor, CursorStore } from './cursor.ts';

/**
 * Hands the cursors of a stream to its store, in their order and one at a time: while the store is
 * busy with one, only the newest of those behind it is kept, since it says more than the others.
 */
export class CursorCommits {
  readonly #store: Pick<CursorStore, 'commit'>;
  readonly #onFailure: (error: TransportError) => void;
  #running: Promise<void> | undefined;
  #next: Cursor | undefined;
  #failure: TransportError | undefined;

  constructor(store: Pick<CursorStore, 'commit'>, onFailure: (error: TransportError) => void) {
    this.#store = store;
    this.#onFailure = onFailure;
  }

  commit(cursor: Cursor): void {
    if (this.#running !== undefined) this.#next = cursor;
    else if (this.#failure === undefined) this.#start(cursor);
  }

  /** Resolves when the store has all cursors; at once when it has. @throws what the store failed with. */
  async flushed(): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop -- one commit follows the other
    while (this.#running !== undefined) await this.#running;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Whether the store is busy. */
  get isPending(): boolean {
    return this.#running !== undefined;
  }

  #start(cursor: Cursor): void {
    try {
      const committed = this.#store.commit(cursor);
      if (committed !== undefined) this.#running = this.#finish(committed);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #finish(committed: PromiseLike<void>): Promise<void> {
    try {
      await committed;
    } catch (error) {
      this.#fail(error);
    }
    const next = this.#next;
    this.#running = undefined;
    this.#next = undefined;
    if (next !== undefined) this.commit(next);
  }

  #fail(cause: unknown): void {
    this.#failure = storeFailure('commit', cause);
    this.#onFailure(this.#failure);
  }
}

/** The failure of a stream whose store does not do what it is for. */
export function storeFailure(method: 'load' | 'commit', cause: unknown): TransportError {
  const what = method === 'load' ? 'load' : 'keep';
  return new TransportError(
    `Cannot go on with the stream: its store could not ${what} the cursor`,
    { code: 'cursor_store', cause },
  );
}
