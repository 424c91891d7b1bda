import {
  type CallOptions,
  type ClientResponse,
  ConfigurationError,
  isSecretHeader,
  parseSettings,
  ProtocolError,
  type RetryOptions,
  setting,
  type SettingsTable,
} from '@linkspan/core';
import { isRedirect } from '../call/redirect.ts';
import type { HttpClient } from '../client/http-client.ts';
import type { AllHttpSettings } from '../client/http-client-options.ts';
import { settingsOf } from '../client/settings-of.ts';
import { FetchBody } from './fetch-body.ts';
import { FetchDeadline } from './fetch-deadline.ts';
import { fetchFailure } from './fetch-failure.ts';
import { type FetchRequest, readFetchRequest } from './fetch-request.ts';
import { adoptPlatformClasses, FetchResponse } from './fetch-response.ts';
import { FetchTarget } from './fetch-target.ts';

/** What {@link createFetch} takes. */
export interface FetchOptions {
  /**
   * Whether calls that got no answer are tried again: `true` as the client does, an object for
   * something else. Libraries that take a `fetch` mostly try again themselves, and statuses are always
   * left to them. @default false
   */
  readonly retry?: boolean | RetryOptions | undefined;
  /** How long a call may take, its body included, unless a stream is answered. @default as the client has it */
  readonly totalMs?: number | undefined;
  /** How long a body may be silent while somebody waits for it. @default as the client has it */
  readonly idleMs?: number | undefined;
  /** The most bytes that `text()`, `json()` and their like read. @default Infinity */
  readonly maxBytes?: number | undefined;
}

/** A `fetch` for any library that takes one. */
export interface Fetch {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** The class that answers are instances of, for libraries that look for it beside their `fetch`. */
  readonly Response: typeof Response;
}

interface FetchSettings {
  readonly retry: boolean | RetryOptions;
  readonly totalMs: number | undefined;
  readonly idleMs: number | undefined;
  readonly maxBytes: number;
}

const fetchSettings: SettingsTable<FetchSettings, FetchOptions> = {
  retry: setting.custom<boolean | RetryOptions>({
    default: false,
    env: false,
    expected: 'true, false or an object',
    check: (value) =>
      typeof value === 'boolean' || (typeof value === 'object' && value !== null)
        ? value
        : undefined,
  }),
  totalMs: setting.durationMs({ optional: true, env: false }),
  idleMs: setting.durationMs({ optional: true, env: false }),
  maxBytes: setting.number({ default: Infinity, min: 0, orInfinity: true, env: false }),
};

/** Content types that arrive while they are being made. */
const STREAMS =
  /^(?:text\/event-stream|application\/(?:x-ndjson|ndjson|jsonl|json-seq|vnd\.amazon\.eventstream))\b/i;

/** Statuses whose answers have no body. */
const BODILESS = new Set([204, 205, 304]);

const acceptEveryStatus = (): boolean => true;

/**
 * A `fetch` of the [fetch standard](https://fetch.spec.whatwg.org/) over a client: its pool, clocks,
 * hooks, credentials and rules serve any library that takes a `fetch`. An answer of any status is an
 * answer; what fails rejects with a `TypeError` whose `cause` is the `LinkspanError`, what the caller
 * aborts with `signal.reason`.
 *
 * - Relative URLs go under the `baseUrl`, and no URL leaves its origin. Without a `baseUrl` any URL
 *   will do; such a client may hold no credentials, as the library would say where they go.
 * - `totalMs` holds until the head, and for the body of a whole answer. Where the content type says
 *   that a stream follows (server-sent events, lines of JSON), `stream.totalMs` holds instead if it is
 *   longer. `idleMs` bounds the wait for bytes in either.
 * - A body is read as fast as it is asked for. One that is not read holds its connection, if it has
 *   more than 64 KiB, until it is cancelled, its signal aborts, its time is up, or it is garbage.
 * - `redirect` is `'follow'` by the rules of the client, `'manual'` or `'error'`. `integrity`,
 *   `dispatcher` and `agent` are refused; `cache`, `credentials`, `keepalive`, `mode`, `priority`,
 *   `referrer`, `referrerPolicy` and `window` have no effect: there is no cache, cookies are not kept.
 *
 * @throws ConfigurationError when an option is wrong, the client was not made by
 * `createHttpClient()`, or it would hand its credentials to any origin.
 */
