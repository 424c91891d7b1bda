import type { DecodeLimits, Dialect, FrameDecoder, Reading, StreamReader } from '../dialect.ts';
import { LinkspanError } from '../errors/linkspan-error.ts';
import { readRequestId } from '../errors/status-to-error.ts';
import {
  DeserializationError,
  ProtocolError,
  StreamIncompleteError,
  TransportError,
} from '../errors/transport-error.ts';
import type { Usage } from '../outcome.ts';
import { ForeignBody, isForeignHead, type StreamAnswer, streamHead } from './stream-head.ts';

/** How a stream ends by itself, once the events before it are handed over. */
export type StreamEnding =
  | { readonly status: 'complete'; readonly terminator: string | undefined }
  | { readonly status: 'incomplete' | 'failed'; readonly error: LinkspanError };

const NO_FRAMES: readonly unknown[] = [];

/** A reading that has an event. */
export type EventReading<Event> = Reading<Event> & { readonly event: Event };

/**
 * Turns the bytes of one stream into its events and its ending, by the rules of a dialect. It does
 * no I/O: it is given bytes, the end of the bytes, or the failure of the wire, in any order of
 * calls that a wire can have. A frame is read when its event is asked for, not before.
 */
export class EventReader<Event, Result> {
  readonly #dialect: Dialect<Event, Result>;
  readonly #decoder: FrameDecoder<unknown>;
  readonly #reader: StreamReader<unknown, Event, Result>;
  readonly #requestId: string | undefined;
  #foreign: ForeignBody | undefined;
  #frames: readonly unknown[] = NO_FRAMES;
  #nextFrame = 0;
  /** The last durable id of the bytes before those at hand. */
  #idBefore = '';
  /** What was read before it was asked for, the next one last. */
  #ahead: { readonly reading: EventReading<Event>; readonly id: string }[] | undefined;
  #events = 0;
  #mayEnd = false;
  /** What the stream ends with, wherever it does. */
  #reported: LinkspanError | undefined;
  #terminator: string | undefined;
  #bytesEnded = false;
  #ending: StreamEnding | undefined;

  constructor(
    dialect: Dialect<Event, Result>,
    answer: StreamAnswer,
    limits: DecodeLimits | undefined,
  ) {
    const head = streamHead(answer);
    if (isForeignHead(head, dialect)) this.#foreign = new ForeignBody(head, dialect);
    this.#dialect = dialect;
    this.#requestId = readRequestId(answer.headers);
    this.#decoder = dialect.decode(limits, head);
    this.#reader = dialect.read(head);
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
    return this.#nextFrame < this.#frames.length ? this.#idOfFrame() : this.#decodedId;
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
      if (this.#foreign.push(bytes)) this.fail(this.#foreign.failure());
      return;
    }
    this.#forgetFrames();
    try {
      this.#frames = this.#decoder.push(bytes);
    } catch (error) {
      this.fail(error);
    }
  }

  /** The bytes are over. */
  end(): void {
    this.#bytesEnded = true;
    this.#forgetFrames();
    try {
      if (this.#foreign === undefined) this.#frames = this.#decoder.end();
      else this.fail(this.#foreign.failure());
    } catch (error) {
      this.fail(error);
    }
  }

  /** Whether the stream may end here: its terminator was seen, though more may follow. */
  get mayEnd(): boolean {
    return this.#mayEnd;
  }

  /** Nothing more is expected of a stream that may end here. */
  endHere(): void {
    if (this.#reported !== undefined) this.fail(this.#reported);
    this.#ending ??= { status: 'complete', terminator: this.#terminator };
  }

  /**
   * The wire failed, or a clock ran out. The first ending holds; and what a body that is no stream
   * has shown tells more than how it ended.
   */
  fail(error: unknown): void {
    if (this.#ending !== undefined) return;
    const failure = this.#foreign?.failure() ?? this.#reported ?? toFailure(error);
    // What is left over at the end of the bytes and cannot be read was cut, it is not malformed.
    const isCut = this.#bytesEnded && failure instanceof DeserializationError;
    const reported = isCut ? this.#incomplete(failure) : failure;
    const status = reported instanceof StreamIncompleteError ? 'incomplete' : 'failed';
    this.#ending = { status, error: reported };
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
    return this.#decoder.lastEventId ?? '';
  }

  /** The durable id as of the frame that was read last. */
  #idOfFrame(): string {
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
        this.fail(reading.error);
      }
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
      if (this.#decoder.failure !== undefined) this.fail(this.#decoder.failure);
      else if (this.#bytesEnded) this.#endOfBytes();
    }
    if (this.#ending?.status === 'complete' && this.#events === 0 && !this.#dialect.allowEmpty) {
      this.#ending = { status: 'incomplete', error: this.#empty() };
    }
  }

  #endOfBytes(): void {
    if (this.#dialect.endsAtEof === true && !this.#mayEnd) this.#terminator = 'eof';
    if (this.#mayEnd || this.#dialect.endsAtEof === true) this.endHere();
    else this.fail(this.#incomplete());
  }

  #empty(): StreamIncompleteError {
    return new StreamIncompleteError(
      `Cannot complete the ${this.#dialect.name} stream: it ended without a single event`,
      { code: 'empty_stream', requestId: this.#requestId },
    );
  }

  #incomplete(cause?: unknown): StreamIncompleteError {
    const events = this.#events === 1 ? '1 event' : `${this.#events} events`;
    return new StreamIncompleteError(
      `Cannot complete the ${this.#dialect.name} stream: the bytes ended before its terminator, after ${events}`,
      { cause, requestId: this.#requestId },
    );
  }
}

function toFailure(error: unknown): LinkspanError {
  if (error instanceof LinkspanError) return error;
  return new TransportError('Cannot read the stream: its body failed', {
    code: 'body_failed',
    phase: 'body',
    sent: 'yes',
    cause: error,
  });
}
