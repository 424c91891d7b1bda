import { Deadline } from '@linkspan/concurrency';
import type { CallOptions, CallSettings, StreamOptions } from './call-options.ts';
import { callSettings, streamSettings } from './call-options.ts';
import { type ClientBaseOptions, type ClientSettings, clientSettings } from './client-options.ts';
import { ClientResponse } from './client-response.ts';
import { ClosedError } from '../errors/local-errors.ts';
import { LinkspanError } from '../errors/linkspan-error.ts';
import { type EventStream, openEventStream } from '../event-stream.ts';
import { EventStreamPromise } from '../event-stream-promise.ts';
import { HeadRace } from '../authoring/head-race.ts';
import { onError, onRequest, onResponse } from '../middleware/hooks.ts';
import { type CallSnapshot, InFlightCall } from './in-flight-call.ts';
import { applyMiddleware, type Middleware } from '../middleware/middleware.ts';
import { OpenCalls } from '../authoring/open-calls.ts';
import { raiseForStatus } from '../middleware/raise-for-status.ts';
import { redactUrl } from '../redact-url.ts';
import { type RetryOptions, retrySettings } from '../middleware/retry-options.ts';
import { retryWith } from '../middleware/retry.ts';
import * as setting from '../settings/kinds.ts';
import { parseSettings } from '../settings/parse-settings.ts';
import type {
  CallContext,
  Send,
  Transport,
  TransportRequest,
  TransportResponse,
} from '../transport.ts';

/** A transport, whatever its chunks and its way of writing a request. */
// oxlint-disable-next-line typescript/no-explicit-any -- a bound: the parameters are inferred
export type AnyTransport = Transport<any, any>;

/** The way in which a transport's requests are written. */
export type InitOf<T> = T extends { prepare?(init: infer Init): TransportRequest }
  ? unknown extends Init
    ? TransportRequest
    : Init
  : TransportRequest;

/** What a client is made of. */
export interface ClientOptions<T extends AnyTransport = Transport> extends ClientBaseOptions {
  readonly transport: T;
  /** Whether `close()` closes the transport too. @default false */
  readonly ownTransport?: boolean | undefined;
}

/**
 * The one way to send: every call has a deadline, is tried again where that is safe, fails with a
 * `LinkspanError` or with the caller's own `signal.reason`, and ends when the client closes.
 */
export interface Client<Init = TransportRequest> extends AsyncDisposable {
  readonly transport: Transport;
  /** The whole chain, for layers above: retry, middleware, status check, transport. */
  readonly send: Send;
  /** Sends a request. Resolves at the head of the answer; its body is read from what it gives. */
  request(init: Init | TransportRequest, options?: CallOptions): Promise<ClientResponse>;
  /** {@link request} with other settings for trying again. */
  requestWithRetry(
    init: Init | TransportRequest,
    retry?: RetryOptions,
    options?: Omit<CallOptions, 'retry'>,
  ): Promise<ClientResponse>;
  /**
   * Opens a stream of events. What it gives can be awaited, for head and outcome, or iterated at
   * once: `for await (const event of client.stream(...))`.
   */
  stream<Event, Final>(
    init: Init | TransportRequest,
    options: StreamOptions<Event, Final>,
  ): EventStreamPromise<Event, Final>;
  /** Opens what sending will need, once. Calls connect by themselves. */
  connect(): Promise<void>;
  /** The calls under way: an entry leaves when its body has ended. */
  inFlight(): readonly CallSnapshot[];
  /**
   * Refuses new calls, lets those in flight finish for `drainMs`, then fails them with
   * `ClosedError`, and closes the transport if it is the client's own. Idempotent.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

const optionsTable = {
  transport: setting.custom<Transport>({
    expected: 'a transport, such as httpTransport() of @linkspan/http',
    check: (value) => (isTransport(value) ? value : undefined),
  }),
  ownTransport: setting.boolean({ default: false, env: false }),
  ...clientSettings,
};

/**
 * Makes a client over a transport.
 *
 * @throws ConfigurationError with everything that is wrong with the options.
 */
export function createClient<T extends AnyTransport>(options: ClientOptions<T>): Client<InitOf<T>> {
  const settings = parseSettings('createClient()', optionsTable, options);
  return new CoreClient<InitOf<T>>(
    settings.transport,
    settings.ownTransport,
    settings,
    options.retry,
  );
}

class CoreClient<Init> implements Client<Init> {
  readonly transport: Transport<Uint8Array, unknown>;
  readonly send: Send;
  readonly #settings: ClientSettings;
  readonly #ownsTransport: boolean;
  readonly #retryOptions: RetryOptions | false | undefined;
  readonly #hasHeaders: boolean;
  /** The chain of one attempt. */
  readonly #attempt: Send;
  readonly #calls = new OpenCalls<InFlightCall>();
  #lastId = 0;
  #isConnected = false;
  #connecting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    transport: Transport,
    ownsTransport: boolean,
    settings: ClientSettings,
    retryOptions: RetryOptions | false | undefined,
  ) {
    this.transport = transport as Transport<Uint8Array, unknown>;
    this.#ownsTransport = ownsTransport;
    this.#settings = settings;
    this.#retryOptions = retryOptions;
    this.#hasHeaders = Object.keys(settings.headers).length > 0;
    const inner: Middleware[] = [...settings.middleware, raiseForStatus];
    if (settings.onResponse !== undefined) inner.push(onResponse(settings.onResponse));
    if (settings.onRequest !== undefined) inner.push(onRequest(settings.onRequest));
    this.#attempt = applyMiddleware(this.#wire, inner);
    this.send = this.#withRetry(settings.retry);
  }

