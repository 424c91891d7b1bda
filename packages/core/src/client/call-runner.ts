import { Deadline } from '@linkspan/concurrency';
import { OpenCalls } from '../authoring/open-calls.ts';
import type { Codec } from '../codec/json-codec.ts';
import { ClosedError } from '../errors/local-errors.ts';
import { LinkspanError } from '../errors/linkspan-error.ts';
import { onError, onRequest, onResponse } from '../middleware/hooks.ts';
import { applyMiddleware, type Middleware } from '../middleware/middleware.ts';
import { raiseForStatus } from '../middleware/raise-for-status.ts';
import {
  type RetryOptions,
  type RetrySettings,
  retrySettings,
} from '../middleware/retry-options.ts';
import { RetryPolicy } from '../middleware/retry-policy.ts';
import { retryWith } from '../middleware/retry.ts';
import { withIdempotencyKey } from '../middleware/with-idempotency-key.ts';
import type { Payload } from '../payload.ts';
import { redactUrl } from '../secrets/redact-url.ts';
import { parseSettings } from '../settings/parse-settings.ts';
import type {
  CallContext,
  Send,
  Transport,
  TransportRequest,
  TransportResponse,
} from '../transport.ts';
import { type CallSettings, NO_CALL_OPTIONS } from './call-options.ts';
import type { ClientSettings } from './client-options.ts';
import { boundHead } from './bound-head.ts';
import { CallLog, type CallRecord } from './call-log.ts';
import { ConnectFirst } from './connect-first.ts';
import { type CallSnapshot, InFlightCall } from './in-flight-call.ts';

/** The context of a call that a client made. */
export type ClientCallContext = CallContext & { readonly call: InFlightCall };

/** The headers that a protocol gives a request. */
export type ProtocolHeaders = (request: TransportRequest) => Readonly<Record<string, string>>;

/** What kind of call it is, where that changes its defaults. */
export interface CallKind {
  readonly streaming: boolean;
  readonly totalMs: number;
  readonly idleMs: number;
  /** How long the first event of a stream may take. */
  readonly firstEventMs: number;
  /** The `accept` header, unless the request has one. */
  readonly accept?: string;
  /** What else the protocol wants in the headers, unless the request has it. */
  readonly protocolHeaders?: ProtocolHeaders;
  /** Takes the place of what the request carries. */
  readonly payload?: Payload;
  /** Whether the call outlasts its first body: it ends when it is told to. @default false */
  readonly lasts?: boolean;
  /** Finds out, within the call, which request it begins with. */
  readonly begin?: (
    request: TransportRequest,
    context: ClientCallContext,
  ) => Promise<TransportRequest>;
}

/** An answer, the request as it was sent, and the call that both are part of. */
export interface Answered {
  readonly request: TransportRequest;
  readonly response: TransportResponse;
  readonly context: ClientCallContext;
}

/**
 * Runs the calls of a client: gives each its deadline and its place among those in flight, sends it
 * through the layers, and ends it when the client closes.
 */
export class CallRunner {
  /** The whole chain: what tries again, middleware, status check, transport. */
  readonly send: Send;
  readonly #transport: Transport;
  readonly #ownsTransport: boolean;
  readonly #settings: ClientSettings;
  readonly #hasHeaders: boolean;
  readonly #connection: ConnectFirst;
  /** The layers of one attempt. */
  readonly #attempt: Send;
  readonly #calls = new OpenCalls<InFlightCall>();
  readonly #log: CallLog;
  #lastId = 0;
  #closing: Promise<void> | undefined;

  constructor(transport: Transport, ownsTransport: boolean, settings: ClientSettings) {
    this.#transport = transport;
    this.#ownsTransport = ownsTransport;
    this.#settings = settings;
    this.#hasHeaders = Object.keys(settings.headers).length > 0;
    this.#connection = new ConnectFirst(transport);
    this.#log = new CallLog(settings.clock);
    const layers: Middleware[] = [...settings.middleware, raiseForStatus];
    if (settings.onResponse !== undefined) layers.push(onResponse(settings.onResponse));
    if (settings.onRequest !== undefined) layers.push(onRequest(settings.onRequest));
    layers.push(boundHead);
    this.#attempt = applyMiddleware(this.#sendOnWire, layers);
    this.send = this.#tryAgain(settings.retry);
  }

