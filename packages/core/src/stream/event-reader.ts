import type {
  DecodeLimits,
  Dialect,
  FrameDecoder,
  Reading,
  StreamHead,
  StreamReader,
} from '../dialect.ts';
import type { LinkspanError } from '../errors/linkspan-error.ts';
import { readRequestId } from '../errors/status-to-error.ts';
import {
  DeserializationError,
  ProtocolError,
  StreamGapError,
  StreamIncompleteError,
} from '../errors/transport-error.ts';
import type { Usage } from '../outcome.ts';
import type { Continuity } from './continuity.ts';
import { isWireFailure } from './is-wire-failure.ts';
import { OnceReader } from './once-reader.ts';
import {
  cutShort,
  emptyStream,
  endsBehind,
  type StreamEnding,
  type StreamName,
  toFailure,
} from './stream-ending.ts';
import { ForeignBody, isForeignHead, type StreamAnswer, streamHead } from './stream-head.ts';

const NO_FRAMES: readonly unknown[] = [];

/** A reading that has an event. */
export type EventReading<Event> = Reading<Event> & { readonly event: Event };

/**
 * Turns the bytes of one stream into its events and its ending, by the rules of a dialect. It does
 * no I/O: it is given bytes, the end of the bytes, or the failure of the wire, in any order of
 * calls that a wire can have, and then maybe those of another wire that goes on. A frame is read
 * when its event is asked for, not before.
 */
export class EventReader<Event, Result> {
  readonly #dialect: Dialect<Event, Result>;
  readonly #limits: DecodeLimits | undefined;
  #decoder: FrameDecoder<unknown>;
  readonly #reader: StreamReader<unknown, Event, Result>;
  /** The reader, and what it judges by, of a stream that may be resumed. */
  readonly #once: OnceReader<Event, Result> | undefined;
  readonly #continuity: Continuity | undefined;
  #requestId: string | undefined;
  #foreign: ForeignBody | undefined;
  #frames: readonly unknown[] = NO_FRAMES;
  #nextFrame = 0;
  /** The last durable id of the bytes before those at hand. */
  #idBefore = '';
  /** The last durable id that was in the data of an event. */
  #dataId: string | undefined;
  /** What was read before it was asked for, the next one last. */
  #ahead: { readonly reading: EventReading<Event>; readonly id: string }[] | undefined;
  #events = 0;
  #mayEnd = false;
  /** What the stream ends with, wherever it does. */
  #reported: LinkspanError | undefined;
  #terminator: string | undefined;
  #bytesEnded = false;
  /** Whether the peer said in so many words that nothing more will come. */
  #saysEnd = false;
  #ending: StreamEnding | undefined;

  /** @param continuity what repeats and gaps are known by, when the stream may be resumed. */
  constructor(
    dialect: Dialect<Event, Result>,
    answer: StreamAnswer,
    limits: DecodeLimits | undefined,
    continuity?: Continuity,
  ) {
    this.#dialect = dialect;
    this.#limits = limits;
    this.#continuity = continuity;
    const head = this.#begin(answer);
    this.#decoder = dialect.decode(limits, head);
    this.#reader = dialect.read(head);
    if (continuity !== undefined) {
      this.#reader = this.#once = new OnceReader(dialect, this.#reader, continuity);
    }
  }

  /** Goes on with the bytes of another answer, when those of the one before are over. */
  reconnect(answer: StreamAnswer): void {
    this.#forgetFrames();
    this.#ahead = undefined;
    this.#bytesEnded = false;
    this.#ending = undefined;
    this.#decoder = this.#dialect.decode(this.#limits, this.#begin(answer));
    this.#once?.reconnect();
  }

  #begin(answer: StreamAnswer): StreamHead {
    const head = streamHead(answer);
    this.#foreign = isForeignHead(head, this.#dialect)
      ? new ForeignBody(head, this.#dialect)
      : undefined;
    this.#requestId = readRequestId(answer.headers);
    return head;
  }

