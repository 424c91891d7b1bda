import { inspect } from 'node:util';
import { parallel } from '@linkspan/concurrency';
import { createClient, TransportRegistry } from '@linkspan/core';
import { ClientManager } from '@linkspan/core/manager';
import { faults, faultServer, type FaultServer } from '@linkspan/testkit';
import {
  connectWebSocket,
  type ConnectWebSocketOptions,
  SessionLostError,
  webSocketTransport,
  webSocketTransportFactory,
  type WebSocketTransportOptions,
} from '@linkspan/websocket';
import { describe, expect, it } from 'vitest';

/** Texts that no pattern knows, by what they are for. */
const canaries = {
  bearer: 'qzkvwmtrplxh',
  basic: 'hgfwzxkqpbvn',
  key: 'mrtzwqkxvbjd',
  cookie: 'wvbqztkxmlrp',
  query: 'xjqkzwvhtbmd',
  header: 'kdpzvwqtxrbg',
  userinfo: 'tzqvxkwmbhrl',
  proxy: 'bvxzqwktmjfp',
  message: 'ztwqkvxbmhcd',
  tlsKey: 'pwzqxvktbrmj',
};
const BASIC = btoa(`ada:${canaries.basic}`);

/** Everything that a program may print of a failure, and of its client. */
function printed(error: unknown): string {
  const parts: string[] = [];
  for (let link = error; link instanceof Error; link = link.cause) {
    parts.push(link.message, link.stack ?? '', String(link));
  }
  parts.push(inspect(error, SHOW_ALL));
  parts.push(JSON.stringify(error) ?? '');
  const { response, providerError } = (error ?? {}) as Readonly<Record<string, unknown>>;
  parts.push(inspect(response, { depth: Infinity }), inspect(providerError));
  return parts.join('\n');
}

const shown = (text: string): string[] =>
  [...Object.values(canaries), BASIC].filter((canary) => text.includes(canary));

const SHOW_ALL = { depth: Infinity, showHidden: true, getters: true } as const;

const withQuery = (url: string): string =>
  `${url}${url.includes('?') ? '&' : '?'}access_token=${canaries.query}`;

/** Opens a channel with secrets in every place, sends one, and gives all that can be printed of it. */
async function talk(
  url: string,
  server: FaultServer,
  options: WebSocketTransportOptions,
  ms: number,
): Promise<{ readonly error: unknown; readonly text: string }> {
  const transport = webSocketTransport({
    tls: { ca: server.tls.authority, passphrase: canaries.tlsKey },
    handshakeMs: ms,
    ...options,
    headers: { 'x-api-key': canaries.key, cookie: `sid=${canaries.cookie}`, ...options.headers },
  });
  await using client = createClient({ transport, ownTransport: true, retry: false, env: {} });
  const told: string[] = [];
  let error: unknown;
  try {
    const headers = { 'x-session-token': canaries.header };
    const request = { operation: 'OPEN', target: withQuery(url), headers };
    const channel = await client.open(request, { totalMs: 2 * ms });
    told.push(inspect(client.inFlight(), { depth: Infinity }));
    await channel.send(JSON.stringify({ password: canaries.message }));
    await channel[Symbol.asyncIterator]().next();
    await channel.closed;
  } catch (thrown) {
    error = thrown;
  }
  told.push(printed(error), inspect(client.explain(error), { depth: Infinity }));
  told.push(inspect(client, { depth: Infinity, showHidden: true }));
  told.push(inspect(client.explainConfig(), { depth: Infinity }));
  return { error, text: told.join('\n') };
}

/** Connects by `connectWebSocket()`, with a session or without, and makes the connection again once. */
async function connect(
  url: string,
  server: FaultServer,
  options: ConnectWebSocketOptions,
  ms: number,
): Promise<string> {
  const told: string[] = [];
  try {
    const ws = await connectWebSocket(withQuery(url), {
      tls: { ca: server.tls.authority, passphrase: canaries.tlsKey },
      handshakeMs: ms,
      totalMs: 2 * ms,
      reconnect: {
        maxAttempts: 1,
        maxDelayMs: 1,
        onRetry: (notice) => told.push(printed(notice.error), inspect(notice, SHOW_ALL)),
        onReconnect: ({ error }) => void told.push(printed(error)),
      },
      ...options,
      headers: {
        'x-api-key': canaries.key,
        cookie: `sid=${canaries.cookie}`,
        'x-session-token': canaries.header,
      },
    });
    told.push(inspect(ws, SHOW_ALL));
    await ws.send({ password: canaries.message });
    for await (const message of ws) void message;
    const { unconfirmed: _theirs, unsent: _own, ...end } = await ws.closed;
    told.push(inspect(end, SHOW_ALL));
  } catch (thrown) {
    // A session that is lost gives back what its program had sent: that is shown to nobody else.
    if (!(thrown instanceof SessionLostError)) told.push(printed(thrown));
    else
      told.push(
        printed(thrown.cause),
        thrown.message,
        String(thrown.stack),
        JSON.stringify(thrown),
      );
  }
  return told.join('\n');
}

