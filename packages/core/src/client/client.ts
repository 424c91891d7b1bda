import type { RetryOptions } from '../middleware/retry-options.ts';
import { openEventStream } from '../stream/create-event-stream.ts';
import type { EventStream } from '../stream/event-stream.ts';
import { EventStreamPromise } from '../stream/event-stream-promise.ts';
import { type Explanation, explainConfig } from '../settings/explain-config.ts';
import type { Environment } from '../settings/environment.ts';
import * as setting from '../settings/kinds.ts';
import { parseSettings } from '../settings/parse-settings.ts';
import { type ConfigSources, type EnvAlias, resolveConfig } from '../settings/resolve-config.ts';
import type { Send, Transport, TransportRequest } from '../transport.ts';
import {
  type CallOptions,
  readCallOptions,
  type StreamOptions,
  streamSettings,
} from './call-options.ts';
import { CallRunner } from './call-runner.ts';
import { type ClientBaseOptions, type ClientSettings, clientSettings } from './client-options.ts';
import { ClientResponse } from './client-response.ts';
import type { CallSnapshot } from './in-flight-call.ts';

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
  /** Options as data, from a file say. One that stands beside it wins. */
  readonly config?: ClientBaseOptions | undefined;
  /** Where options come from that are not given: `LINKSPAN_TOTAL_MS` for `totalMs`. @default the environment of the process */
  readonly env?: Environment | undefined;
  /** What the names of environment variables begin with. @default 'LINKSPAN_' */
  readonly envPrefix?: string | undefined;
  /** Older names of environment variables, by option. */
  readonly envAliases?: Readonly<Record<string, string | EnvAlias>> | undefined;
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
  /** Which value each option has, and where it came from; secrets are redacted. */
  explainConfig(): Readonly<Record<string, Explanation>>;
  /**
   * Refuses new calls, lets those in flight finish for `drainMs`, then fails them with
   * `ClosedError`, and closes the transport if it is the client's own. Idempotent.
   */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

const sourceSettings = {
  config: setting.custom<object>({
    optional: true,
    expected: 'an object of options',
    check: (value) => (typeof value === 'object' && value !== null ? value : undefined),
  }),
  env: setting.custom<Environment>({
    optional: true,
    expected: 'an object of variables',
    check: (value) => (typeof value === 'object' && value !== null ? (value as never) : undefined),
  }),
  envPrefix: setting.string({ optional: true, env: false }),
  envAliases: setting.custom<Readonly<Record<string, string | EnvAlias>>>({
    optional: true,
    expected: 'an object of options and names of variables',
    check: (value) => (typeof value === 'object' && value !== null ? (value as never) : undefined),
  }),
};

const optionsTable = {
  transport: setting.custom<Transport>({
    expected: 'a transport, such as httpTransport() of @linkspan/http',
    check: (value) => (isTransport(value) ? value : undefined),
  }),
  ownTransport: setting.boolean({ default: false, env: false }),
  ...sourceSettings,
  ...clientSettings,
};

/**
 * Makes a client over a transport. The client does not close a transport that it was given, unless
 * `ownTransport` says that it is the client's.
 *
 * @throws ConfigurationError with everything that is wrong with the options.
 */
export function createClient<T extends AnyTransport>(options: ClientOptions<T>): Client<InitOf<T>> {
  const { config, ...given } = options;
  const sources: ConfigSources = {
    subject: 'createClient()',
    env: options.env,
    prefix: options.envPrefix,
    envAliases: options.envAliases,
  };
  const merged = { ...config, ...given };
  const settings = resolveConfig(optionsTable, merged, sources);
  return new CoreClient<InitOf<T>>(settings.transport, settings.ownTransport, settings, () =>
    explainConfig(clientSettings, withoutSources(merged), sources),
  );
}

class CoreClient<Init> implements Client<Init> {
  readonly transport: Transport;
  readonly send: Send;
  readonly explainConfig: () => Readonly<Record<string, Explanation>>;
  readonly #settings: ClientSettings;
  readonly #calls: CallRunner;
  readonly #unary: { readonly streaming: false; readonly totalMs: number; readonly idleMs: number };

  constructor(
    transport: Transport,
    ownsTransport: boolean,
    settings: ClientSettings,
    explain: () => Readonly<Record<string, Explanation>>,
  ) {
    this.transport = transport;
    this.explainConfig = explain;
    this.#settings = settings;
    this.#calls = new CallRunner(transport, ownsTransport, settings);
    this.send = this.#calls.send;
    this.#unary = { streaming: false, totalMs: settings.totalMs, idleMs: settings.idleMs };
  }

  async request(init: Init | TransportRequest, options?: CallOptions): Promise<ClientResponse> {
    const call = readCallOptions(options, 'request()');
    const { response, context } = await this.#calls.run(init, call, this.#unary);
    return new ClientResponse(response, context);
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

  connect(): Promise<void> {
    return this.#calls.connect();
  }

  inFlight(): readonly CallSnapshot[] {
    return this.#calls.inFlight();
  }

  close(options: { readonly drainMs?: number } = {}): Promise<void> {
    return this.#calls.close(options.drainMs ?? this.#settings.drainMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #openStream<Event, Final>(
    init: Init | TransportRequest,
    options: StreamOptions<Event, Final>,
  ): Promise<EventStream<Event, Final>> {
    const call = parseSettings('stream()', streamSettings, options);
    const { dialect } = options;
    const { stream, idleMs, firstEventMs, eventIdleMs } = this.#settings;
    const kind = { streaming: true, totalMs: stream.totalMs, idleMs, accept: dialect.accept };
    const { response, context } = await this.#calls.run(init, call, kind);
    return await openEventStream(response.body, dialect, {
      status: response.status,
      headers: response.headers,
      context,
      startedAt: context.call.startedAt,
      firstEventMs: call.firstEventMs ?? firstEventMs,
      eventIdleMs: call.eventIdleMs ?? eventIdleMs,
      limits: call.limits,
    });
  }
}

function withoutSources(options: object): object {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => Object.hasOwn(clientSettings, name)),
  );
}

function isTransport(value: unknown): value is Transport {
  const transport = value as Partial<Transport> | null | undefined;
  return typeof transport?.send === 'function' && typeof transport.close === 'function';
}