  /**
   * Sends a request, given in the transport's way or the common one, and resolves at the head.
   *
   * @throws ClosedError when the client is closed; the caller's `signal.reason`; and what the layers
   * and the transport throw.
   */
  async run(init: unknown, options: CallSettings, kind: CallKind): Promise<Answered> {
    if (this.#closing !== undefined) throw this.#closedError();
    if (options.signal?.aborted === true) throw options.signal.reason;
    let request = this.#prepare(init, options.headers, kind);
    const context = this.#begin(request, options, kind);
    const { call } = context;
    try {
      if (kind.begin !== undefined) request = await kind.begin(request, context);
      const send = options.retry === undefined ? this.send : this.#sendWith(options.retry);
      const response = await send(request, context);
      // A stream that asks again asks with the key that its first request had.
      if (call.idempotencyKey !== undefined) request = withIdempotencyKey(request, call);
      call.phase = 'body';
      if (kind.lasts !== true) response.body.onClose(() => this.end(call));
      return { request, response, context };
    } catch (error) {
      this.end(call);
      if (error instanceof LinkspanError) error.transport ??= this.#transport.name;
      call.failed(error);
      throw error;
    }
  }

  /**
   * Sends one more request within a call that {@link CallKind.lasts}: once, through all layers but
   * the one that tries again. It ends with the call.
   */
  async sendAgain(
    init: TransportRequest,
    context: ClientCallContext,
    options: CallSettings,
    kind: CallKind,
  ): Promise<Answered> {
    const { call } = context;
    const request = this.#prepare(withHeaders(init, options.headers), undefined, kind);
    try {
      const response = await this.#attempt(request, { ...context, signal: call.signal });
      call.resumed();
      return { request, response, context };
    } catch (error) {
      if (error instanceof LinkspanError) error.transport ??= this.#transport.name;
      throw error;
    }
  }

  /** Sends a request in a call of its own, with the headers of another, and leaves its answer unread. */
  async sendApart(
    init: TransportRequest,
    { headers }: Pick<CallSettings, 'headers'>,
    totalMs: number,
  ): Promise<void> {
    const { idleMs } = this.#settings;
    const kind = { streaming: false, totalMs, idleMs, firstEventMs: Infinity };
    const { response } = await this.run(withHeaders(init, headers), NO_CALL_OPTIONS, kind);
    await response.body.cancel();
  }

  /** A call is over: it is no longer in flight. */
  end(call: InFlightCall): void {
    call.end();
    this.#calls.delete(call);
  }

  /** What became of the call that failed with this, or with what caused it. */
  recordOf(error: unknown): CallRecord | undefined {
    return this.#log.find(error);
  }

  async connect(): Promise<void> {
    if (this.#closing !== undefined) throw this.#closedError();
    await this.#connection.connect();
  }

  inFlight(): readonly CallSnapshot[] {
    const now = this.#settings.clock.now();
    return Array.from(this.#calls, (call) => ({
      id: call.id,
      operation: call.request.operation,
      target: redactUrl(call.request.target),
      attempt: call.attempt,
      phase: call.phase,
      ageMs: now - call.startedAt,
      streaming: call.streaming,
    }));
  }

