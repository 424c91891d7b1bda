import type { Clock } from '@linkspan/concurrency';
import type { Body } from '../body.ts';
import { BodyFeed } from './body-feed.ts';
import type { DecodeLimits, Dialect } from '../dialect.ts';
import { ClosedError } from '../errors/local-errors.ts';
import { EventReader } from './event-reader.ts';
import type { Outcome, Usage } from '../outcome.ts';
import { makeOutcome } from './make-outcome.ts';
import { StreamClocks } from './stream-clocks.ts';
import { lingerOn } from './linger.ts';
import { type StreamMessage, tagMessages } from './stream-message.ts';
import type { StreamAnswer } from './stream-head.ts';
import type { CallContext, ResponseHeaders } from '../transport.ts';

/** What a stream needs to know of the call it answers. */
export interface EventStreamOptions extends StreamAnswer {
  /** The body enforces both; here they tell why it ended. */
  readonly context: Pick<CallContext, 'signal' | 'deadline'>;
  /** How long the first event may be waited for. @default 60_000 */
  readonly firstEventMs?: number | undefined;
  /** How long the head of the answer was waited for; `firstEventMs` counts it too. @default 0 */
  readonly waitedMs?: number | undefined;
  /** How long the reader may wait between signs of progress. @default 120_000 */
  readonly eventIdleMs?: number | undefined;
  /** When the call began, on the clock: `timeToFirstEventMs` counts from there. @default now */
  readonly startedAt?: number | undefined;
  readonly limits?: DecodeLimits | undefined;
  /** @default the clock of the deadline */
  readonly clock?: Clock | undefined;
}

type Result<Event> = IteratorResult<Event, undefined>;

const END = { done: true, value: undefined } as const;

/**
 * A stream of events that cannot end quietly. It has exactly one {@link outcome}: complete,
 * incomplete, failed or cancelled. Iterating it throws unless it is complete; what arrived before a
 * failure is handed over first, and stays in {@link partial}.
 *
 * It is read once and on demand: while nobody waits for an event nothing is read, so that a slow
 * reader slows the peer. Leaving the loop early (`break`, `return`, a throw), {@link cancel} and
 * disposal free the wire at once; the outcome is then `cancelled`. When the caller's signal aborts,
 * the loop throws `signal.reason` itself.
 */
