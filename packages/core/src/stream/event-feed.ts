import type { Clock } from '@linkspan/concurrency';
import type { Body, ChunkFeed, ChunkSink } from '../body.ts';
import type { EventReader } from './event-reader.ts';
import { IteratedFeed } from './iterated-feed.ts';
import { lingerOn } from './linger.ts';

/** What a feed tells the stream that it is part of. */
export interface EventFeedListener {
  /** What was asked for has come: bytes, their end, or the failure of the wire. */
  fed(): void;
  /** The body is over. */
  closed(): void;
}

/** Feeds a reader with the chunks of one body, each when it is asked for. */
export class EventFeed implements ChunkSink {
  readonly #body: Body;
  readonly #reader: EventReader<unknown, unknown>;
  readonly #listener: EventFeedListener;
  /** The body is taken when its first chunk is asked for. */
  #chunks: ChunkFeed | undefined;
  #isClosed = false;
  /** Whether nothing is read any more. */
  #isLeft = false;
  /** Whether the stream goes on without this body. */
  #isDropped = false;
  /** Who is told that the feed was fed, instead of the listener. */
  #onFed: (() => void) | undefined;

  constructor(body: Body, reader: EventReader<unknown, unknown>, listener: EventFeedListener) {
    this.#body = body;
    this.#reader = reader;
    this.#listener = listener;
  }

  /** Whether the body is over. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Watches for the end of the body, which may have come. */
  open(): void {
    this.#body.onClose(() => {
      if (this.#isDropped) return;
      this.#isClosed = true;
      this.#listener.closed();
    });
  }

  /**
   * Gives the reader a chunk that the body holds. When it holds none, the listener is told later.
   *
   * @param now the time, as {@link ChunkFeed.take} may be told it.
   */
  pull(now?: number): boolean {
    if (this.#isLeft) return false;
    const chunk = this.#take(now);
    if (chunk === undefined) return false;
    this.#reader.push(chunk);
    return true;
  }

  chunk(bytes: Uint8Array): void {
    if (this.#isDropped) return;
    if (!this.#isLeft) this.#reader.push(bytes);
    this.#fed();
  }

  end(): void {
    if (this.#isDropped) return;
    if (!this.#isLeft) this.#reader.end();
    this.#fed();
  }

  fail(error: unknown): void {
    if (this.#isDropped) return;
    if (!this.#isLeft) this.#reader.fail(error);
    this.#fed();
  }

  /** Frees the wire; the stream goes on without this body. */
  drop(reason: unknown): void {
    this.#isLeft = this.#isDropped = true;
    this.#isClosed = false;
    // The wire has failed already: that freeing it fails too is not news.
    this.#body.cancel(reason).catch(() => {});
  }

  /** Reads nothing any more. The wire is still to be freed. */
  stop(): void {
    this.#isLeft = true;
  }

  /** Frees the wire; nothing is read any more. */
  async leave(reason?: unknown): Promise<void> {
    this.#isLeft = true;
    if (!this.#isDropped) await this.#body.cancel(reason);
  }

  /** Reads nothing any more, and gives the wire of a complete stream a moment to end by itself. */
  linger(clock: Clock): void {
    this.#isLeft = true;
    if (this.#isDropped || this.#reader.bytesEnded) return;
    this.#onFed = lingerOn(this.#body, clock);
    if (this.#take() !== undefined) this.#fed();
  }

  /** Reads what a body that is over still holds, which is bounded, until its ending is known. */
  async readAhead(): Promise<void> {
    await Promise.resolve(); // A body that says that it is over may not have its failure at hand yet.
    this.#reader.readAhead();
    while (this.#reader.ending === undefined && !this.#isLeft) {
      const fed = new Promise<void>((resolve) => {
        this.#onFed = resolve;
      });
      // oxlint-disable-next-line no-await-in-loop -- chunks come one after another
      if (!this.pull()) await fed;
      this.#reader.readAhead();
    }
    this.#onFed = undefined;
  }

  #take(now?: number): Uint8Array | undefined {
    try {
      this.#chunks ??= this.#body.feed?.(this) ?? new IteratedFeed(this.#body, this);
      return this.#chunks.take(now);
    } catch (error) {
      this.fail(error); // The body was read already.
      return undefined;
    }
  }

  #fed(): void {
    const onFed = this.#onFed;
    if (onFed === undefined) {
      this.#listener.fed();
    } else {
      this.#onFed = undefined;
      onFed();
    }
  }
}
