import { type AbortListener, addAbortListener, removeAbortListener } from '@linkspan/concurrency';
import {
  attemptTimeoutError,
  type CallContext,
  deadlineError,
  idleTimeoutError,
  type LinkspanError,
  type Phase,
  type Sent,
  type TransportResponse,
} from '@linkspan/core';
import type { Dispatcher } from 'undici';
import { checkHead, checkInterim } from './answer-head.ts';
import { CallClock, type RunningClock } from './call-clock.ts';
import type { Connection } from '../pool/connection.ts';
import { toFailure } from '../errors.ts';
import { type BodySource, HttpBody } from './http-body.ts';
import { maySendAfresh } from './stale-connection.ts';
import type { StreamTaker, WatchedStream } from '../pool/stream-watch.ts';
import { queueTimedOut } from './timeouts.ts';
import { UploadStream } from './upload-stream.ts';
import { checkRequest, type WireRequest, writeRequestAgain } from './wire-request.ts';

/** What undici is told when a call is over before its answer is; it reaches nobody. */
const ABANDONED = new Error('The call is over');

/** What a call needs of the pool that it runs in. */
export interface CallHost {
  /** The call needs no connection any more; `isReusable` says whether its connection is sound. */
  release(call: DispatchCall, isReusable: boolean): void;
  /** Sends the call once more, on a connection made for it. */
  sendAfresh(call: DispatchCall): void;
}

type Progress = 'waiting' | 'assigned' | 'started' | 'answering' | 'headed' | 'over';

/**
 * One request on its way, and its answer on the way back. It is undici's handler, the listener on
 * the caller's signal and the owner of the call's timer, all in one object.
 */
