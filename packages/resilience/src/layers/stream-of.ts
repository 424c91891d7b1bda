import { ClosedError, type Outcome } from '@linkspan/core';
import type { OpenedStream } from './opened-stream.ts';

const END = { done: true, value: undefined } as const;

/**
 * A stream of events that are there already, for a fallback that needs no peer.
 *
 * @param result what the events add up to.
 */
export function streamOf<Event, Final>(
  events: Iterable<Event>,
  result: Final,
): OpenedStream<Event, Final> {
  return new StreamOfValues(events, result);
}

class StreamOfValues<Event, Final> implements OpenedStream<Event, Final> {
  readonly partial: Final;
  readonly #events: Iterator<Event>;
  readonly #outcome = Promise.withResolvers<Outcome>();
  #handedOver = 0;
  #status: Outcome['status'] | undefined;

  constructor(events: Iterable<Event>, result: Final) {
    this.partial = result;
    this.#events = events[Symbol.iterator]();
  }

  get outcome(): Promise<Outcome> {
    return this.#outcome.promise;
  }

  async result(): Promise<Final> {
    while (this.#next().done !== true);
    if (this.#status === 'complete') return this.partial;
    throw new ClosedError('Cannot give the result: the stream was left before its end');
  }

  async cancel(): Promise<void> {
    this.#end('cancelled');
  }

  [Symbol.asyncIterator](): AsyncIterator<Event, undefined> {
    return {
      next: async () => this.#next(),
      return: async () => {
        this.#end('cancelled');
        return END;
      },
    };
  }

  #next(): IteratorResult<Event, undefined> {
    if (this.#status !== undefined) return END;
    const read = this.#events.next();
    if (read.done === true) {
      this.#end('complete');
      return END;
    }
    this.#handedOver += 1;
    return { done: false, value: read.value };
  }

  #end(status: Outcome['status']): void {
    if (this.#status !== undefined) return;
    this.#status = status;
    this.#outcome.resolve({ status, events: this.#handedOver });
  }
}
