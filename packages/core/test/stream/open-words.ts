import { Deadline, ManualClock } from '@linkspan/concurrency';
import {
  type Body,
  createBody,
  createEventStream,
  type Dialect,
  type EventStream,
  type EventStreamOptions,
} from '@linkspan/core';
import { words } from './word-dialect.ts';

/** A body that a test fills by hand. */
export class Feed implements AsyncIterable<Uint8Array> {
  /** Whether the reader has let go of it. */
  isFree = false;
  /** How often it was asked for bytes. */
  reads = 0;
  readonly #queue: (() => Promise<IteratorResult<Uint8Array, undefined>>)[] = [];
  #wake: (() => void) | undefined;

  push(text: string): void {
    const value = new TextEncoder().encode(text);
    this.#add(() => Promise.resolve({ done: false, value }));
  }

  end(): void {
    this.#add(() => Promise.resolve({ done: true, value: undefined }));
  }

  fail(error: Error): void {
    this.#add(() => Promise.reject(error));
  }

  #add(step: () => Promise<IteratorResult<Uint8Array, undefined>>): void {
    this.#queue.push(step);
    this.#wake?.();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return {
      next: async () => {
        this.reads += 1;
        while (this.#queue.length === 0) {
          // oxlint-disable-next-line no-await-in-loop -- until the test has put something in
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
        return await (this.#queue.shift() as () => Promise<never>)();
      },
      return: async () => {
        this.isFree = true;
        return { done: true, value: undefined };
      },
    };
  }
}

export interface OpenOptions extends Omit<Partial<EventStreamOptions>, 'context'> {
  readonly signal?: AbortSignal;
  readonly totalMs?: number;
  readonly dialect?: Dialect<string, readonly string[]>;
}

export interface OpenWords {
  readonly stream: EventStream<string, readonly string[]>;
  readonly feed: Feed;
  readonly clock: ManualClock;
}

/** A stream of words over a body that the test fills, on a clock that the test moves. */
export function openWords(options: OpenOptions = {}): OpenWords {
  const { signal, totalMs, dialect = words, ...rest } = options;
  const clock = new ManualClock();
  const feed = new Feed();
  const context = {
    signal,
    deadline: Deadline.after(totalMs, clock),
    attempt: 1,
    streaming: true,
    attemptMs: Infinity,
    idleMs: Infinity,
    acceptStatus: () => true,
  };
  const stream = createEventStream(createBody(feed, context), dialect, {
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    ...rest,
    context,
  });
  return { stream, feed, clock };
}

/** What a loop over the stream was given, and what it threw. */
export async function readAll(
  stream: AsyncIterable<string>,
): Promise<{ readonly events: string[]; readonly error: unknown }> {
  const events: string[] = [];
  try {
    for await (const event of stream) events.push(event);
  } catch (error) {
    return { events, error };
  }
  return { events, error: undefined };
}

/** A body that is pushed, as a socket does: bytes and their end may come in one turn. */
export class PushedBody implements Body {
  readonly #queue: Uint8Array[] = [];
  #ending: { readonly error?: Error } | undefined;
  #reader: PromiseWithResolvers<IteratorResult<Uint8Array, undefined>> | undefined;
  #onClose: (() => void) | undefined;

  push(text: string): void {
    const value = new TextEncoder().encode(text);
    if (this.#reader === undefined) this.#queue.push(value);
    this.#reader?.resolve({ done: false, value });
    this.#reader = undefined;
  }

  end(): void {
    this.#close({});
  }

  fail(error: Error): void {
    this.#close({ error });
  }

  #close(ending: { readonly error?: Error }): void {
    this.#onClose?.();
    this.#ending = ending;
    if (this.#reader !== undefined)
      void this.#last().then(this.#reader.resolve, this.#reader.reject);
  }

  async #last(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#ending?.error !== undefined) throw this.#ending.error;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return {
      next: async () => {
        const value = this.#queue.shift();
        if (value !== undefined) return { done: false, value };
        if (this.#ending !== undefined) return await this.#last();
        this.#reader = Promise.withResolvers();
        return await this.#reader.promise;
      },
    };
  }

  collect(): Promise<readonly Uint8Array[]> {
    return Promise.resolve(this.#queue);
  }

  cancel(): Promise<void> {
    return Promise.resolve();
  }

  onClose(listener: () => void): void {
    this.#onClose = listener;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cancel();
  }
}

/** A stream of words over a body that is pushed. */
export function openPushed(): {
  readonly stream: EventStream<string, readonly string[]>;
  readonly body: PushedBody;
} {
  const body = new PushedBody();
  const context = { signal: undefined, deadline: Deadline.never(new ManualClock()) };
  const stream = createEventStream(body, words, { headers: {}, context });
  return { stream, body };
}