export function createFetch(client: HttpClient, options: FetchOptions = {}): Fetch {
  const settings = parseSettings('createFetch()', fetchSettings, options);
  const ofClient = settingsOf(client);
  if (ofClient === undefined) {
    throw refuse('client', 'expected a client that createHttpClient() made');
  }
  if (ofClient.baseUrl === undefined && holdsCredentials(ofClient)) {
    throw refuse('client', 'it has credentials and no baseUrl, and would send them to any origin');
  }
  adoptPlatformClasses();
  const calls = new FetchCalls(client, settings, ofClient);
  const fetch = (input: string | URL | Request, init?: RequestInit | null): Promise<Response> =>
    calls.fetch(input, init ?? {});
  return Object.assign(fetch, { Response });
}

class FetchCalls {
  readonly #client: HttpClient;
  readonly #settings: FetchSettings;
  readonly #ofClient: AllHttpSettings;
  readonly #options: CallOptions;
  readonly #target: FetchTarget;

  constructor(client: HttpClient, settings: FetchSettings, ofClient: AllHttpSettings) {
    this.#client = client;
    this.#settings = settings;
    this.#ofClient = ofClient;
    this.#target = new FetchTarget(ofClient.baseUrl);
    const { retry, idleMs } = settings;
    this.#options = {
      acceptStatus: acceptEveryStatus,
      totalMs: Infinity,
      ...(retry !== true && { retry }),
      ...(idleMs !== undefined && { idleMs }),
    };
  }

  async fetch(input: string | URL | Request, init: RequestInit): Promise<Response> {
    let signal: AbortSignal | undefined;
    try {
      const read = readFetchRequest(input, init, this.#target);
      const asked = read instanceof Promise ? await read : read;
      signal = asked.signal;
      const { totalMs = this.#ofClient.totalMs } = this.#settings;
      const deadline = new FetchDeadline(totalMs, this.#ofClient.clock);
      const options = { ...this.#options, signal, deadline };
      const answer = await this.#client.request(asked.request, options);
      if (asked.redirect === 'error' && isRedirect(answer.status)) {
        await answer.cancel();
        throw new ProtocolError('Cannot fetch: the answer is a redirect, and redirect is error', {
          code: 'redirect',
          phase: 'headers',
          sent: 'yes',
        });
      }
      if (isStream(answer)) deadline.extend(this.#ofClient.stream.totalMs);
      return this.#respond(asked, answer);
    } catch (error) {
      throw fetchFailure(error, signal, 'fetch failed');
    }
  }

  #respond({ request, signal }: FetchRequest, answer: ClientResponse): FetchResponse {
    const { status = 200, headers, url } = answer;
    const redirected = url !== undefined;
    const head = { status, headers, url: url ?? request.target, redirected };
    if (request.operation === 'HEAD' || BODILESS.has(status)) {
      // What comes all the same is nobody's: the connection is not kept for it.
      answer.body.collect({ maxBytes: 0 }).catch(() => {});
      return new FetchResponse(head, undefined);
    }
    const { maxBytes } = this.#settings;
    const toFailure = (error: unknown): unknown => fetchFailure(error, signal, 'terminated');
    return new FetchResponse(head, new FetchBody(answer.body, { maxBytes, toFailure }));
  }
}

function isStream({ headers }: ClientResponse): boolean {
  const type = headers['content-type'];
  return typeof type === 'string' && STREAMS.test(type);
}

function holdsCredentials({ auth, headers }: AllHttpSettings): boolean {
  return auth !== undefined || Object.keys(headers).some(isSecretHeader);
}

function refuse(option: string, message: string): ConfigurationError {
  return new ConfigurationError(`Cannot create a fetch: ${option}: ${message}`, {
    issues: [{ option, message }],
  });
}