export class DispatchCall
  extends CallClock
  implements AbortListener, Dispatcher.DispatchHandler, BodySource, StreamTaker
{
  /** The neighbours in the queue of the pool. */
  previous: DispatchCall | undefined;
  following: DispatchCall | undefined;
  connection: Connection | undefined;
  wire: WireRequest;
  readonly #host: CallHost;
  readonly #decode: ((response: TransportResponse) => TransportResponse) | undefined;
  #progress: Progress = 'waiting';
  #controller: Dispatcher.DispatchController | undefined;
  #resolve!: (response: TransportResponse) => void;
  #reject!: (error: unknown) => void;
  #body: HttpBody | undefined;
  /** The stream of HTTP/2 that carries the call. */
  #stream: WatchedStream | undefined;
  #hasLength = false;
  #interim = 0;
  #wasReused = false;
  #isResent = false;

  constructor(
    wire: WireRequest,
    context: CallContext,
    host: CallHost,
    decode: ((response: TransportResponse) => TransportResponse) | undefined,
  ) {
    super(context);
    this.wire = wire;
    this.#host = host;
    this.#decode = decode;
  }

  /** Starts the clocks. The promise settles at the head of the answer. */
  begin(): Promise<TransportResponse> {
    const { signal } = this.context;
    if (signal !== undefined) addAbortListener(signal, this);
    this.startClocks();
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get isOver(): boolean {
    return this.#progress === 'over';
  }

  /** The call joins the queue of its pool. */
  enqueue(queueMs: number): void {
    this.#showPhase();
    if (queueMs !== Infinity) this.startQueueClock(queueMs);
  }

  /** The call has a connection, which may still have to be made. */
  assign(connection: Connection): void {
    this.stopQueueClock();
    this.connection = connection;
    this.#progress = 'assigned';
    if (!connection.isConnected) this.#showPhase();
    const { wire } = this;
    // undici waits for the head of an answer before it pipelines behind it, unless told not to.
    const options = connection.pipelines ? { ...wire, blocking: false } : wire;
    connection.client.dispatch(options as unknown as Dispatcher.DispatchOptions, this);
  }

  /** Ends the call from this side. */
  end(error: unknown): void {
    this.#finish(error, false);
  }

  onAbort(reason: unknown): void {
    this.#finish(reason, false);
  }

  // undici's side

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown here, it takes the request out of the queue and leaves the connection as it is.
    if (this.#progress === 'over') throw ABANDONED;
    this.#controller = controller;
    this.#progress = 'started';
    this.#showPhase();
    this.#wasReused = this.connection?.use(this) ?? false;
  }

  onResponseStarted(): void {
    if (this.#progress === 'started') this.#progress = 'answering';
    if (this.connection !== undefined) this.connection.awaitsHead = false;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (this.#progress === 'over') return;
    if (status < 200) {
      const flood = checkInterim(this.wire.origin, ++this.#interim);
      if (flood !== undefined) this.#fail(flood);
      return;
    }
    const broken = checkHead(this.wire.origin, status, headers, controller);
    if (broken !== undefined) {
      this.#fail(broken);
      return;
    }
    this.#progress = 'headed';
    this.stopAttemptClock();
    this.#hasLength = headers['content-length'] !== undefined;
    this.#body = new HttpBody(this);
    const response: TransportResponse = { status, headers, body: this.#body };
    this.#resolve(this.#decode === undefined ? response : this.#decode(response));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#body?.push(chunk) === 'pause') controller.pause();
  }

  onResponseEnd(): void {
    if (this.#progress === 'over') return;
    if (this.#stream !== undefined && this.#stream.rstCode !== 0) {
      this.#fail(this.#toFailure(Object.assign(new Error('RST_STREAM'), { code: 'ECONNRESET' })));
      return;
    }
    const body = this.#body;
    this.#leave(!(this.wire.body instanceof UploadStream) || this.wire.body.isOver);
    body?.end();
  }

  onResponseError(_controller: unknown, error: unknown): void {
    if (this.#progress === 'over') return;
    if (this.#isStale(error)) {
      this.#isResent = true;
      this.#controller = undefined;
      this.#progress = 'waiting';
      this.wire = writeRequestAgain(this.wire);
      this.#host.sendAfresh(this);
      return;
    }
    this.#fail(this.#toFailure(error));
  }

  takeStream(stream: WatchedStream): void {
    this.#stream = stream;
  }

  // the body's side

  resume(): void {
    this.#controller?.resume();
  }

  startWaiting(now?: number): void {
    this.startIdleClock(now);
  }

  stopWaiting(): void {
    this.stopIdleClock();
  }

  abandon(): void {
    if (this.#progress !== 'over') this.#leave(false);
  }

  get phase(): Phase {
    switch (this.#progress) {
      case 'waiting':
        return 'queue';
      case 'assigned':
        return this.connection?.phase ?? 'connect';
      case 'started':
      case 'answering':
        return 'headers';
      default:
        return 'body';
    }
  }

  /** Whether the request may have reached the peer. */
  get sent(): Sent {
    switch (this.#progress) {
      case 'waiting':
      case 'assigned':
        return 'no';
      case 'started':
        return 'maybe';
      default:
        return 'yes';
    }
  }

  protected override onTimeout(clock: RunningClock, limitMs: number, elapsedMs: number): void {
    const { context, startedAt, phase } = this;
    const peer = this.wire.origin;
    const place = { phase, sent: this.sent, peer, startedAt };
    if (clock === 'queueMs') this.end(queueTimedOut({ origin: peer, limitMs, elapsedMs }));
    else if (clock === 'attemptMs') this.end(attemptTimeoutError(context, place));
    else if (clock === 'idleMs') this.end(idleTimeoutError(context, { peer, elapsedMs }));
    else this.end(deadlineError(context, place));
  }

  /** Tells the client, which lists its calls, where this one is. */
  #showPhase(): void {
    const { call } = this.context;
    if (call !== undefined) call.phase = this.phase;
  }

  /** The wire failed: what has come of the body can still be read. */
  #fail(error: unknown): void {
    this.#finish(error, true);
  }

  #finish(error: unknown, keepsBody: boolean): void {
    if (this.#progress === 'over') return;
    const body = this.#body;
    this.#leave(false);
    if (body === undefined) this.#reject(error);
    else if (keepsBody) body.fail(error);
    else body.abort(error);
  }

  /** The call is over: its timer, listener, upload and connection are given back. */
  #leave(isReusable: boolean): void {
    const controller = this.#controller;
    this.#progress = 'over';
    this.#controller = undefined;
    this.stopClocks();
    const { signal } = this.context;
    if (signal !== undefined) removeAbortListener(signal, this);
    if (!isReusable) controller?.abort(ABANDONED);
    if (this.wire.body instanceof UploadStream) this.wire.body.stop();
    this.#host.release(this, isReusable);
  }

  /**
   * A connection that was kept may be closed by the peer while the request is on its way. That says
   * nothing about the request, which goes once more, on a new connection.
   */
  #isStale(error: unknown): boolean {
    if (this.#progress !== 'started' || !this.#wasReused || this.#isResent) return false;
    return maySendAfresh(this.wire, error);
  }

  #toFailure(error: unknown): LinkspanError {
    const { body, origin } = this.wire;
    if (body instanceof UploadStream && body.failure !== undefined) return body.failure;
    if ((error as { readonly code?: unknown }).code === 'UND_ERR_INVALID_ARG') {
      try {
        checkRequest(this.wire);
      } catch (precise) {
        return precise as LinkspanError;
      }
    }
    return toFailure(error, {
      origin,
      phase: this.phase,
      sent: this.sent,
      hasLength: this.#hasLength,
    });
  }
}
