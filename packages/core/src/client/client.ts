import { ConfigurationError } from '../errors/local-errors.ts';
import type { RetryOptions } from '../middleware/retry-options.ts';
import type { Explanation } from '../settings/explain-config.ts';
import { parseSettings } from '../settings/parse-settings.ts';
import { EventStreamPromise } from '../stream/event-stream-promise.ts';
import type { Send, Transport, TransportRequest, TransportResponse } from '../transport.ts';
import { type BatchClient, type BatchItems, BatchRun } from './batch.ts';
import {
  type BatchOptions,
  type BatchResult,
  batchSettings,
  type BatchStreamOptions,
  batchStreamSettings,
} from './batch-options.ts';
import {
  type CallOptions,
  type OpenOptions,
  openSettings,
  readCallOptions,
  type StreamOptions,
} from './call-options.ts';
import { type CallKind, CallRunner } from './call-runner.ts';
import { type Channel, createChannel } from './channel.ts';
import type { ClientSettings } from './client-options.ts';
import { type CallExplanation, explainCall } from './explain-call.ts';
import { ClientResponse } from './client-response.ts';
import type { CallSnapshot } from './in-flight-call.ts';
import { openStream } from './open-stream.ts';
import { OutgoingQueue } from './outgoing-queue.ts';
import { createSafeClient, type SafeClient } from './safe-client.ts';

/**
 * The one way to send: every call has a deadline, is tried again where that is safe, fails with a
 * `LinkspanError` or with the caller's own `signal.reason`, and ends when the client closes.
 */
export interface Client<Init = TransportRequest, Chunk = Uint8Array> extends AsyncDisposable {
  readonly transport: Transport<Chunk>;
  /** The whole chain, for layers above: retry, middleware, status check, transport. */
  readonly send: Send;
  /**
   * Sends a request. Resolves at the head of the answer; its body is read from what it gives. The
   * answer has its connection until the body has ended: one that is not read is left with
   * `await response.cancel()` or by `await using`, or else keeps it until the deadline of the call.
   */
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
  /**
   * Opens a channel: messages both ways at once. It has no deadline and may be silent for ever,
   * unless the options say otherwise. An attempt that fails is tried again, as `retry` says, unless
   * the transport has asked for the first message already.
   *
   * @throws ConfigurationError when the transport is not duplex.
   */
  open(init: Init | TransportRequest, options?: OpenOptions): Promise<Channel<Chunk>>;
  /**
   * Sends many requests, a limited number at a time. There is a result for each, in their order.
   *
   * @throws the first failure, with `onError: 'throw'`; `signal.reason` when the batch is aborted;
   * and what the items throw when they are taken.
   */
  batch<Value = ClientResponse>(
    items: BatchItems<Init>,
    options?: BatchOptions<Value>,
  ): Promise<BatchResult<Value>[]>;
  /**
   * Sends many requests, and gives the results as they come. Requests are taken from the items as
   * results are; leaving the loop early aborts what is under way.
   */
  batchStream<Value = ClientResponse>(
    items: BatchItems<Init>,
    options?: BatchStreamOptions<Value>,
  ): AsyncIterable<BatchResult<Value>, undefined>;
  /** The same calls, giving `{ ok, value }` or `{ ok, error }` instead of throwing. */
  readonly safe: SafeClient<Init, Chunk>;
  /** Opens what sending will need, once. Calls connect by themselves. */
  connect(): Promise<void>;
  /** The calls under way: an entry leaves when its body has ended. */
  inFlight(): readonly CallSnapshot[];
  /** Which value each option has, and where it came from; secrets are redacted. */
  explainConfig(): Readonly<Record<string, Explanation>>;
  /**
   * What happened to the call that failed with this error, or with what caused it: when it waited,
   * connected, was tried and why again, who or which option ended it, and what would have helped. It
   * shows no secret. A call that was aborted is found by the reason of its signal. Where several calls
   * failed with one and the same thing, it is the last of them that is told.
   *
   * `undefined` for what no call of this client failed with: an error of somebody else, a reason that
   * is no object, and what was refused before there was a call (options that are not right, a client
   * that is closed). What `response.body` throws when it is iterated by hand is not known either.
   */
  explain(error: unknown): CallExplanation | undefined;
  /**
   * Refuses new calls, lets those in flight finish for `drainMs`, then fails them with
   * `ClosedError`, and closes the transport if it is the client's own. Idempotent.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

/** Makes the client over a transport, with settings that are checked. */
export class CoreClient<Init, Chunk> implements Client<Init, Chunk> {
  readonly transport: Transport<Chunk>;
  readonly send: Send;
  readonly safe: SafeClient<Init, Chunk>;
  readonly explainConfig: () => Readonly<Record<string, Explanation>>;
  readonly #settings: ClientSettings;
  readonly #calls: CallRunner;
  readonly #unary: CallKind;

