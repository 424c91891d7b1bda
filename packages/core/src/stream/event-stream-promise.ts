import type { EventStream } from './event-stream.ts';
import { type StreamMessage, tagMessages } from './stream-message.ts';

/**
 * A stream that is being opened. Await it for the {@link EventStream}, with its head and outcome, or
 * iterate it at once: `for await (const event of client.stream(...))`.
 */
export class EventStreamPromise<Event, Final = undefined>
  implements Promise<EventStream<Event, Final>>, AsyncIterable<Event, undefined>, AsyncDisposable
{
  readonly [Symbol.toStringTag] = 'EventStreamPromise';
  readonly #stream: Promise<EventStream<Event, Final>>;

  constructor(stream: Promise<EventStream<Event, Final>>) {
    this.#stream = stream;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise
  then<Value = EventStream<Event, Final>, Other = never>(
    onFulfilled?: ((stream: EventStream<Event, Final>) => Value | PromiseLike<Value>) | null,
    onRejected?: ((error: unknown) => Other | PromiseLike<Other>) | null,
  ): Promise<Value | Other> {
    return this.#stream.then(onFulfilled, onRejected);
  }

  catch<Other = never>(
    onRejected?: ((error: unknown) => Other | PromiseLike<Other>) | null,
  ): Promise<EventStream<Event, Final> | Other> {
    return this.#stream.catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<EventStream<Event, Final>> {
    return this.#stream.finally(onFinally);
  }

  /** Opens the stream, reads all of it, and gives what it adds up to. */
  async result(): Promise<Final> {
    const stream = await this.#stream;
    return await stream.result();
  }

  /** The stream as tagged messages; see `EventStream.events()`. */
  events(): AsyncIterable<StreamMessage<Event>, undefined> {
    return tagMessages({
      [Symbol.asyncIterator]: () => this[Symbol.asyncIterator](),
      outcome: () => this.#stream.then((stream) => stream.outcome),
    });
  }

  /** Leaves the stream as soon as it is open. What failed to open needs no leaving. */
  async [Symbol.asyncDispose](): Promise<void> {
    const stream = await this.#stream.catch(() => undefined);
    await stream?.[Symbol.asyncDispose]();
  }

  [Symbol.asyncIterator](): AsyncIterator<Event, undefined, undefined> {
    let events: AsyncIterator<Event, undefined, undefined> | undefined;
    const open = async (): Promise<AsyncIterator<Event, undefined, undefined>> => {
      const stream = await this.#stream;
      return (events ??= stream[Symbol.asyncIterator]());
    };
    return {
      next: () => events?.next() ?? open().then((iterator) => iterator.next()),
      return: async () => {
        const iterator = events ?? (await open());
        await iterator.return?.();
        return { done: true, value: undefined };
      },
    };
  }
}
