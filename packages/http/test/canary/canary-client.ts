import { ClientManager } from '@linkspan/core/manager';
import { openaiChat, rawSse } from '@linkspan/dialects';
import { recordingMiddleware } from '@linkspan/testkit';
import { createHttpClient, type HttpClient } from '../../src/client/http-client.ts';
import type { HttpClientOptions } from '../../src/client/http-client-options.ts';
import type { Canaries, Print } from './canaries.ts';
import { printsOfFailure, printsOfValue } from './prints.ts';

/** How the client knows its secrets: which by `auth`, which by headers, and whether by a proxy. */
export const setups = ['bearer', 'basic', 'function, proxy'] as const;

export type Setup = (typeof setups)[number];

/** What has no end is over here: how much of it there was changes no error. */
export const LONGEST = 256 * 1024;

/** How an answer is read. */
export const readers = ['json', 'openaiChat', 'rawSse'] as const;

export type Reader = (typeof readers)[number];

/** What a call needs beside its secrets. */
export interface CanaryCall {
  readonly url: string;
  readonly setup: Setup;
  readonly reader: Reader;
  readonly canaries: Canaries;
  /** Keys in PEM: one that is open, and one that the canary of `tlsKey` opens. */
  readonly keys: readonly [open: string, locked: string];
  /** The certificate of the authority that is trusted. */
  readonly authority: string;
  readonly proxyPort: number;
  readonly options?: HttpClientOptions;
}

/** What came of it. */
export interface CanaryOutcome {
  readonly error: unknown;
  readonly prints: readonly Print[];
}

/** Makes a call with secrets in every place, and collects what can be printed of it. */
export async function callWithCanaries(call: CanaryCall): Promise<CanaryOutcome> {
  const prints: Print[] = [];
  const tell = (place: string, failure: unknown): void => {
    prints.push(...printsOfFailure(place, failure));
  };
  const recording = recordingMiddleware();
  const client = createHttpClient({
    ...secretsOf(call),
    env: {},
    middleware: [recording],
    retry: {
      maxRetries: 1,
      baseDelayMs: 0,
      maxDelayMs: 1,
      onRetry: (notice) => {
        tell('notice.error', notice.error);
        // The request is the program's own.
        const { request: _request, error: _error, ...facts } = notice;
        prints.push(...printsOfValue('the notice', facts));
      },
    },
    onError: (error) => {
      tell('the error of onError', error);
      throw error;
    },
    slowMs: 1,
    onSlow: (slow) => prints.push(...printsOfValue('the slow call', slow)),
    ...call.options,
  });
  await using manager = new ClientManager({
    env: {},
    onStatusChange: (change) => {
      prints.push(...printsOfValue('the status change', change));
    },
  });
  manager.register('api', client, { ownClient: true });
  const withUser = `//ada:${encodeURIComponent(call.canaries.userinfo)}@`;
  try {
    await client.get(call.url.replace('//', withUser));
  } catch (refusal) {
    tell('the refusal of a URL with a user', refusal);
  }
  let error: unknown;
  try {
    await read(manager.get('api') as unknown as HttpClient, call, () => {
      prints.push(...printsOfValue('inFlight()', client.inFlight()));
    });
  } catch (thrown) {
    error = thrown;
    tell('error', thrown);
  }
  prints.push(
    ...printsOfValue('explain()', client.explain(error)),
    ['String(explain())', String(client.explain(error))],
    ...printsOfValue('explainConfig()', client.explainConfig()),
    ...printsOfValue('stats()', client.stats()),
    ...printsOfValue('inFlight()', client.inFlight()),
    ...printsOfValue('the client', client),
    ...printsOfValue('status()', manager.status()),
    ...printsOfValue('the cassette', recording.cassette()),
  );
  return { error, prints };
}

/** What a request says beside its URL: secrets in its query, its headers and its body. */
export function requestOf({ setup, canaries }: CanaryCall) {
  return {
    params: { access_token: canaries.query, page: 2 },
    headers: {
      cookie: `theme=dark; sid=${canaries.cookie.replaceAll('"', '%22')}`,
      'x-session-token': canaries.header,
      ...(setup === 'function, proxy' && { authorization: `Bearer ${canaries.bearer}` }),
    },
    json: { user: { name: 'ada', password: canaries.body } },
  };
}

async function read(client: HttpClient, call: CanaryCall, underWay: () => void): Promise<void> {
  const { url, reader } = call;
  const request = requestOf(call);
  if (reader === 'json') {
    const asked = client.post(url, undefined, request);
    underWay();
    await (await asked).json(undefined, { maxBytes: LONGEST });
    return;
  }
  const options = { ...request, limits: { maxLineBytes: LONGEST, maxEventBytes: LONGEST } };
  const asked =
    reader === 'rawSse'
      ? client.postStream(url, undefined, { ...options, dialect: rawSse })
      : client.postStream(url, undefined, { ...options, dialect: openaiChat });
  underWay();
  const stream = await asked;
  underWay();
  await stream.result();
}

/** The secrets that a client is made with, and what it needs to know of TLS. */
export function secretsOf({
  setup,
  canaries,
  keys,
  authority,
  proxyPort,
}: CanaryCall): HttpClientOptions {
  const [open, locked] = keys;
  if (setup === 'bearer') {
    return {
      auth: { bearer: canaries.bearer },
      headers: { 'x-api-key': canaries.key },
      tls: { ca: authority, key: open },
    };
  }
  const tls = { ca: authority, key: locked, passphrase: canaries.tlsKey };
  if (setup === 'basic') {
    const basic = { username: 'ada', password: canaries.basic };
    return { auth: { basic }, headers: { 'x-api-key': canaries.key }, tls };
  }
  return {
    auth: () => ({ 'x-tenant': canaries.key }),
    proxy: `http://ada:${encodeURIComponent(canaries.proxy)}@127.0.0.1:${proxyPort}`,
    tls,
  };
}