  constructor(
    transport: Transport<Chunk>,
    ownsTransport: boolean,
    settings: ClientSettings,
    explain: () => Readonly<Record<string, Explanation>>,
  ) {
    this.transport = transport;
    this.explainConfig = explain;
    this.safe = createSafeClient(this);
    this.#settings = settings;
    this.#calls = new CallRunner(transport as Transport<never>, ownsTransport, settings);
    this.send = this.#calls.send;
    const { totalMs, idleMs } = settings;
    this.#unary = { streaming: false, totalMs, idleMs, firstEventMs: Infinity };
  }

  async request(init: Init | TransportRequest, options?: CallOptions): Promise<ClientResponse> {
    const call = readCallOptions(options, 'request()');
    const { response, context } = await this.#calls.run(init, call, this.#unary);
    return new ClientResponse(response, context, this.#settings.codec);
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
    return new EventStreamPromise(openStream(this.#calls, this.#settings, init, options));
  }

  async open(init: Init | TransportRequest, options: OpenOptions = {}): Promise<Channel<Chunk>> {
    const call = parseSettings('open()', openSettings, options);
    if (!this.transport.capabilities.duplex) {
      throw new ConfigurationError(
        `Cannot open a channel: the ${this.transport.name} transport is not duplex`,
      );
    }
    const outgoing = new OutgoingQueue(call);
    const { response, context } = await this.#calls.run(init, call, {
      streaming: true,
      totalMs: this.#settings.stream.totalMs,
      idleMs: Infinity,
      firstEventMs: Infinity,
      // No message can be lost by an attempt that was refused before it asked for one.
      payload: { kind: 'stream', stream: outgoing, isUntouched: () => outgoing.isUntouched },
    });
    // What a duplex transport gives back are its own messages.
    return createChannel(response as unknown as TransportResponse<Chunk>, outgoing, context);
  }

  async batch<Value = ClientResponse>(
    items: BatchItems<Init>,
    options: BatchOptions<Value> = {},
  ): Promise<BatchResult<Value>[]> {
    const { onError } = parseSettings('batch()', batchSettings, options);
    return await this.#batchRun(options).collect(items, onError);
  }

  batchStream<Value = ClientResponse>(
    items: BatchItems<Init>,
    options: BatchStreamOptions<Value> = {},
  ): AsyncIterable<BatchResult<Value>, undefined> {
    parseSettings('batchStream()', batchStreamSettings, options);
    return { [Symbol.asyncIterator]: () => this.#batchRun(options).stream(items) };
  }

  connect(): Promise<void> {
    return this.#calls.connect();
  }

  inFlight(): readonly CallSnapshot[] {
    return this.#calls.inFlight();
  }

  explain(error: unknown): CallExplanation | undefined {
    const record = this.#calls.recordOf(error);
    return record && explainCall(record, this.explainConfig());
  }

  close(options: { readonly drainMs?: number } = {}): Promise<void> {
    return this.#calls.close(options.drainMs ?? this.#settings.drainMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #batchRun<Value>(options: BatchStreamOptions<Value>): BatchRun<Init, Value> {
    const { totalMs, clock } = this.#settings;
    const request: BatchClient<Init>['request'] = (init, call) => this.request(init, call);
    return new BatchRun({ request, totalMs, clock }, options);
  }
}
