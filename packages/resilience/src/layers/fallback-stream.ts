import {
  ClosedError,
  type Outcome,
  type StreamMessage,
  tagMessages,
  type Usage,
} from '@linkspan/core';
import type { OpenedStream } from './opened-stream.ts';
import type { TriedWays } from './tried-ways.ts';
import { type StreamEnd, wayOutcome } from './way-outcome.ts';

/** Whether a stream that has handed over events may start over on another way. */
export type RestartRule = boolean | ((error: unknown) => boolean | undefined);

type Result<Event> = IteratorResult<Event, undefined>;

const END = { done: true, value: undefined } as const;

/**
 * One stream of events out of several ways to get it: that of the first way that comes to its end. It
 * keeps what an `EventStream` promises: it cannot end quietly, has exactly one {@link outcome}, throws
 * unless it is complete, and is free of everything when it was read, left, cancelled or aborted, also
 * while it is between two ways.
 *
 * It is read on demand: nothing is sent before the first event is asked for.
 */
export class FallbackStream<Event, Final>
  implements OpenedStream<Event, Final>, AsyncIterable<Event, undefined>, AsyncDisposable
{
  readonly #tried: TriedWays<OpenedStream<Event, Final>>;
  readonly #restart: RestartRule;
  readonly #outcome = Promise.withResolvers<Outcome>();
  /** That of the way that was taken last, also when it has failed. */
  #stream: OpenedStream<Event, Final> | undefined;
  /** Its events, as long as it is the one that is read. */
  #events: AsyncIterator<Event, unknown> | undefined;
  /** How many of them were handed over. */
  #handedOver = 0;
  #reading: Promise<Result<Event>> | undefined;
  /** The last of the reads behind the one that waits: hardly ever one. */
  #tail: Promise<Result<Event>> | undefined;
  /** Ends what the reading waits for. */
  #giveUp: ((reason: unknown) => void) | undefined;
  /** How it ended, for who reads on. */
  #ending: StreamEnd | undefined;
  /** It has failed, though what had arrived before is still to be read: no other way is taken. */
  #isLast = false;
  #cancelling: Promise<void> | undefined;

  /** @internal */
  constructor(tried: TriedWays<OpenedStream<Event, Final>>, restart: RestartRule) {
    this.#tried = tried;
    this.#restart = restart;
    const { signal } = tried.scope;
    if (signal.aborted) this.handleEvent();
    else signal.addEventListener('abort', this);
  }

  /**
   * How the stream ended: the outcome of the way that was taken last. It always resolves, once; a
   * stream that nobody reads ends at its deadline.
   */
  get outcome(): Promise<Outcome> {
    return this.#outcome.promise;
  }

  /** The way that is taken, by its place in the list: 0 for the first. */
  get way(): number {
    return this.#tried.place;
  }

  /** What the events of the way add up to so far; still there after a failure. */
  get partial(): Final | undefined {
    return this.#stream?.partial;
  }

  /** What the peer of the way said so far that it used. */
  get usage(): Usage | undefined {
    return this.#stream?.usage;
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
    if (this.#ending?.status === 'complete') return await this.#stream!.result();
    throw new ClosedError('Cannot give the result: the stream was left before its end', {
      sent: 'yes',
    });
  }

  /** The stream as tagged messages; see `EventStream.events()`. */
  events(): AsyncIterable<StreamMessage<Event>, undefined> {
    return tagMessages({
      [Symbol.asyncIterator]: () => this[Symbol.asyncIterator](),
      outcome: () => this.outcome,
    });
  }

  /**
   * Ends the work behind the stream, where freeing the wire does not, and frees the wire. The loop
   * ends at once. A way that is being opened is aborted, and cancelled if it opens all the same.
   *
   * @throws what the stream of the way throws: its work may then go on. Who does not wait for this
   * promise is not bothered with it.
   */
  cancel(reason?: unknown): Promise<void> {
    this.#cancelling ??= this.#cancel(reason);
    this.#cancelling.catch(() => {});
    return this.#cancelling;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#leave();
  }

  /** Every iterator of a stream goes on where the one before it stopped. */
  [Symbol.asyncIterator](): AsyncIterator<Event, undefined, undefined> {
    return {
      next: () => this.#next(),
      return: () => this.#leave().then(() => END),
    };
  }

  /** @internal The caller aborts, or the time is over. */
  handleEvent(): void {
    const { signal, scope } = this.#tried;
    const { reason } = scope;
    if (signal?.aborted === true) this.#end({ status: 'cancelled', error: reason });
    else this.#end({ status: 'failed', error: this.#tried.failure(reason) });
    // A stream that was given the signal has heard of it; any other is freed by this.
    this.#events?.return?.().catch(() => {});
  }

  #next(): Promise<Result<Event>> {
    const busy = this.#tail ?? this.#reading;
    return busy === undefined ? this.#nextNow() : this.#nextBehind(busy);
  }

  #nextNow(): Promise<Result<Event>> {
    if (this.#ending !== undefined) return last(this.#ending);
    this.#reading = this.#read();
    return this.#reading;
  }

  /** Calls that overlap are served one after another, as an async generator does. */
  #nextBehind(busy: Promise<unknown>): Promise<Result<Event>> {
    const next = (): Promise<Result<Event>> => this.#nextNow();
    const tail = busy.then(next, next);
    this.#tail = tail;
    const settled = (): void => {
      if (this.#tail === tail) this.#tail = undefined;
    };
    tail.then(settled, settled);
    return tail;
  }

  async #read(): Promise<Result<Event>> {
    try {
      while (this.#ending === undefined) {
        try {
          // oxlint-disable no-await-in-loop -- ways come one after another
          if (this.#events === undefined) {
            await this.#open();
            continue; // It may have been left meanwhile.
          }
          const read = await this.#whileWanted(this.#events.next());
          if (this.#ending !== undefined) break;
          if (read.done !== true) {
            this.#handedOver += 1;
            return read;
          }
          await this.#comesToItsEnd();
          // oxlint-enable no-await-in-loop
        } catch (error) {
          this.#failed(error);
        }
      }
      return await last(this.#ending);
    } finally {
      this.#reading = undefined;
    }
  }

  /** The promise, or a rejection as soon as the stream is given up. */
  #whileWanted<Value>(promise: PromiseLike<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#giveUp = reject;
      promise.then(resolve, reject);
    });
  }

  async #comesToItsEnd(): Promise<void> {
    const { status, error } = await this.#whileWanted(this.#stream!.outcome);
    if (status !== 'complete') throw error ?? leftEarly();
    this.#end({ status: 'complete' });
  }

  async #open(): Promise<void> {
    const { scope } = this.#tried;
    const opening = this.#tried.take(scope.signal);
    opening.then(
      (stream) => {
        if (this.#ending !== undefined) this.#refuse(stream);
      },
      () => {},
    );
    const stream = await this.#whileWanted(opening);
    if (this.#ending !== undefined) {
      this.#refuse(stream);
      throw scope.reason;
    }
    this.#stream = stream;
    // What a rule throws here, it throws again to who reads on.
    stream.outcome.then((outcome) => this.#endedUnread(stream, outcome)).catch(() => {});
    this.#events = stream[Symbol.asyncIterator]();
  }

  /** A stream that comes when nobody wants it any more is left as this one was. */
  #refuse(stream: OpenedStream<Event, Final>): void {
    const left =
      this.#cancelling === undefined
        ? stream[Symbol.asyncIterator]().return?.()
        : stream.cancel(this.#tried.scope.reason);
    left?.catch(() => {});
  }

  /** The way has failed: the next is taken, or this is what the stream fails with. */
  #failed(error: unknown): void {
    if (this.#ending !== undefined) return;
    try {
      if (!this.#mayGoOn(error)) {
        this.#end({ status: 'failed', error: this.#tried.failure(error) });
        return;
      }
    } catch (ruleError) {
      this.#end({ status: 'failed', error: ruleError });
      return;
    }
    this.#tried.goOn(error, this.#handedOver);
    this.#events = undefined;
    this.#handedOver = 0;
  }

  #mayGoOn(error: unknown): boolean {
    if (this.#isLast) return false;
    if (this.#handedOver === 0 || this.#restart === true) return this.#tried.mayGoOn(error);
    return this.#restart !== false && this.#tried.mayGoOn(error, this.#restart(error) ?? false);
  }

  /** A way that fails while nobody reads is the end, unless another may be taken by who reads on. */
  #endedUnread(stream: OpenedStream<Event, Final>, outcome: Outcome): void {
    const { status, error = leftEarly() } = outcome;
    if (status === 'complete' || this.#ending !== undefined || this.#reading !== undefined) return;
    if (this.#events === undefined || stream !== this.#stream || this.#mayGoOn(error)) return;
    this.#isLast = true;
    this.#tell({ status: 'failed', error: this.#tried.failure(error) });
  }

  async #leave(): Promise<void> {
    if (this.#ending !== undefined) return;
    const left = this.#events?.return?.();
    this.#end({ status: 'cancelled' }, leftEarly());
    await left;
  }

  async #cancel(reason: unknown): Promise<void> {
    const cancelled = this.#events === undefined ? undefined : this.#stream!.cancel(reason);
    this.#end({ status: 'cancelled' }, reason ?? leftEarly());
    await cancelled;
  }

  /** @param reason what the wait for an answer that nobody wants any more is ended with. */
  #end(ending: StreamEnd, reason?: unknown): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    this.#tell(ending, reason);
  }

  /** The outcome is known: nothing is listened to, or waited for, from here on. */
  #tell(ending: StreamEnd, reason?: unknown): void {
    const { scope } = this.#tried;
    const stream = this.#events === undefined ? undefined : this.#stream;
    this.#outcome.resolve(wayOutcome(ending, stream));
    this.#giveUp?.(ending.error);
    scope.signal.removeEventListener('abort', this);
    if (reason !== undefined) scope.cancel(reason);
    scope[Symbol.dispose]();
  }
}

async function last(ending: StreamEnd): Promise<typeof END> {
  if ('error' in ending) throw ending.error;
  return END;
}

function leftEarly(): ClosedError {
  return new ClosedError('Cannot go on with the stream: it was left before its end', {
    sent: 'yes',
  });
}
