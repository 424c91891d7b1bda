import {
  type CallOptions,
  type Client,
  clientSettings,
  createClient,
  type Dialect,
  type EventStream,
  type EventStreamPromise,
  explainConfig,
  type Explanation,
  type Middleware,
  resolveConfig,
  type Result,
  type StreamOptions,
  toResult,
} from '@linkspan/core';
import { rawSse } from '@linkspan/dialects';
import { originBudgets } from '@linkspan/resilience';
import { withCredentials } from './with-credentials.ts';
import { type Download, download, type DownloadOptions } from './download.ts';
import {
  type AllHttpSettings,
  type HttpClientOptions,
  httpClientSettings,
  splitSources,
} from './http-client-options.ts';
import { createHttpTransport, type HttpTransport } from '../http-transport.ts';
import { type HttpRequestParts, type HttpVerbs, httpVerbs, splitCall } from './http-verbs.ts';
import type { HttpRequestInit } from '../request/request-init.ts';
import { keepSettings } from './settings-of.ts';
import { traceCalls } from './trace-calls.ts';
import { watchSlowCalls } from './watch-slow-calls.ts';

type EventOf<D> = D extends Dialect<infer Event, infer _Final> ? Event : never;
type FinalOf<D> = D extends Dialect<infer _Event, infer Final> ? Final : never;
type RawEvent = EventOf<typeof rawSse>;
type RawFinal = FinalOf<typeof rawSse>;

/** What a stream takes beside its URL and body; without a dialect its events are plain SSE. */
export type HttpStreamOptions<Event = RawEvent, Final = RawFinal> = HttpRequestParts &
  Omit<StreamOptions<Event, Final>, 'headers' | 'dialect'> & {
    readonly dialect?: Dialect<Event, Final> | undefined;
  };

/** {@link HttpVerbs} whose calls resolve with what came of them. */
export type SafeVerbs = {
  readonly [Name in keyof HttpVerbs]: (
    ...args: Parameters<HttpVerbs[Name]>
  ) => Promise<Result<Awaited<ReturnType<HttpVerbs[Name]>>>>;
};

/** The forms of an http client's calls that do not throw. */
export type SafeHttpClient = Client<HttpRequestInit>['safe'] &
  SafeVerbs & {
    postStream<Event = RawEvent, Final = RawFinal>(
      url: string | URL,
      body?: unknown,
      options?: HttpStreamOptions<Event, Final>,
    ): Promise<Result<EventStream<Event, Final>>>;
    download(
      ...args: Parameters<HttpClient['download']>
    ): Promise<Result<Awaited<ReturnType<HttpClient['download']>>>>;
  };

/** A client for HTTP: what every client does, and a method for each verb. */
export interface HttpClient extends Client<HttpRequestInit>, HttpVerbs {
  readonly safe: SafeHttpClient;
  /** Sends a body, as `post` does, and reads the answer as a stream of events. */
  postStream<Event = RawEvent, Final = RawFinal>(
    url: string | URL,
    body?: unknown,
    options?: HttpStreamOptions<Event, Final>,
  ): EventStreamPromise<Event, Final>;
  /**
   * Saves an answer as a file, which is whole or not there. It takes as long as it takes while bytes
   * arrive (`idleMs`), unless `totalMs` is set for the call.
   */
  download(
    request: HttpRequestInit | string | URL,
    path: string | URL,
    options?: DownloadOptions & Omit<CallOptions, 'headers'>,
  ): Promise<Download>;
  /** The state of the connections, per origin. */
  stats(): ReturnType<HttpTransport['stats']>;
  /** Changes how many connections there may be to one origin. */
  resize(...args: Parameters<HttpTransport['resize']>): ReturnType<HttpTransport['resize']>;
}

/**
 * Makes a client for HTTP with connections of its own, which `close()` closes.
 *
 * ```ts
 * await using client = createHttpClient({ baseUrl: 'https://api.example.com/v1', auth: { bearer } });
 * const user = await (await client.get('/users/1')).json();
 * ```
 *
 * Around every attempt stand, from the outermost: the tracing channel, the watch for slow calls, your
 * `middleware`, the hooks, and the credentials, which no other layer sees. Cookies are not kept.
 *
 * @throws ConfigurationError with everything that is wrong with the options.
 */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const { options: given, sources } = splitSources(options, 'createHttpClient()');
  const settings = resolveConfig(httpClientSettings, given, sources);
  return openHttpClient(settings, () => explainConfig(httpClientSettings, given, sources));
}

/** A client of settings that are checked already. */
export function openHttpClient(
  settings: AllHttpSettings,
  explain: () => Readonly<Record<string, Explanation>>,
): HttpClient {
  const http = createHttpTransport(settings);
  const { auth, baseUrl, onSlow, slowMs, retry } = settings;
  const budgets = originBudgets({ baseUrl: baseUrl?.prefix });
  const middleware: Middleware[] = [traceCalls];
  if (onSlow !== undefined) middleware.push(watchSlowCalls(slowMs, onSlow));

  const client = createClient({
    ...pick(settings, clientSettings),
    env: {},
    transport: auth === undefined ? http : withCredentials(http, auth),
    ownTransport: true,
    middleware: [...middleware, ...settings.middleware],
    retry: retry === false ? false : { ...retry, budget: retry.budget ?? budgets },
  });
  const verbs = httpVerbs(client);

  const postStream = <Event, Final>(
    url: string | URL,
    body?: unknown,
    streamOptions?: HttpStreamOptions<Event, Final>,
  ): EventStreamPromise<Event, Final> => {
    const { init, options: call } = splitCall('POST', url, body, streamOptions);
    const dialect = (streamOptions?.dialect ?? rawSse) as Dialect<Event, Final>;
    return client.stream(init, { ...call, dialect });
  };
  const downloadTo: HttpClient['download'] = async (request, path, given = {}) => {
    const { onProgress, maxBytes, ...call } = given;
    const init = typeof request === 'string' || request instanceof URL ? { url: request } : request;
    const hasTotal = call.totalMs !== undefined || call.timeout !== undefined;
    const clocks = hasTotal
      ? undefined
      : { totalMs: Infinity, attemptMs: Math.min(settings.attemptMs, settings.totalMs) };
    const send = (): ReturnType<typeof client.request> =>
      client.request(init, { ...clocks, ...call });
    return await download(send, path, { onProgress, maxBytes });
  };
  const safe: SafeHttpClient = {
    ...client.safe,
    ...safeVerbs(verbs),
    postStream: (url, body, streamOptions) => toResult(postStream(url, body, streamOptions)),
    download: (...args) => toResult(downloadTo(...args)),
  };

  keepSettings(client, settings);
  return Object.assign(client, verbs, {
    safe,
    postStream,
    download: downloadTo,
    stats: () => http.stats(),
    resize: (...args: Parameters<HttpTransport['resize']>) => http.resize(...args),
    explainConfig: () => {
      const explained = explain();
      return { ...explained, baseUrl: { ...explained['baseUrl']!, value: baseUrl?.prefix } };
    },
  });
}

function safeVerbs(verbs: HttpVerbs): SafeVerbs {
  const entries = Object.entries(verbs).map(([name, verb]: [string, HttpVerbs['post']]) => [
    name,
    (...args: Parameters<HttpVerbs['post']>) => toResult(verb(...args)),
  ]);
  return Object.fromEntries(entries) as SafeVerbs;
}

/** The settings that a table knows. */
function pick(settings: object, table: object): object {
  return Object.fromEntries(
    Object.entries(settings).filter(([name]) => Object.hasOwn(table, name)),
  );
}