export class EventStream<Event, Final = undefined>
  implements AsyncIterable<Event, undefined>, AsyncDisposable
{
  readonly status: number | undefined;
  readonly headers: ResponseHeaders;
  readonly #body: Body;
  readonly #reader: EventReader<Event, Final>;
  readonly #signal: AbortSignal | undefined;
  readonly #clock: Clock;
  readonly #clocks: StreamClocks;
  readonly #startedAt: number;

  readonly #feed: BodyFeed;
  /** The reader that waits for an event. */
  #waiter: PromiseWithResolvers<Result<Event>> | undefined;
  /** Who is told that the feed has called, when no reader waits. */
  #onFed: (() => void) | undefined;
  /** The reading of what is left, when the body ended while nobody waited. */
  #readingAhead: Promise<void> | undefined;
  #events = 0;
  #timeToFirstEventMs: number | undefined;
  #isAborted = false;
  #isBodyClosed = false;
  #outcome: Outcome | undefined;
  #outcomePromise: PromiseWithResolvers<Outcome> | undefined;

  constructor(body: Body, dialect: Dialect<Event, Final>, options: EventStreamOptions) {
    const { status, headers, context, firstEventMs = 60_000, eventIdleMs = 120_000 } = options;
    this.status = status;
    this.headers = headers;
    this.#body = body;
    this.#reader = new EventReader(dialect, options, options.limits);
    this.#signal = context.signal;
    this.#clock = options.clock ?? context.deadline.clock;
    this.#startedAt = options.startedAt ?? this.#clock.now();
    const limits = { firstEventMs, eventIdleMs, waitedMs: options.waitedMs ?? 0 };
    this.#clocks = new StreamClocks(this.#clock, limits, (error) => {
      if (this.#reader.mayEnd) this.#reader.endHere();
      else this.#reader.fail(error);
      this.#answer();
    });
    this.#feed = new BodyFeed(body, {
      chunk: (bytes) => this.#onChunk(bytes),
      end: () => this.#onEnd(),
      fail: (error) => this.#onFailure(error),
    });
    body.onClose(() => this.#onBodyClosed());
  }

  /** How the stream ended. It always resolves, once: when it was read, left, aborted or closed. */
  get outcome(): Promise<Outcome> {
    if (this.#outcomePromise === undefined) {
      this.#outcomePromise = Promise.withResolvers();
      if (this.#outcome !== undefined) this.#outcomePromise.resolve(this.#outcome);
    }
    return this.#outcomePromise.promise;
  }

  /** What the events add up to so far; still there after a failure. */
  get partial(): Final {
    return this.#reader.partial;
  }

  /** What the peer said so far that it used. */
  get usage(): Usage | undefined {
    return this.#reader.usage;
  }

  /** The last durable id that the peer gave; `''` when it gave none. */
  get lastEventId(): string {
    return this.#reader.lastEventId;
  }

  /**
   * What all the events add up to. Reads what is left of the stream.
   *
   * @throws what iterating would throw, when the stream is not complete; ClosedError when it was
   * left before its end.
   */
  async result(): Promise<Final> {
    let read = await this.#next();
    // oxlint-disable-next-line no-await-in-loop -- events come one after another
    while (read.done !== true) read = await this.#next();
    if (this.#outcome?.status === 'complete') return this.#reader.partial;
    throw new ClosedError('Cannot give the result: the stream was left before its end', {
      sent: 'yes',
    });
  }

  /**
   * The stream as tagged messages, for readers who prefer values to exceptions: `chunk` for each
   * event, then exactly one `end`, when the stream is complete, or one `error`. A stream that was
   * left has neither.
   *
   * @throws the reason of the caller's signal, when that aborts.
   */
  events(): AsyncIterable<StreamMessage<Event>, undefined> {
    return tagMessages({
      [Symbol.asyncIterator]: () => this[Symbol.asyncIterator](),
      outcome: () => this.outcome,
    });
  }

  /** Leaves what is left unread and frees the wire. Does nothing when the stream has ended. */
  async cancel(reason?: unknown): Promise<void> {
    if (this.#outcome !== undefined) return;
    this.#settle('cancelled');
    this.#takeWaiter()?.resolve(END);
    await this.#body.cancel(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cancel();
  }

  /** Every iterator of a stream goes on where the one before it stopped. */
  [Symbol.asyncIterator](): AsyncIterator<Event, undefined, undefined> {
    return {
      next: () => this.#next(),
      return: () => this.cancel().then(() => END),
    };
  }

  #next(): Promise<Result<Event>> {
    const busy: Promise<unknown> | undefined = this.#waiter?.promise ?? this.#readingAhead;
    if (busy !== undefined) {
      // Calls that overlap are served one after another, as an async generator does.
      const again = (): Promise<Result<Event>> => this.#next();
      return busy.then(again, again);
    }
    try {
      const result = this.#take();
      if (result !== undefined) return Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error);
    }
    const waiter = Promise.withResolvers<Result<Event>>();
    this.#waiter = waiter;
    if (this.#pushHeld()) this.#answer();
    if (this.#waiter === waiter) this.#clocks.waitStarts();
    return waiter.promise;
  }

  /** What can be answered without waiting, if anything. Throws the failure when that is next. */
  #take(): Result<Event> | undefined {
    if (this.#outcome === undefined && this.#signal?.aborted === true) this.#abort();
    if (this.#outcome?.status === 'cancelled') {
      if (this.#isAborted) throw this.#signal?.reason;
      return END;
    }
    const reading = this.#reader.next();
    if (reading !== undefined) {
      this.#events += 1;
      this.#clocks.waitEnds(reading.progress !== false);
      this.#clocks.mayEnd(this.#reader.mayEnd);
      if (this.#events === 1) {
        this.#timeToFirstEventMs = this.#clock.now() - this.#startedAt;
        this.#clocks.firstEvent();
      }
      return { done: false, value: reading.event };
    }
    const { ending } = this.#reader;
    if (ending === undefined) return undefined;
    this.#settle(ending.status);
    if (ending.status !== 'complete') throw ending.error;
    return END;
  }

  #abort(): void {
    this.#isAborted = true;
    this.#settle('cancelled');
    // The body hears the same signal; one that does not is taken down here.
    this.#body.cancel(this.#signal?.reason).catch(() => {});
  }

  #onChunk(chunk: Uint8Array): void {
    if (this.#outcome === undefined) this.#reader.push(chunk);
    this.#fed();
  }

  #onEnd(): void {
    if (this.#outcome === undefined) this.#reader.end();
    this.#fed();
  }

  #onFailure(error: unknown): void {
    if (this.#outcome === undefined) this.#reader.fail(error);
    this.#fed();
  }

  #fed(): void {
    const onFed = this.#onFed;
    if (onFed === undefined) {
      if (this.#waiter !== undefined) this.#answer();
    } else {
      this.#onFed = undefined;
      onFed();
    }
  }

  /** Gives the decoder a chunk that the body holds. When it holds none, it calls its sink. */
  #pushHeld(): boolean {
    const chunk = this.#feed.take();
    if (chunk === undefined) return false;
    this.#reader.push(chunk);
    return true;
  }

  /** Answers the reader that waits, or reads on. */
  #answer(): void {
    try {
      let result = this.#take();
      while (result === undefined) {
        if (!this.#pushHeld()) return;
        result = this.#take();
      }
      this.#takeWaiter()?.resolve(result);
      if (this.#isBodyClosed) this.#onBodyClosed();
    } catch (error) {
      this.#takeWaiter()?.reject(error);
    }
  }

  #takeWaiter(): PromiseWithResolvers<Result<Event>> | undefined {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    return waiter;
  }

  /** The body is over. When nobody waits, how it ended is found out here, so that it is told. */
  #onBodyClosed(): void {
    this.#isBodyClosed = true;
    if (this.#waiter !== undefined || this.#outcome !== undefined) return;
    if (this.#signal?.aborted === true) this.#abort();
    else if (this.#reader.ending === undefined) this.#readingAhead ??= this.#readAhead();
  }

  /** Reads what a body that is over still holds, which is bounded, for the reader who comes later. */
  async #readAhead(): Promise<void> {
    await Promise.resolve(); // A body that says that it is over may not have its failure at hand yet.
    this.#reader.readAhead();
    while (this.#reader.ending === undefined && this.#outcome === undefined) {
      const fed = new Promise<void>((resolve) => {
        this.#onFed = resolve;
      });
      // oxlint-disable-next-line no-await-in-loop -- chunks come one after another
      if (!this.#pushHeld()) await fed;
      this.#reader.readAhead();
    }
    this.#onFed = undefined;
    this.#readingAhead = undefined;
    if (this.#outcome !== undefined) return;
    if (this.#signal?.aborted === true) return this.#abort();
    const { ending } = this.#reader;
    if (ending !== undefined && ending.status !== 'complete') this.#settle(ending.status);
  }

  /** Fixes the outcome, once, and lets go of the timers and of the wire. */
  #settle(status: Outcome['status']): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = makeOutcome(status, this.#reader, this.#events, this.#timeToFirstEventMs);
    this.#clocks.close();
    if (status === 'complete' && !this.#reader.bytesEnded) {
      this.#onFed = lingerOn(this.#body, this.#clock);
      if (this.#feed.take() !== undefined) this.#fed();
    } else if (this.#outcome.error !== undefined) {
      // The stream has failed already: that freeing its wire fails too is not news.
      this.#body.cancel(this.#outcome.error).catch(() => {});
    }
    this.#outcomePromise?.resolve(this.#outcome);
  }
}