  get partial(): Result {
    return this.#reader.partial;
  }

  get usage(): Usage | undefined {
    return this.#reader.usage;
  }

  get finishReason(): string | undefined {
    return this.#reader.finishReason;
  }

  /** The last durable id up to the event that was handed over last: where a resume would go on. */
  get lastEventId(): string {
    if (this.#ahead !== undefined && this.#ahead.length > 0) return this.#idBefore;
    const allRead = this.#nextFrame >= this.#frames.length;
    return allRead ? (this.#continuity?.lastId ?? this.#decodedId) : this.#idOfFrame();
  }

  /** How long the peer asks to wait before a reconnect. */
  get retryMs(): number | undefined {
    return this.#decoder.retryMs;
  }

  /** How many events there were, those included that are not handed over yet. */
  get events(): number {
    return this.#events;
  }

  /** How the stream ends, as far as that is known: behind the events that `next` still gives. */
  get ending(): StreamEnding | undefined {
    return this.#ending;
  }

  /** Whether all bytes were given. */
  get bytesEnded(): boolean {
    return this.#bytesEnded;
  }

  /** Takes bytes. The events of the bytes before must have been taken. */
  push(bytes: Uint8Array): void {
    if (this.#foreign !== undefined) {
      if (this.#foreign.push(bytes)) this.#fail(this.#foreign.failure(), 'peer');
      return;
    }
    this.#forgetFrames();
    try {
      this.#frames = this.#decoder.push(bytes);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The bytes are over. */
  end(): void {
    this.#bytesEnded = true;
    this.#forgetFrames();
    try {
      if (this.#foreign === undefined) this.#frames = this.#decoder.end();
      else this.#fail(this.#foreign.failure(), 'peer');
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Whether the stream may end here: its terminator was seen, though more may follow. */
  get mayEnd(): boolean {
    return this.#mayEnd;
  }

  /** Nothing more is expected of a stream that may end here. */
  endHere(): void {
    if (this.#reported !== undefined) this.#fail(this.#reported, 'peer');
    else if (this.#continuity?.isBehind === true) this.#fail(endsBehind(this.#name));
    this.#ending ??= { status: 'complete', terminator: this.#terminator };
  }

  /** The peer, asked to go on, says under this name that nothing more will come. */
  endAt(terminator: string): void {
    this.#ending = undefined;
    this.#saysEnd = true;
    if (!this.#mayEnd) this.#terminator = terminator;
    this.endHere();
  }

  /**
   * The wire failed, or a clock ran out. The first ending holds; and what a body that is no stream
   * has shown tells more than how it ended.
   */
  fail(error: unknown): void {
    this.#fail(error, isWireFailure(error) ? 'wire' : 'client');
  }

  /** The stream cannot go on: what it ends with in the place of what broke it. */
  giveUp(error: unknown): void {
    this.#ending = undefined;
    this.#foreign = undefined;
    this.#fail(error);
  }

  #fail(error: unknown, by: 'wire' | 'peer' | 'client' = 'client'): void {
    if (this.#ending !== undefined) return;
    const known = this.#foreign?.failure() ?? this.#reported;
    const failure = known ?? toFailure(error);
    // What is left over at the end of the bytes and cannot be read was cut, it is not malformed.
    const isCut = this.#bytesEnded && failure instanceof DeserializationError;
    const reported = isCut ? cutShort(this.#name, this.#events, failure) : failure;
    const status = reported instanceof StreamIncompleteError ? 'incomplete' : 'failed';
    const whose = known === undefined ? by : 'peer';
    this.#ending = { status, error: reported, by: isCut ? 'wire' : whose };
  }

  /** The next event, if the bytes gave one. When there is none, and no `ending`, bytes are needed. */
  next(): EventReading<Event> | undefined {
    const reading = this.#ahead === undefined ? this.#readFrames() : this.#takeAhead();
    if (reading === undefined) this.#decideEnding();
    return reading;
  }

  /** Reads all that was pushed, so that `ending` is known, and keeps its events for `next`. */
  readAhead(): void {
    const handedId = this.lastEventId;
    const read: { readonly reading: EventReading<Event>; readonly id: string }[] = [];
    for (let reading = this.#readFrames(); reading; reading = this.#readFrames()) {
      read.push({ reading, id: this.#idOfFrame() });
    }
    this.#ahead = [...read.toReversed(), ...(this.#ahead ?? [])];
    this.#idBefore = handedId;
    this.#decideEnding();
  }

  #takeAhead(): EventReading<Event> | undefined {
    const taken = this.#ahead?.pop();
    if (taken !== undefined) this.#idBefore = taken.id;
    return taken?.reading;
  }

  get #decodedId(): string {
    return this.#dataId ?? this.#decoder.lastEventId ?? '';
  }

  /** The durable id as of the frame that was read last. */
  #idOfFrame(): string {
    if (this.#continuity !== undefined) return this.#continuity.lastId;
    if (this.#dataId !== undefined) return this.#dataId;
    const frame = this.#frames[this.#nextFrame - 1] as { readonly id?: unknown } | undefined;
    return typeof frame?.id === 'string' ? frame.id : this.#idBefore;
  }

  #forgetFrames(): void {
    if (this.#ahead === undefined) this.#idBefore = this.#decodedId;
    this.#nextFrame = 0;
    this.#frames = NO_FRAMES;
  }

  #readFrames(): EventReading<Event> | undefined {
    while (this.#ending === undefined && this.#nextFrame < this.#frames.length) {
      const reading = this.#readFrame(this.#frames[this.#nextFrame]);
      this.#nextFrame += 1;
      if (reading.terminal !== undefined) {
        this.#mayEnd = reading.terminal !== 'goes-on';
        this.#terminator = reading.terminator;
      }
      if (reading.error === undefined) {
        if (reading.terminal === 'ends') this.endHere();
      } else if (reading.terminal === 'may-end') {
        this.#reported ??= reading.error;
      } else {
        this.#fail(reading.error, reading.error instanceof StreamGapError ? 'client' : 'peer');
      }
      if (reading.id !== undefined) this.#dataId = reading.id;
      if (reading.event !== undefined) {
        this.#events += 1;
        return reading as EventReading<Event>;
      }
    }
    return undefined;
  }

  #readFrame(frame: unknown): Reading<Event> {
    try {
      return this.#reader.read(frame);
    } catch (cause) {
      const message = `Cannot read the stream: the ${this.#dialect.name} dialect failed`;
      return { error: new ProtocolError(message, { code: 'dialect', phase: 'body', cause }) };
    }
  }

  #decideEnding(): void {
    if (this.#ending === undefined) {
      this.#once?.caughtUp(this.#decoder.lastEventId ?? '');
      if (this.#decoder.failure !== undefined) this.#fail(this.#decoder.failure);
      else if (this.#bytesEnded) this.#endOfBytes();
    }
    const isEmpty = this.#events === 0 && !this.#dialect.allowEmpty && !this.#saysEnd;
    if (isEmpty && this.#ending?.status === 'complete') {
      this.#ending = { status: 'incomplete', error: emptyStream(this.#name), by: 'peer' };
    }
  }

  #endOfBytes(): void {
    const { endsAtEof = false } = this.#dialect;
    // A peer that starts over and stops short of where it was has not ended the stream.
    const isBehind = this.#continuity?.isBehind === true;
    if (endsAtEof && !this.#mayEnd) this.#terminator = 'eof';
    if ((this.#mayEnd || endsAtEof) && !isBehind) this.endHere();
    else this.#fail(cutShort(this.#name, this.#events), 'wire');
  }

  get #name(): StreamName {
    return { dialect: this.#dialect.name, requestId: this.#requestId };
  }
}
