import type { LinkspanError } from './errors/linkspan-error.ts';
import type { Usage } from './outcome.ts';
import type { ResponseHeaders, TransportRequest } from './transport.ts';

/** Limits of a decoder; over them a stream fails with `MessageTooLargeError`. */
export interface DecodeLimits {
  /** @default 1 MiB */
  readonly maxLineBytes?: number;
  /** @default 16 MiB */
  readonly maxEventBytes?: number;
  /** All the bytes of one answer. @default no limit */
  readonly maxStreamBytes?: number;
}

/** Turns bytes, split anywhere, into frames. It does no I/O. */
export interface FrameDecoder<Frame> {
  /**
   * The frames that these bytes complete. When bytes behind a complete frame are bad, the frame is
   * given, `failure` is set, and the next `push` or `end` throws it; when there is no such frame,
   * it is thrown at once.
   */
  push(bytes: Uint8Array): Frame[];
  /** The bytes are over: what the protocol hands over at the end. */
  end(): Frame[];
  /** Why nothing more can be decoded, behind the frames that were given. */
  readonly failure?: LinkspanError | undefined;
  /** The last durable id seen, for protocols that can resume. */
  readonly lastEventId?: string;
  /** How long the peer asks to wait before a reconnect. */
  readonly retryMs?: number | undefined;
}

/** What one frame means for the stream. */
export interface Reading<Event> {
  /** Handed to the caller; absent for sentinels. */
  readonly event?: Event;
  /**
   * `may-end`: the bytes may end from here on. `goes-on`: something new has begun, and they may not
   * any longer. `ends`: the stream is over now, and its wire freed.
   */
  readonly terminal?: 'may-end' | 'goes-on' | 'ends';
  /** The name of the terminator, for the outcome. */
  readonly terminator?: string;
  /**
   * The failure that this frame reports. The stream ends with it, after `event` is handed over; with
   * `may-end` only where the bytes or the stream end, so that what still follows is read.
   */
  readonly error?: LinkspanError;
  /** `false` for pings and empty deltas: they do not rewind the event clock. @default true */
  readonly progress?: boolean;
  /**
   * The durable id of this event, where the protocol writes it into the event's data. Without it,
   * the `id` of the frame is taken, as server-sent events have it: one that differs from the frame
   * before is the event's own.
   */
  readonly id?: string;
}

/** Reads the frames of one stream, and keeps what they add up to. Made anew for each stream. */
export interface StreamReader<Frame, Event, Result> {
  /**
   * What the frame means. A frame that cannot be read is a `Reading` with an error.
   *
   * @param isRepeat given when the stream may be resumed: whether an event with this durable id was
   * read before. A reader whose ids are in the data asks it before it adds the event up, and gives
   * `{}` for one that was. Frames with an `id` of their own are asked about before they come here.
   */
  read(frame: Frame, isRepeat?: (id: string) => boolean): Reading<Event>;
  /** What has arrived so far. Cheap to call, also after a failure. */
  readonly partial: Result;
  readonly finishReason?: string | undefined;
  readonly usage?: Usage | undefined;
}

/** What a stream's reader is told about the answer before its first frame. */
export interface StreamHead {
  readonly status: number | undefined;
  /** Without parameters, in lower case; `undefined` when the peer named none. */
  readonly contentType: string | undefined;
  readonly headers: ResponseHeaders;
  /** Credentials of the request, which the peer may repeat and no error may show. */
  readonly secrets: readonly string[];
  /** The request that is answered, as it was sent; absent where bytes alone are decoded. */
  readonly request?: TransportRequest | undefined;
}

/** Where a stream stands: what the requests are made of that go on with it, or end the work behind it. */
export interface StreamPlace<Result = unknown> {
  /** The request that opened the stream, as it was sent. */
  readonly request: TransportRequest;
  /** The headers of its first answer. */
  readonly headers: ResponseHeaders;
  /** The durable id of the last event that was handed over; `''` when none had one. */
  readonly lastEventId: string;
  /** What the events add up to so far. */
  readonly partial: Result;
}

/** How a stream that broke is taken up again. */
export interface ResumeRule<Result = unknown> {
  /**
   * What the peer sends then. `'rest'`: the events behind the last id; what it repeats of those
   * before is dropped. `'snapshot'`: the state as it is, then what changes; the reader puts the
   * state in the place of what it had.
   */
  readonly sends: 'rest' | 'snapshot';
  /**
   * What durable ids are. `'counting'`: integers that rise by one, so that an event that is missing
   * is seen. `'opaque'`: names, of which only equality is known; no two events have the same.
   */
  readonly ids: 'counting' | 'opaque';
  /**
   * The request that takes the stream up behind `place.lastEventId`; `undefined` when this stream
   * cannot be taken up, or not faithfully. It must be one that may be sent twice.
   */
  request(place: StreamPlace<Result>): TransportRequest | undefined;
  /**
   * What is asked for in the place of that request, once, when the peer refuses it with this
   * failure: where the work ended while nobody listened, a protocol may keep what came of it
   * elsewhere. The answer is read as the stream is; without it the refusal fails the stream.
   */
  instead?(place: StreamPlace<Result>, refusal: LinkspanError): TransportRequest | undefined;
  /**
   * The statuses of an answer to that request which say that nothing more will come: the stream is
   * complete, under the name of the status, `'204'`.
   */
  readonly endStatuses?: readonly number[];
}

/**
 * The facts of one streaming protocol: what its frames are, what ends a stream, what an error
 * inside a 200 looks like, and what counts as progress.
 */
export interface Dialect<Event, Result = undefined, Frame = unknown> {
  readonly name: string;
  /** The `accept` header of the request. */
  readonly accept: string;
  /**
   * What else a request of this protocol carries, unless it has its own: names in lower case. It is
   * asked before the payload is encoded.
   */
  headers?(request: TransportRequest): Readonly<Record<string, string>>;
  /** The media types that may carry it, without parameters. Any other fails before the first event. */
  readonly contentTypes: readonly string[];
  /**
   * The protocol has no terminator: the end of the bytes is the end of the stream, under the name
   * `eof`. What was cut is then only known where the wire tells, as chunked HTTP does.
   *
   * @default false: bytes that end before the terminator make the stream incomplete
   */
  readonly endsAtEof?: boolean;
  /** A stream without a single event is complete all the same. @default false */
  readonly allowEmpty?: boolean;
  /**
   * Makes the decoder of one answer. Its head matters to protocols that may answer in more than one
   * media type; without it, the decoder is that of the first of `contentTypes`.
   */
  decode(limits?: DecodeLimits, head?: StreamHead): FrameDecoder<Frame>;
  /** Makes the reader of one stream. */
  read(head: StreamHead): StreamReader<Frame, Event, Result>;
  /**
   * The failure that a JSON body reports where a stream was expected, if it is one: providers
   * answer 200 with `{"error": …}`.
   */
  classifyError?(body: unknown, head: StreamHead): LinkspanError | undefined;
  /** How a stream that broke is taken up again; absent where the protocol has no way. */
  readonly resume?: ResumeRule<Result>;
  /**
   * The request that ends the work behind a stream, in protocols where closing the wire does not;
   * `undefined` when closing it is enough for this stream, or nothing can be named yet.
   */
  cancel?(place: StreamPlace<Result>): TransportRequest | undefined;
}
