import type { Body, ChunkFeed, ChunkSink } from '@linkspan/core';
import { type BrokenTransport, overBody, type Read, sending } from './variation.ts';

/** How a broken feed differs from a right one. */
interface FeedBugs {
  readonly isTakenTwice?: boolean;
  readonly endsOnFailure?: boolean;
  readonly losesFirst?: boolean;
}

/** The reference whose bodies offer a feed. */
function feeding(bugs: FeedBugs): BrokenTransport['make'] {
  return sending(async (send, request, context) => {
    const response = await send(request, context);
    const body = overBody(response.body, {});
    return { ...response, body: { ...body, feed: (sink) => new Feed(response.body, sink, bugs) } };
  });
}

class Feed implements ChunkFeed {
  readonly #source: AsyncIterator<Uint8Array, unknown> | undefined;
  readonly #sink: ChunkSink;
  readonly #bugs: FeedBugs;
  #isFirst = true;

  constructor(body: Body, sink: ChunkSink, bugs: FeedBugs) {
    this.#sink = sink;
    this.#bugs = bugs;
    try {
      this.#source = body[Symbol.asyncIterator]();
    } catch (error) {
      if (bugs.isTakenTwice !== true) throw error;
    }
  }

  take(): undefined {
    if (this.#source === undefined) this.#sink.end();
    else void this.#tell(this.#source.next() as Promise<Read>);
  }

  async #tell(reading: Promise<Read>): Promise<void> {
    try {
      const read = await reading;
      const isLost = this.#isFirst && this.#bugs.losesFirst === true;
      this.#isFirst = false;
      if (read.done === true) this.#sink.end();
      else if (isLost) this.take();
      else this.#sink.chunk(read.value);
    } catch (error) {
      if (this.#bugs.endsOnFailure === true) this.#sink.end();
      else this.#sink.fail(error);
    }
  }
}

/** Bugs in the second way to read a body. */
export const brokenFeeds: readonly BrokenTransport[] = [
  {
    id: 'feed-loses-first-chunk',
    bug: 'loses the chunk that came before somebody was fed',
    caughtBy: 'p4-fed-like-iterated',
    make: feeding({ losesFirst: true }),
  },
  {
    id: 'feed-ends-on-failure',
    bug: 'ends a feed where its body fails',
    caughtBy: 'p4-fed-cut-fails',
    make: feeding({ endsOnFailure: true }),
  },
  {
    id: 'feed-of-taken-body',
    bug: 'feeds nothing, and an end, of a body that was read already',
    caughtBy: 'p4-fed-once',
    make: feeding({ isTakenTwice: true }),
  },
];
