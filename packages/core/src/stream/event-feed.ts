import type { Clock } from '@linkspan/concurrency';
import type { Body, ChunkFeed } from '../body.ts';
import { BodyFeed } from './body-feed.ts';
import type { EventReader } from './event-reader.ts';
import { lingerOn } from './linger.ts';

/** What a feed tells the stream that it is part of. */
export interface EventFeedListener {
  /** What was asked for has come: bytes, their end, or the failure of the wire. */
  fed(): void;
  /** The body is over. */
  closed(): void;
}

const NO_CHUNKS: ChunkFeed = { take: () => undefined };

/** Feeds a reader with the chunks of a body, each when it is asked for; then with those of another. */
export class EventFeed {
  readonly #reader: EventReader<unknown, unknown>;
  readonly #listener: EventFeedListener;
  #body: Body | undefined;
  #chunks: ChunkFeed = NO_CHUNKS;
  #isClosed = false;
  #isLeft = false;
  /** Who is told that the feed was fed, instead of the listener. */
  #onFed: (() => void) | undefined;

  constructor(reader: EventReader<unknown, unknown>, listener: EventFeedListener) {
    this.#reader = reader;
    this.#listener = listener;
  }

  /** Whether the body is over. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Takes the chunks of this body from now on. */
  open(body: Body): void {
    this.#body = body;
    this.#chunks = new BodyFeed(body, {
      chunk: (bytes) => {
        if (this.#body !== body) return;
        if (!this.#isLeft) this.#reader.push(bytes);
        this.#fed();
      },
      end: () => {
        if (this.#body !== body) return;
        if (!this.#isLeft) this.#reader.end();
        this.#fed();
      },
      fail: (error) => {
        if (this.#body !== body) return;
        if (!this.#isLeft) this.#reader.fail(error);
        this.#fed();
      },
    });
    body.onClose(() => {
      if (this.#body !== body) return;
      this.#isClosed = true;
      this.#listener.closed();
    });
  }

  /** Gives the reader a chunk that the body holds. When it holds none, the listener is told later. */
  pull(): boolean {
    if (this.#isLeft) return false;
    const chunk = this.#chunks.take();
    if (chunk === undefined) return false;
    this.#reader.push(chunk);
    return true;
  }

  /** Frees the wire and feeds nothing, until another body is opened. */
  drop(reason: unknown): void {
    const body = this.#body;
    this.#body = undefined;
    this.#chunks = NO_CHUNKS;
    this.#isClosed = false;
    // The wire has failed already: that freeing it fails too is not news.
    body?.cancel(reason).catch(() => {});
  }

  /** Reads nothing any more. The wire is still to be freed. */
  stop(): void {
    this.#isLeft = true;
  }

  /** Frees the wire; nothing is read any more. */
  async leave(reason?: unknown): Promise<void> {
    this.#isLeft = true;
    await this.#body?.cancel(reason);
  }

  /** Reads nothing any more, and gives the wire of a complete stream a moment to end by itself. */
  linger(clock: Clock): void {
    this.#isLeft = true;
    if (this.#body === undefined || this.#reader.bytesEnded) return;
    this.#onFed = lingerOn(this.#body, clock);
    if (this.#chunks.take() !== undefined) this.#fed();
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