/** Lets a manager make a client of data, check and connect it, and gives all that it tells. */
async function check(url: string, server: FaultServer, ms: number): Promise<string> {
  const told: string[] = [];
  const tell = (value: unknown): void => {
    told.push(inspect(value, SHOW_ALL), JSON.stringify(value));
  };
  await using manager = new ClientManager({
    registry: new TransportRegistry().register('websocket', webSocketTransportFactory()),
    env: { LINKSPAN_METADATA: `contract=${canaries.userinfo}` },
    health: { timeoutMs: 2 * ms, downAfter: 1 },
    connectMs: ms,
    onCheck: tell,
    onStatusChange: tell,
  });
  manager.register('feed', {
    type: 'websocket',
    baseUrl: withQuery(url),
    headers: {
      authorization: `Bearer ${canaries.bearer}`,
      'x-api-key': canaries.key,
      cookie: `sid=${canaries.cookie}`,
      'x-session-token': canaries.header,
    },
    ws: { tls: { ca: server.tls.authority, passphrase: canaries.tlsKey }, handshakeMs: ms },
  } as never);
  tell(await manager.check('feed'));
  await manager.connect('feed').catch((error: unknown) => told.push(printed(error)));
  tell(await manager.checkAll());
  tell(manager.explainConfig('feed'));
  tell(manager.status());
  told.push(inspect(manager, SHOW_ALL));
  return told.join('\n');
}

const bearer = { auth: { bearer: canaries.bearer } };
const basic = { auth: { basic: { username: 'ada', password: canaries.basic } } };
const rows = faults.filter(
  ({ wires, play, place }) => wires.includes('websocket') && play !== undefined && !place,
);

describe('the secrets of a WebSocket', () => {
  it('are in no print of any row of the faults', { timeout: 120_000 }, async () => {
    await using server = await faultServer();

    const leaks = await parallel(
      rows,
      async ({ id, play, numbers = {} }) => {
        const url = server.script((exchange) => play!(exchange, numbers), 'ws');
        const auth = id.length % 2 === 0 ? bearer : basic;
        const texts = await Promise.all([
          talk(url, server, auth, 200).then(({ text }) => text),
          connect(url, server, auth, 200),
          connect(url, server, { ...auth, session: { orPlain: id.length % 3 === 0 } }, 200),
          check(url, server, 200),
        ]);
        return texts.flatMap((text, way) => {
          expect(text).not.toBe('');
          return shown(text).map((canary) => `${id} shows ${canary} in way ${way}`);
        });
      },
      { concurrency: 8 },
    );

    expect(rows.length).toBeGreaterThan(30);
    expect(leaks.flat()).toEqual([]);
  });

  it.each([
    ['a bearer', bearer],
    ['a password', basic],
  ])('are in no print where the upgrade is refused with all that it said: %s', async (_, auth) => {
    await using server = await faultServer();
    const url = server.script(async (exchange) => {
      const { target, headers } = exchange.request;
      const [, encoded = ''] = headers['authorization']?.split(' ') ?? [];
      const said = [
        target,
        ...Object.values(headers),
        encoded,
        Buffer.from(encoded, 'base64').toString(),
      ];
      const message = `We do not like ${said.join(', nor ')}`;
      const type = { 'content-type': 'application/json', 'x-request-id': encoded };
      await exchange.answer(401, type, JSON.stringify({ error: { message } }));
    }, 'ws');

    const { error, text } = await talk(url, server, auth, 5_000);
    const connected = await connect(url, server, auth, 5_000);
    const inSession = await connect(url, server, { ...auth, session: true }, 5_000);
    const checked = await check(url, server, 5_000);

    expect(error).toMatchObject({
      status: 401,
      message: expect.stringContaining('We do not like'),
    });
    for (const each of [text, connected, inSession]) {
      expect(each).toContain('We do not like');
      expect(shown(each)).toEqual([]);
    }
    expect(shown(checked)).toEqual([]);
  });

  it('are in no print of a URL with a user, nor of a proxy that is gone', async () => {
    await using server = await faultServer();
    const gone = server.origins.refuse.replace('//', `//ada:${canaries.proxy}@`);
    const withUser = `ws://ada:${canaries.userinfo}@127.0.0.1:9/`;

    const refused = await talk(withUser, server, bearer, 5_000);
    const proxied = await talk('wss://a.test/', server, { ...bearer, proxy: gone }, 5_000);

    expect(refused.error).toMatchObject({ kind: 'config' });
    expect(proxied.error).toMatchObject({ kind: 'network' });
    expect(shown(refused.text + proxied.text)).toEqual([]);
  });
});