  async request(init: Init | TransportRequest, options?: CallOptions): Promise<ClientResponse> {
    const call =
      options === undefined ? NO_OPTIONS : parseSettings('request()', callSettings, options);
    const context = this.#begin(init, call, false);
    const response = await this.#run(context, this.#sendFor(options?.retry));
    return new ClientResponse(response, context.call.attempt);
  }

  requestWithRetry(
    init: Init | TransportRequest,
    retry: RetryOptions = {},
    options: Omit<CallOptions, 'retry'> = {},
  ): Promise<ClientResponse> {
    return this.request(init, { ...options, retry });
  }

  stream<Event, Final>(
    init: Init | TransportRequest,
    options: StreamOptions<Event, Final>,
  ): EventStreamPromise<Event, Final> {
    return new EventStreamPromise(this.#openStream(init, options));
  }

  async connect(): Promise<void> {
    if (this.#closing !== undefined) throw this.#closedError();
    if (!this.#isConnected) await this.#connectOnce();
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

  close(options: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.drainMs ?? this.#settings.drainMs);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #openStream<Event, Final>(
    init: Init | TransportRequest,
    options: StreamOptions<Event, Final>,
  ): Promise<EventStream<Event, Final>> {
    const stream = parseSettings('stream()', streamSettings, options);
    const { dialect } = options;
    const context = this.#begin(init, stream, true, dialect.accept);
    const response = await this.#run(context, this.#sendFor(options.retry));
    return await openEventStream(response.body, dialect, {
      status: response.status,
      headers: response.headers,
      context,
      startedAt: context.call.startedAt,
      firstEventMs: stream.firstEventMs ?? this.#settings.firstEventMs,
      eventIdleMs: stream.eventIdleMs ?? this.#settings.eventIdleMs,
      limits: stream.limits,
    });
  }

  /** Makes the context of a call and enters it among those in flight. */
  #begin(
    init: Init | TransportRequest,
    options: CallSettings,
    streaming: boolean,
    accept?: string,
  ): ClientCallContext {
    if (this.#closing !== undefined) throw this.#closedError();
    const { signal } = options;
    if (signal?.aborted === true) throw signal.reason;
    const settings = this.#settings;
    const request = this.#prepare(init, options.headers, accept);
    const startedAt = settings.clock.now();
    const call = new InFlightCall((this.#lastId += 1), request, { streaming, startedAt, signal });
    const totalMs = options.totalMs ?? (streaming ? settings.stream.totalMs : settings.totalMs);
    let deadline = Deadline.at(startedAt + totalMs, settings.clock);
    if (options.deadline !== undefined) deadline = deadline.min(options.deadline);
    this.#calls.add(call);
    return {
      // A transport of the client's own ends its calls itself when the client closes it.
      signal: this.#ownsTransport ? signal : call.signal,
      deadline,
      attempt: 1,
      streaming,
      attemptMs: options.attemptMs ?? settings.attemptMs,
      idleMs: options.idleMs ?? settings.idleMs,
      acceptStatus: options.acceptStatus ?? settings.acceptStatus,
      call,
    };
  }

  #prepare(
    init: Init | TransportRequest,
    headers: Readonly<Record<string, string>>,
    accept: string | undefined,
  ): TransportRequest {
    const request =
      this.transport.prepare === undefined || isTransportRequest(init)
        ? (init as TransportRequest)
        : this.transport.prepare(init);
    if (!this.#hasHeaders && headers === NO_HEADERS && accept === undefined) return request;
    return {
      ...request,
      headers: {
        ...(accept === undefined ? undefined : { accept }),
        ...this.#settings.headers,
        ...request.headers,
        ...headers,
      },
    };
  }

  async #run(context: ClientCallContext, send: Send): Promise<TransportResponse> {
    const { call } = context;
    try {
      const response = await send(call.request, context);
      call.phase = 'body';
      response.body.onClose(() => this.#end(call));
      return response;
    } catch (error) {
      this.#end(call);
      if (error instanceof LinkspanError) error.transport ??= this.transport.name;
      throw error;
    }
  }

  #end(call: InFlightCall): void {
    call.end();
    this.#calls.delete(call);
  }

  #sendFor(retry: RetryOptions | false | undefined): Send {
    if (retry === undefined) return this.send;
    if (retry === false) return this.#withRetry(false);
    const base = this.#retryOptions === false ? {} : this.#retryOptions;
    return this.#withRetry(parseSettings('retry', retrySettings, { ...base, ...retry }));
  }

  #withRetry(retry: ClientSettings['retry']): Send {
    const { random, onError: hook } = this.#settings;
    const outer: Middleware[] = hook === undefined ? [] : [onError(hook)];
    if (retry !== false && retry.maxRetries > 0) outer.push(retryWith(retry, random));
    return applyMiddleware(this.#attempt, outer);
  }

  readonly #wire: Send = (request, context) => {
    const { call } = context;
    if (call !== undefined) {
      call.attempt = context.attempt;
      call.phase = 'headers';
    }
    return this.#isConnected
      ? this.transport.send(request, context)
      : this.#connectAndSend(request, context);
  };

  async #connectAndSend(
    request: TransportRequest,
    context: CallContext,
  ): Promise<TransportResponse> {
    const startedAt = context.deadline.clock.now();
    if (context.call !== undefined) context.call.phase = 'connect';
    await new HeadRace<void>(context).run(() => this.#connectOnce());
    if (context.call !== undefined) context.call.phase = 'headers';
    const attemptMs = context.attemptMs - (context.deadline.clock.now() - startedAt);
    return await this.transport.send(request, { ...context, attemptMs });
  }

  #connectOnce(): Promise<void> {
    if (this.#connecting === undefined) {
      this.#connecting = this.#startConnecting();
      // Those who wait for it may all have left.
      this.#connecting.catch(() => {});
    }
    return this.#connecting;
  }

  async #startConnecting(): Promise<void> {
    try {
      await this.transport.connect();
      this.#isConnected = true;
    } finally {
      this.#connecting = undefined;
    }
  }

  async #close(drainMs: number): Promise<void> {
    await this.#calls.drained(drainMs, this.#settings.clock);
    const error = this.#closedError();
    for (const call of this.#calls) call.abort(error);
    if (this.#ownsTransport) await this.transport.close();
  }

  #closedError(): ClosedError {
    return new ClosedError('Cannot send the request: the client is closed', {
      transport: this.transport.name,
    });
  }
}

type ClientCallContext = CallContext & { readonly call: InFlightCall };

const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});
const NO_OPTIONS: CallSettings = {
  signal: undefined,
  totalMs: undefined,
  deadline: undefined,
  attemptMs: undefined,
  idleMs: undefined,
  headers: NO_HEADERS,
  acceptStatus: undefined,
  retry: undefined,
};

function isTransport(value: unknown): value is Transport {
  const transport = value as Partial<Transport> | null | undefined;
  return typeof transport?.send === 'function' && typeof transport.close === 'function';
}

function isTransportRequest(init: unknown): init is TransportRequest {
  const request = init as Partial<TransportRequest> | null | undefined;
  return typeof request?.operation === 'string' && typeof request.target === 'string';
}