  close(drainMs: number): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  /** The request as it is sent: in the common way, its headers merged, its value encoded. */
  #prepare(
    init: unknown,
    ofCall: Readonly<Record<string, string>> | undefined,
    kind: CallKind,
  ): TransportRequest {
    const transport: Transport<Uint8Array, unknown> = this.#transport;
    const { headers: defaults, codec } = this.#settings;
    const { accept, protocolHeaders, payload } = kind;
    let request =
      transport.prepare === undefined || isTransportRequest(init)
        ? (init as TransportRequest)
        : transport.prepare(init);
    if (payload !== undefined) request = { ...request, payload };
    if (this.#hasHeaders || ofCall !== undefined || accept !== undefined) {
      const ours =
        accept === undefined ? defaults : { accept, ...protocolHeaders?.(request), ...defaults };
      request = { ...request, headers: { ...ours, ...request.headers, ...ofCall } };
    }
    return codec === undefined ? request : encodeValue(request, codec);
  }

  /** Makes the context of a call and enters it among those in flight. */
  #begin(request: TransportRequest, options: CallSettings, kind: CallKind): ClientCallContext {
    const settings = this.#settings;
    const { streaming, firstEventMs } = kind;
    const { signal } = options;
    const startedAt = settings.clock.now();
    const facts = { streaming, startedAt, firstEventMs, options, log: this.#log };
    const call = new InFlightCall((this.#lastId += 1), request, facts);
    this.#calls.add(call);
    const deadline = Deadline.at(startedAt + (options.totalMs ?? kind.totalMs), settings.clock);
    return {
      // A transport of the client's own ends its calls itself when the client closes it.
      signal: this.#ownsTransport ? signal : call.signal,
      deadline: options.deadline === undefined ? deadline : deadline.min(options.deadline),
      attempt: 1,
      streaming,
      attemptMs: options.attemptMs ?? settings.attemptMs,
      idleMs: options.idleMs ?? kind.idleMs,
      acceptStatus: options.acceptStatus ?? settings.acceptStatus,
      call,
    };
  }

  /** The chain for a call that wants other settings; what it does not say is as the client has it. */
  #sendWith(retry: RetryOptions | false): Send {
    if (retry === false) return this.#tryAgain(false);
    const base = this.#settings.retry;
    return this.#tryAgain(
      parseSettings('retry', retrySettings, { ...base, ...withoutAbsent(retry) }),
    );
  }

  #tryAgain(retry: RetrySettings | false): Send {
    const { random, onError: hook } = this.#settings;
    const layers: Middleware[] = hook === undefined ? [] : [onError(hook)];
    if (retry !== false && retriesOrMarks(retry)) {
      layers.push(retryWith(new RetryPolicy(retry, random)));
    }
    return applyMiddleware(this.#attempt, layers);
  }

  readonly #sendOnWire: Send = (request, context) => {
    const { call } = context;
    call?.attemptStarts(context.attempt, context.deadline.clock.now());
    return this.#connection.send(request, context);
  };

  async #close(drainMs: number): Promise<void> {
    await this.#calls.drained(drainMs, this.#settings.clock);
    const error = this.#closedError();
    for (const call of this.#calls) call.abort(error);
    if (this.#ownsTransport) await this.#transport.close();
  }

  #closedError(): ClosedError {
    return new ClosedError('Cannot send the request: the client is closed', {
      transport: this.#transport.name,
    });
  }
}

/** Whether the layer that tries again has anything to do. */
function retriesOrMarks({ maxRetries, attemptHeader, idempotencyKeys }: RetrySettings): boolean {
  return maxRetries > 0 || attemptHeader !== undefined || idempotencyKeys;
}

function isTransportRequest(init: unknown): init is TransportRequest {
  const request = init as Partial<TransportRequest> | null | undefined;
  return typeof request?.operation === 'string' && typeof request.target === 'string';
}

/** The request, with headers that it does not have itself. */
function withHeaders(
  request: TransportRequest,
  headers: Readonly<Record<string, string>> | undefined,
): TransportRequest {
  if (headers === undefined) return request;
  return { ...request, headers: { ...headers, ...request.headers } };
}

function encodeValue(request: TransportRequest, codec: Codec): TransportRequest {
  if (request.payload?.kind !== 'value') return request;
  const bytes = codec.encode(request.payload.value);
  const headers = { 'content-type': codec.contentType, ...request.headers };
  return { ...request, headers, payload: { kind: 'bytes', bytes } };
}

function withoutAbsent<Options extends object>(options: Options): Partial<Options> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Partial<Options>;
}
