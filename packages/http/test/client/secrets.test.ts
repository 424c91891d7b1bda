import { inspect } from 'node:util';
import { ManualClock } from '@linkspan/concurrency';
import { isLinkspanError, type LinkspanError } from '@linkspan/core';
import { openaiChat } from '@linkspan/dialects';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttpClient, type HttpClient } from '../../src/client/http-client.ts';
import type { HttpClientOptions } from '../../src/client/http-client-options.ts';
import { answer, type RawConnection, startRawServer } from '../raw-server.ts';
import { rejection } from '../transport-call.ts';

const CANARY = 'canary-7f3d9a';
const BASIC = Buffer.from(`ada:${CANARY}`).toString('base64');

/** Everything that a program may print of an error, and of what hangs on it. */
function printed(error: unknown): string {
  const parts: string[] = [];
  const seen = new Set<unknown>();
  for (let link = error; link instanceof Error && !seen.has(link); link = link.cause) {
    seen.add(link);
    parts.push(link.message, link.stack ?? '', String(link), JSON.stringify(link));
    parts.push(inspect(link, { depth: Infinity, showHidden: true, getters: true }));
  }
  return parts.join('\n');
}

const json = ['content-type: application/json'];
const echoed = `{"error":{"message":"Incorrect API key provided: ${CANARY}"}}`;
const sse = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';

type Script = (connection: RawConnection) => unknown;

const failures: readonly (readonly [string, Script])[] = [
  ['a reset', (open) => open.reset()],
  ['garbage', (open) => open.end('garbage\r\n\r\n')],
  ['a 401 that echoes the key', (open) => open.end(answer(echoed, 'HTTP/1.1 401 No', json))],
  ['a 400 that echoes the key', (open) => open.end(answer(echoed, 'HTTP/1.1 400 No', json))],
  [
    'a 500 that echoes the request',
    (open) => open.end(answer(open.received, 'HTTP/1.1 500 Oh', ['content-type: text/plain'])),
  ],
  [
    'a 403 with secrets in its headers',
    (open) =>
      open.end(
        answer('', 'HTTP/1.1 403 No', [
          `set-cookie: session=${CANARY}`,
          `www-authenticate: Bearer realm="${CANARY}"`,
          `location: https://ada:${CANARY}@a.test/?key=${CANARY}`,
        ]),
      ),
  ],
  [
    'a redirect to a place with a secret',
    (open) =>
      open.end(
        answer('', 'HTTP/1.1 307 Go', [`location: ftp://ada:${CANARY}@a.test/?key=${CANARY}`]),
      ),
  ],
  ['a body that is cut', (open) => open.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc')],
  ['a body that is no JSON', (open) => open.end(answer('<html>', undefined, json))],
  ['a stream that is cut', (open) => open.end(`${sse}data: {"choices":[]}\n\n`)],
];

/** Sends secrets in every place that may hold some. */
async function sendSecrets(client: HttpClient, streamed: boolean): Promise<unknown> {
  const request = {
    params: { key: CANARY },
    headers: { 'x-api-key': CANARY, cookie: `session=${CANARY}` },
    json: { password: CANARY },
  };
  if (streamed) {
    return await client
      .postStream('/a', undefined, { ...request, dialect: openaiChat })
      .then((stream) => stream.result());
  }
  return await (await client.post('/a', undefined, request)).json();
}

async function failureOf(
  script: Script,
  options: HttpClientOptions,
  streamed: boolean,
): Promise<{ readonly error: LinkspanError; readonly told: readonly string[] }> {
  const server = await startRawServer(async (connection) => {
    await connection.arrival(`"password":"${CANARY}"`);
    await script(connection);
  });
  const told: string[] = [];
  const client = createHttpClient({
    baseUrl: server.url,
    retry: { maxRetries: 1, baseDelayMs: 0, onRetry: (notice) => told.push(printed(notice.error)) },
    redirect: { follow: 'all' },
    onError: (error) => {
      told.push(printed(error));
    },
    ...options,
  });
  onTestFinished(() => client.close());
  const error = await rejection(sendSecrets(client, streamed));
  expect(isLinkspanError(error)).toBe(true);
  return { error: error as LinkspanError, told };
}

describe('the secrets of a client', () => {
  it.each(
    failures.flatMap(([name, script]) => [
      [name, 'a call', script, false] as const,
      [name, 'a stream', script, true] as const,
    ]),
  )('U16 N18 R25 are in no print of %s, in %s', async (_name, _call, script, streamed) => {
    const { error, told } = await failureOf(script, { auth: { bearer: CANARY } }, streamed);

    expect(printed(error)).not.toContain(CANARY);
    expect(told.join('\n')).not.toContain(CANARY);
  });

  it.each<[string, HttpClientOptions]>([
    ['a bearer', { auth: { bearer: CANARY } }],
    ['a header', { auth: { header: 'x-goog-api-key', value: CANARY } }],
    ['a password', { auth: { basic: { username: 'ada', password: CANARY } } }],
    ['a function', { auth: () => ({ 'x-token': CANARY }) }],
    ['a default header', { headers: { authorization: `Bearer ${CANARY}` } }],
  ])('are hidden where the peer echoes what it was sent: %s', async (_name, options) => {
    const { error } = await failureOf(
      (open) => open.end(answer(open.received, 'HTTP/1.1 400 No')),
      options,
      false,
    );

    expect(printed(error)).not.toContain(CANARY);
    expect(printed(error)).not.toContain(BASIC);
    expect((error as LinkspanError & { body?: string }).body ?? '').not.toContain(BASIC);
  });

  it('are in no print of a timeout, nor of the calls under way', async () => {
    const clock = new ManualClock();
    const server = await startRawServer(() => {});
    const client = createHttpClient({
      baseUrl: server.url,
      auth: { bearer: CANARY },
      totalMs: 100,
      clock,
    });
    onTestFinished(() => client.close());
    const call = rejection(sendSecrets(client, false));
    await (await server.connection(0)).arrival(`"password":"${CANARY}"`);
    const inFlight = inspect(client.inFlight(), { depth: Infinity, showHidden: true });
    await clock.advance(100);

    expect(inFlight).toContain('/a?key=[redacted]');
    expect(inFlight + printed(await call)).not.toContain(CANARY);
  });

  it('are in no print of the client, nor of what explains its options', () => {
    const client = createHttpClient({
      baseUrl: 'https://a.test',
      auth: { bearer: CANARY },
      headers: { 'x-api-key': CANARY },
      proxy: `http://ada:${CANARY}@b.test`,
      tls: { passphrase: CANARY },
    });
    onTestFinished(() => client.close());

    expect(inspect(client, { depth: Infinity, showHidden: true })).not.toContain(CANARY);
    expect(inspect(client.explainConfig(), { depth: Infinity, showHidden: true })).not.toContain(
      CANARY,
    );
    expect(JSON.stringify(client.explainConfig())).not.toContain(CANARY);
  });

  it('are in no print of what is wrong with the options', () => {
    let error: unknown;
    try {
      createHttpClient({
        baseUrl: `http://ada:${CANARY}@a.test`,
        proxy: `socks5://ada:${CANARY}@b.test`,
        auth: { bearer: [CANARY] as never },
        headers: { authorization: `Bearer ${CANARY}\n` },
        tls: { key: { pem: CANARY } as never },
        userAgent: { CANARY } as never,
      });
    } catch (caught) {
      error = caught;
    }

    expect(isLinkspanError(error)).toBe(true);
    expect(printed(error)).not.toContain(CANARY);
  });
});
