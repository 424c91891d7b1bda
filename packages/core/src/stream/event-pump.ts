import type { Clock } from '@linkspan/concurrency';
import type { Body } from '../body.ts';
import type { Outcome } from '../outcome.ts';
import type { CallContext } from '../transport.ts';
import type { UsageMeter } from '../usage/usage-meter.ts';
import { EventFeed, type EventFeedListener } from './event-feed.ts';
import type { EventReader } from './event-reader.ts';
import { makeOutcome } from './make-outcome.ts';
import type { Continuation } from './resumption.ts';
import { StreamClocks, type StreamClockLimits } from './stream-clocks.ts';
import type { StreamEnding } from './stream-ending.ts';
import type { StreamOrigin } from './stream-origin.ts';

/** What a pump works with. */
export interface EventPumpFacts<Event> {
  readonly reader: EventReader<Event, unknown>;
  readonly context: Pick<CallContext, 'signal' | 'deadline' | 'call'>;
  readonly clock: Clock;
  readonly limits: StreamClockLimits;
  /** How long the head of the answer was waited for. */
  readonly waitedMs: number;
  /** When the call began, on the clock. */
  readonly startedAt: number;
  readonly meter: UsageMeter | undefined;
  readonly origin: StreamOrigin<unknown> | undefined;
}

type Result<Event> = IteratorResult<Event, undefined>;

export const END = { done: true, value: undefined } as const;

/**
 * Hands over the events of a stream, one each time that the reader asks, and gives the stream its
 * one outcome. Between a body that broke and the next one, and between the end of a stream and the
 * last word of its store, it is paused.
 */
export class EventPump<Event> implements EventFeedListener {
  readonly #facts: EventPumpFacts<Event>;
  readonly #reader: EventReader<Event, unknown>;
  #feed: EventFeed;
  readonly #signal: AbortSignal | undefined;
  readonly #clocks: StreamClocks;
  /** Whether bodies go by the clock that the events go by. */
  readonly #sharesClock: boolean;
  readonly #origin: StreamOrigin<unknown> | undefined;

  /** The reader that waits for an event. */
  #waiter: PromiseWithResolvers<Result<Event>> | undefined;
  /** The reads behind it: hardly ever one. */
  #laterReads: PromiseWithResolvers<Result<Event>>[] | undefined;
  /** The reading of what is left, when the body ended while nobody waited. */
  #readingAhead: Promise<void> | undefined;
  #isPaused = false;
  #events = 0;
  #timeToFirstEventMs: number | undefined;
  #isAborted = false;
  #outcome: Outcome | undefined;
  #outcomePromise: PromiseWithResolvers<Outcome> | undefined;

