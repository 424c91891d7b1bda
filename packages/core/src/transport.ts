import type { Deadline } from '@linkspan/concurrency';
import type { Body } from './body.ts';
import type { InFlightCall } from './client/in-flight-call.ts';
import type { Payload } from './payload.ts';
import type { UsageMeter } from './usage/usage-meter.ts';

/** One call, as plain data. A layer that wants it different copies it. */
export interface TransportRequest {
  /** What to do: `'GET'`, `'POST'`, `'chat'`, `'subscribe'`. */
  readonly operation: string;
  /** What to do it to: a path, a model, a subject. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly payload?: Payload;
  /**
   * Whether doing it twice has the effect of doing it once. Without it, the HTTP methods that are
   * idempotent by RFC 9110, and requests with an `idempotency-key` header, are.
   */
  readonly idempotent?: boolean;
}

/** Lower-case names; a field that repeats holds all its values. */
export type ResponseHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The head of an answer, and its body still to be read. */
export interface TransportResponse<Chunk = Uint8Array> {
  readonly status?: number;
  readonly headers: ResponseHeaders;
  readonly body: Body<Chunk>;
  /** Where the answer came from, when redirects led away from the target of the request. */
  readonly url?: string;
  /** Credentials that the transport added to the request: the peer may repeat them, no error may. */
  readonly secrets?: readonly string[];
  /** Is told, by who reads the answer, what it used: see `withMeter()`. */
  readonly meter?: UsageMeter | undefined;
}

/** What travels with a call and is not part of the request: the caller's will, the time left. */
export interface CallContext {
  /** The caller's will. When it aborts, the call rejects with `signal.reason`, unchanged. */
  readonly signal: AbortSignal | undefined;
  /** The end of the whole call: queueing, retries and the body included. */
  readonly deadline: Deadline;
  /** 1 for the first try, 2 for the first retry. */
  readonly attempt: number;
  /** Whether the answer is a stream of events: it is not buffered, nor redirected. */
  readonly streaming: boolean;
  /** How long one attempt may take until the head of the answer; `Infinity` for no limit. */
  readonly attemptMs: number;
  /** How long the body may be silent while somebody waits for it; `Infinity` for no limit. */
  readonly idleMs: number;
  /** Which statuses are answers; the others are thrown as {@link StatusError}. */
  readonly acceptStatus: (status: number) => boolean;
  /** What the client keeps of the call over all its attempts; absent when no client made it. */
  readonly call?: InFlightCall;
}

/** The one shape of every layer: a client, a middleware and a transport all send. */
export type Send<Chunk = Uint8Array> = (
  request: TransportRequest,
  context: CallContext,
) => Promise<TransportResponse<Chunk>>;

/** What a transport can do. The conformance kit and the client believe nothing else. */
export interface Capabilities {
  /** The body arrives while it is being made. */
  readonly streaming: boolean;
  /** A payload may be a stream. */
  readonly upload: boolean;
  /** A payload that is a stream is sent while the body comes back: `client.open()` works. */
  readonly duplex: boolean;
  /** Answers carry a status with the meaning of RFC 9110. */
  readonly status: boolean;
  /**
   * A slow reader slows the peer. Without it, what waits for a reader is bounded all the same: a body
   * that falls too far behind is left, and fails with `StreamGapError` behind what had come.
   *
   * @default true
   */
  readonly backpressure?: boolean;
  /**
   * Calls share one connection, process or session: what breaks it fails all that are on it, and the
   * next call makes another.
   *
   * @default false
   */
  readonly sharedWire?: boolean;
}

/**
 * A wire. It keeps eight promises, each checked by the conformance kit:
 *
 * 1. `send` rejects with a `LinkspanError` or the caller's own `signal.reason`, once.
 * 2. Calls made at the same time never see one another's answers.
 * 3. Leaving a body early frees the wire.
 * 4. A body that was cut short fails; it never just ends.
 * 5. A slow reader slows the peer, or loses its body and is told; memory stays bounded.
 * 6. `close` is idempotent, lets calls in flight finish until `drainMs`, then fails them with
 *    `ClosedError`; afterwards `send` rejects with `ClosedError`.
 * 7. After `close` nothing is left: no socket, timer, listener or unhandled rejection.
 * 8. A failure says truthfully whether the request may have reached the peer.
 *
 * `Init` is the transport's own way of writing a request, which `prepare` turns into the common one.
 */
export interface Transport<Chunk = Uint8Array, Init = TransportRequest> extends AsyncDisposable {
  /** `'http'`, `'websocket'`, `'sdk:openai'`. */
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Opens what sending will need. Idempotent; `send` connects by itself. */
  connect(context?: CallContext): Promise<void>;
  readonly send: Send<Chunk>;
  /** Turns the transport's own way of writing a request into the common one. */
  prepare?(init: Init): TransportRequest;
  /** A cheap sign of life, for health checks. */
  probe?(context: CallContext): Promise<void>;
  /** Lets calls in flight finish for `drainMs` (default 0), then fails them with `ClosedError`. */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}
