import type { Clock } from '@linkspan/concurrency';
import type { Body } from '../body.ts';
import type { DecodeLimits, Dialect, StreamPlace } from '../dialect.ts';
import { ClosedError, ConfigurationError } from '../errors/local-errors.ts';
import type { Cursor } from './cursor.ts';
import { END, EventPump } from './event-pump.ts';
import { EventReader } from './event-reader.ts';
import type { Outcome, Usage } from '../outcome.ts';
import { type StreamMessage, tagMessages } from './stream-message.ts';
import type { StreamAnswer } from './stream-head.ts';
import type { StreamOrigin } from './stream-origin.ts';
import type { CallContext, ResponseHeaders } from '../transport.ts';
import type { UsageMeter } from '../usage/usage-meter.ts';

/** What a stream needs to know of the call it answers. */
export interface EventStreamOptions extends StreamAnswer {
  /** The body enforces both; here they tell why it ended. */
  readonly context: Pick<CallContext, 'signal' | 'deadline' | 'call'>;
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
  /** Is told what the stream used, when it is over. */
  readonly meter?: UsageMeter | undefined;
  /** What the client that opens the stream gives it along. */
  readonly origin?: StreamOrigin<unknown> | undefined;
}

/**
 * A stream of events that cannot end quietly. It has exactly one {@link outcome}: complete,
 * incomplete, failed or cancelled. Iterating it throws unless it is complete; what arrived before a
 * failure is handed over first, and stays in {@link partial}.
 *
 * It is read once and on demand: while nobody waits for an event nothing is read, so that a slow
 * reader slows the peer. There are three ways to leave it, and with each the outcome is `cancelled`:
 *
 * - Leaving the loop early (`break`, `return`, a throw) and disposal free the wire at once, and send
 *   nothing. The caller's signal does the same, and the loop throws `signal.reason` itself.
 * - {@link cancel} ends the work behind the stream as well, where freeing the wire does not.
 * - {@link detach} leaves the work going on, and gives the cursor with which to come back.
 */
export class EventStream<Event, Final = undefined>
  implements AsyncIterable<Event, undefined>, AsyncDisposable
{
  /** Of the first answer, as the headers are. */
  readonly status: number | undefined;
  readonly headers: ResponseHeaders;
  readonly #reader: EventReader<Event, Final>;
  readonly #pump: EventPump<Event>;
  readonly #origin: StreamOrigin<unknown> | undefined;
  #cancelling: Promise<void> | undefined;

  constructor(body: Body, dialect: Dialect<Event, Final>, options: EventStreamOptions) {
    const { status, headers, context, firstEventMs = 60_000, eventIdleMs = 120_000 } = options;
    const { limits, origin, waitedMs = 0 } = options;
    const reader = new EventReader(dialect, options, limits, origin?.resumption?.continuity);
    const terminator = origin?.endOf(status);
    if (terminator !== undefined) reader.endAt(terminator);
    const clock = options.clock ?? context.deadline.clock;
    this.status = status;
    this.headers = headers;
    this.#reader = reader;
    this.#origin = origin;
    this.#pump = new EventPump(body, {
      reader,
      context,
      clock,
      limits: { firstEventMs, eventIdleMs },
      waitedMs,
      startedAt: options.startedAt ?? clock.now(),
      meter: options.meter,
      origin,
    });
  }

  /** How the stream ended. It always resolves, once: when it was read, left, aborted or closed. */
  get outcome(): Promise<Outcome> {
    return this.#pump.outcome;
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
    let read = await this.#pump.next();
    // oxlint-disable-next-line no-await-in-loop -- events come one after another
    while (read.done !== true) read = await this.#pump.next();
    if (this.#pump.ended?.status === 'complete') return this.#reader.partial;
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

  /**
   * Ends the work behind the stream: sends the dialect's cancel request, where freeing the wire is
   * not enough, through the client and within 5 s; then frees the wire. The loop ends at once. A
   * stream that was left, aborted or cut off can still be cancelled; for one whose end the peer has
   * told, there is nothing to do.
   *
   * @throws what that request fails with: the work may then go on. Who does not wait for this promise
   * is not bothered with it.
   */
  cancel(reason?: unknown): Promise<void> {
    this.#cancelling ??= this.#cancel(reason);
    this.#cancelling.catch(() => {});
    return this.#cancelling;
  }

  /**
   * Frees the wire and leaves the work behind the stream going on. The cursor is plain data; with
   * `client.stream(request, { dialect, resume: { cursor } })` the stream goes on behind the last
   * event that was handed over, in this process or another. A store is given it too.
   *
   * @throws ConfigurationError, and leaves the stream as it is, when the work would end with its
   * wire; StreamGapError when nobody could go on without a loss or a repeat.
   */
  async detach(): Promise<Cursor> {
    if (this.#origin === undefined) {
      throw new ConfigurationError('Cannot detach from the stream: no client opened it');
    }
    const cursor = this.#origin.cursor(this.#place(this.#origin));
    this.#origin.keep(cursor);
    try {
      await this.#origin.kept();
    } finally {
      await this.#leave();
    }
    return cursor;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#leave();
  }

  /** Every iterator of a stream goes on where the one before it stopped. */
  [Symbol.asyncIterator](): AsyncIterator<Event, undefined, undefined> {
    const pump = this.#pump;
    return {
      next: () => pump.next(),
      return: () => this.#leave().then(() => END),
    };
  }

  async #leave(): Promise<void> {
    if (this.#pump.ended !== undefined) return;
    this.#pump.leave();
    await this.#pump.free();
  }

  async #cancel(reason: unknown): Promise<void> {
    const { ended } = this.#pump;
    const { ending } = this.#reader;
    // An end that nobody has read, or that was not the peer's own, does not say that the work is over.
    const isOver =
      ended !== undefined &&
      (ended.status === 'complete' || (ending?.status === ended.status && ending.by === 'peer'));
    if (isOver) return;
    const place = this.#origin && this.#place(this.#origin);
    this.#pump.leave();
    try {
      if (place !== undefined) await this.#origin?.endWork(place);
    } finally {
      if (ended === undefined) await this.#pump.free(reason);
    }
  }

  #place(origin: StreamOrigin<unknown>): StreamPlace {
    return origin.place(this.#reader.lastEventId, this.#reader.partial);
  }
}