  constructor(body: Body, facts: EventPumpFacts<Event>) {
    const { reader, context, clock, limits, waitedMs, origin } = facts;
    this.#facts = facts;
    this.#reader = reader;
    this.#signal = context.signal;
    this.#origin = origin;
    this.#sharesClock = clock === context.deadline.clock;
    this.#clocks = new StreamClocks(clock, limits, waitedMs, (error) => {
      if (reader.mayEnd) reader.endHere();
      else reader.fail(error);
      this.#answer();
    });
    this.#feed = new EventFeed(body, reader, this);
    origin?.resumption?.opened(body);
    origin?.onFailure((error) => this.#giveUp(error));
    this.#feed.open();
  }

  /** How the stream ended, when it has. */
  get ended(): Outcome | undefined {
    return this.#outcome;
  }

  get outcome(): Promise<Outcome> {
    if (this.#outcomePromise === undefined) {
      this.#outcomePromise = Promise.withResolvers();
      if (this.#outcome !== undefined) this.#outcomePromise.resolve(this.#outcome);
    }
    return this.#outcomePromise.promise;
  }

  next(): Promise<Result<Event>> {
    if (this.#waiter !== undefined || this.#readingAhead !== undefined) return this.#readLater();
    if (this.#origin !== undefined) this.#origin.passed(this.#reader);
    try {
      const result = this.#take();
      if (result !== undefined) return Promise.resolve(result);
    } catch (error) {
      return Promise.reject(error);
    }
    const waiter = Promise.withResolvers<Result<Event>>();
    this.#waiter = waiter;
    const now = this.#clocks.waitStarts();
    if (this.#feed.pull(this.#sharesClock ? now : undefined)) this.#answer();
    return waiter.promise;
  }

  /** Calls that overlap are served one after another, as an async generator does. */
  #readLater(): Promise<Result<Event>> {
    const later = Promise.withResolvers<Result<Event>>();
    (this.#laterReads ??= []).push(later);
    return later.promise;
  }

  /** Leaves what is left unread, unless the stream has ended; its wire is still to be freed. */
  leave(): void {
    if (this.#outcome !== undefined) return;
    this.#settle('cancelled');
    this.#takeWaiter()?.resolve(END);
    this.#serveLaterReads();
  }

  async free(reason?: unknown): Promise<void> {
    await this.#feed.leave(reason);
  }

  fed(): void {
    if (this.#waiter !== undefined) this.#answer();
  }

  closed(): void {
    this.#onBodyClosed();
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
      const progress = reading.progress !== false;
      this.#events += 1;
      this.#clocks.gotEvent(progress, this.#reader.mayEnd);
      if (this.#events === 1) {
        this.#timeToFirstEventMs = this.#facts.clock.now() - this.#facts.startedAt;
      }
      if (this.#origin !== undefined && progress) this.#origin.resumption?.progressed();
      return { done: false, value: reading.event };
    }
    const { ending } = this.#reader;
    if (ending === undefined || this.#goesOn(ending, true)) return undefined;
    this.#settle(ending.status);
    if (ending.status !== 'complete') throw ending.error;
    return END;
  }

  #abort(): void {
    this.#isAborted = true;
    this.#settle('cancelled');
    // The body hears the same signal; one that does not is taken down here.
    this.#feed.leave(this.#signal?.reason).catch(() => {});
  }

  /** Answers the reader that waits, or reads on; then those behind it, before any read that is new. */
  #answer(): void {
    this.#answerWaiter();
    if (this.#laterReads !== undefined) this.#serveLaterReads();
  }

  #answerWaiter(): void {
    try {
      let result = this.#take();
      while (result === undefined) {
        if (!this.#feed.pull()) return;
        result = this.#take();
      }
      this.#takeWaiter()?.resolve(result);
      if (this.#feed.isClosed) this.#onBodyClosed();
    } catch (error) {
      this.#takeWaiter()?.reject(error);
    }
  }

  #serveLaterReads(): void {
    while (this.#waiter === undefined && this.#readingAhead === undefined) {
      const later = this.#laterReads?.shift();
      if (later === undefined) return;
      this.#origin?.passed(this.#reader);
      this.#waiter = later;
      this.#answerWaiter();
      if (this.#waiter === later) this.#clocks.waitStarts();
    }
  }

  #takeWaiter(): PromiseWithResolvers<Result<Event>> | undefined {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    return waiter;
  }

  /** The body is over. When nobody waits, how it ended is found out here, so that it is told. */
  #onBodyClosed(): void {
    if (this.#waiter !== undefined || this.#outcome !== undefined) return;
    if (this.#signal?.aborted === true) this.#abort();
    else if (this.#reader.ending === undefined) this.#readingAhead ??= this.#readAhead();
  }

  async #readAhead(): Promise<void> {
    await this.#feed.readAhead();
    this.#readingAhead = undefined;
    this.#endUnread();
    this.#serveLaterReads();
  }

  #endUnread(): void {
    if (this.#outcome !== undefined) return;
    if (this.#signal?.aborted === true) return this.#abort();
    const { ending } = this.#reader;
    // What is complete is so when its events were taken.
    if (ending === undefined || ending.status === 'complete') return;
    if (!this.#goesOn(ending, false)) this.#settle(ending.status);
  }

  /** Whether the stream does not end here, but is paused for what comes first. */
  #goesOn(ending: StreamEnding, isWanted: boolean): boolean {
    const origin = this.#origin;
    if (origin === undefined) return false;
    if (!this.#isPaused) {
      const next = origin.after(ending, this.#reader);
      if (next === undefined) return false;
      this.#isPaused = true;
      this.#clocks.stop();
      if (ending.status === 'complete') this.#feed.stop();
      else this.#feed.drop(ending.error);
      next
        .then((continuation) => this.#goOn(continuation))
        .catch((error: unknown) => this.#giveUp(error));
    }
    if (isWanted) origin.resumption?.want();
    return true;
  }

  /** The pause is over: with another answer, with the word that there is none, or with nothing new. */
  #goOn(next: Continuation | undefined): void {
    this.#isPaused = false;
    if (this.#outcome !== undefined) {
      // The stream was left meanwhile: nobody reads this answer.
      if (next?.response !== undefined) next.response.body.cancel().catch(() => {});
      return;
    }
    if (next?.terminator !== undefined) this.#reader.endAt(next.terminator);
    if (next?.response !== undefined) {
      this.#origin?.resumption?.opened(next.response.body);
      this.#feed = new EventFeed(next.response.body, this.#reader, this);
      this.#feed.open();
      this.#reader.reconnect(next.answer);
      this.#clocks.restart(next.waitedMs);
    }
    const waiter = this.#waiter;
    if (waiter === undefined) return;
    this.#answer();
    if (this.#waiter === waiter) this.#clocks.waitStarts();
  }

  /** The stream ends with this, whatever it was about to do. */
  #giveUp(error: unknown): void {
    if (this.#outcome !== undefined) return;
    this.#isPaused = false;
    if (this.#signal?.aborted === true) this.#abort();
    else this.#reader.giveUp(error);
    if (this.#waiter !== undefined) this.#answer();
    else if (this.#reader.ending !== undefined) this.#settle(this.#reader.ending.status);
  }

  /** Fixes the outcome, once, and lets go of the timers and of the wire. */
  #settle(status: Outcome['status']): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = makeOutcome(status, this.#reader, {
      events: this.#events,
      timeToFirstEventMs: this.#timeToFirstEventMs,
      resumes: this.#origin?.resumption?.resumes,
    });
    this.#clocks.close();
    const failure: unknown = this.#isAborted ? this.#signal?.reason : this.#outcome.error;
    if (failure !== undefined) this.#facts.context.call?.failed(failure);
    if (this.#facts.meter !== undefined) tell(this.#facts.meter, this.#outcome);
    if (status === 'complete') {
      this.#feed.linger(this.#facts.clock);
    } else if (this.#outcome.error !== undefined) {
      // The stream has failed already: that freeing its wire fails too is not news.
      this.#feed.leave(this.#outcome.error).catch(() => {});
    }
    this.#origin?.resumption?.end();
    this.#outcomePromise?.resolve(this.#outcome);
  }
}

/** Counts are final when the peer has told why it stopped, though its terminator did not come. */
function tell(meter: UsageMeter, { status, usage, finishReason, error }: Outcome): void {
  if (usage !== undefined) meter.used(usage, status === 'complete' || finishReason !== undefined);
  else if (error !== undefined) meter.failed(error);
}
