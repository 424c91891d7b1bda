import { inspect } from 'node:util';
import { ManualClock } from '@linkspan/concurrency';
import { ConfigurationError, LinkspanError } from '@linkspan/core';
import {
  createFetch,
  createHttpClient,
  type FetchOptions,
  type HttpClient,
  type HttpClientOptions,
} from '@linkspan/http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { sendJson, startServer } from '../loopback-server.ts';
import { type RawConnection, startRawServer } from '../raw-server.ts';
import { rejection } from '../transport-call.ts';

function startClient(options: HttpClientOptions): HttpClient {
  const client = createHttpClient(options);
  onTestFinished(() => client.close());
  return client;
}

/** A client of a server that plays `script` behind the request. */
async function upstream(
  script: (peer: RawConnection) => unknown,
  options: HttpClientOptions = {},
): Promise<{ readonly client: HttpClient; readonly url: string }> {
  const server = await startRawServer(async (peer) => {
    await peer.request();
    await script(peer);
  });
  return { client: startClient({ baseUrl: server.url, ...options }), url: server.url };
}

async function causeOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await rejection(promise);
  expect(error).toBeInstanceOf(TypeError);
  return (error as Error).cause;
}

const head = (type: string): string => `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n\r\n`;

describe('createFetch()', () => {
  it.each([
    [{ retry: 'often' }, 'retry'],
    [{ totalMs: 0 }, 'totalMs'],
    [{ maxBytes: -1 }, 'maxBytes'],
    [{ timeout: 5 }, 'timeout'],
  ])('refuses %j', (options, option) => {
    const client = startClient({});

    expect(() => createFetch(client, options as FetchOptions)).toThrow(ConfigurationError);
    expect(() => createFetch(client, options as FetchOptions)).toThrow(option);
  });

  it('refuses a client that createHttpClient() did not make', () => {
    expect(() => createFetch({ ...startClient({}) })).toThrow(
      'Cannot create a fetch: client: expected a client that createHttpClient() made',
    );
  });

  it('refuses what it would be wrong to ignore, and says what to do', async () => {
    const fetch = createFetch(startClient({ baseUrl: 'http://127.0.0.1:1' }));

    for (const name of ['integrity', 'dispatcher', 'agent']) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const error = await rejection(fetch('/', { [name]: 'given' }));
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toMatchObject({
        message: expect.stringMatching(`^Cannot fetch: ${name}: `),
        cause: { kind: 'config', issues: [{ option: name }] },
      });
    }
  });

  it('refuses a header that cannot be sent before it connects', async () => {
    const client = startClient({ baseUrl: 'http://127.0.0.1:1' });

    const error = await rejection(
      createFetch(client)('/', { headers: { 'x-custom': 'a\u0001b' } }),
    );

    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({
      message: expect.stringContaining('header x-custom: expected visible Latin-1 characters'),
      cause: { kind: 'config' },
    });
    expect(client.stats()).toEqual([]);
  });

  it('is a call of the client like any other: hooks, headers, in flight', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}));
    const seen: string[] = [];
    const client = startClient({
      baseUrl: `${server.url}/v1`,
      headers: { 'x-app': 'ferry' },
      onRequest: ({ operation, target }) => {
        seen.push(`${operation} ${target}`, `${client.inFlight().length} in flight`);
      },
    });

    await createFetch(client)('models', { method: 'POST', body: '{}' });

    expect(seen).toEqual([`POST ${server.url}/v1/models`, '1 in flight']);
    expect(server.seen[0]?.headers).toMatchObject({ 'x-app': 'ferry' });
    await vi.waitFor(() => expect(client.inFlight()).toEqual([]));
  });

  it('leaves no trace of a secret in what the console shows', async () => {
    const server = await startServer((_request, response) =>
      response.setHeader('set-cookie', 'canary').setHeader('x-api-key', 'canary').end(),
    );
    const response = await createFetch(startClient({ baseUrl: server.url }))('/?key=canary');

    expect(inspect(response, { showHidden: true, depth: 9 })).not.toContain('canary');
    expect(inspect(response)).toMatch(/^Response \{\n {2}status: 200,/);
  });
});

describe('the border of createFetch()', () => {
  it.each(['http://127.0.0.1:1/', '//127.0.0.1:1/', '/\\127.0.0.1:1/'])(
    'sends nothing to another origin than that of the base: %s',
    async (url) => {
      const { client } = await upstream(() => {});

      const error = await rejection(createFetch(client)(url));

      expect(error).toMatchObject({ message: expect.stringContaining('the base URL allows') });
      expect((error as Error).cause).toBeInstanceOf(ConfigurationError);
      expect(client.stats()).toEqual([]);
    },
  );

  it.each<HttpClientOptions>([
    { auth: { bearer: 'canary' } },
    { headers: { Authorization: 'canary' } },
    { headers: { 'x-api-key': 'canary' } },
  ])('refuses credentials that would go to any origin: %j', (options) => {
    const make = (): unknown => createFetch(startClient(options));

    expect(make).toThrow('it has credentials and no baseUrl, and would send them to any origin');
    expect(make).not.toThrow('canary');
  });

  it("lets the client's credentials not follow a redirect to another origin", async () => {
    const far = await startServer((_request, response) => sendJson(response, {}));
    const near = await startServer((_request, response) =>
      response.writeHead(302, { location: `${far.url}/far` }).end(),
    );
    const client = startClient({ baseUrl: near.url, auth: { bearer: 'canary' } });

    const response = await createFetch(client)('/', { headers: { 'x-api-key': 'canary' } });

    expect(response).toMatchObject({ url: `${far.url}/far`, redirected: true });
    expect(near.seen[0]?.headers.authorization).toBe('Bearer canary');
    expect(JSON.stringify(far.seen)).not.toContain('canary');
  });

  it('hands on a redirect that the rules of the client do not follow', async () => {
    const server = await startServer((_request, response) =>
      response.writeHead(302, { location: '/other' }).end(),
    );
    const fetch = createFetch(startClient({ baseUrl: server.url }));

    const response = await fetch('/', { method: 'POST', body: 'x' });

    expect(response).toMatchObject({ status: 302, redirected: false });
    expect(server.seen).toHaveLength(1);
  });
});

describe('the clocks of createFetch()', () => {
  it('ends a whole answer at totalMs, its body included', async () => {
    const clock = new ManualClock();
    const { client } = await upstream((peer) => peer.write(`${head('application/json')}[1,`), {
      clock,
      idleMs: Infinity,
    });
    const response = await createFetch(client)('/');
    const text = causeOf(response.text());
    await clock.advance(60_000);

    expect(await text).toMatchObject({ clock: 'totalMs', limitMs: 60_000, phase: 'body' });
    expect(clock.pendingTimers).toBe(0);
  });

  it.each(['text/event-stream; charset=utf-8', 'application/x-ndjson'])(
    'gives a stream the time of a stream: %s',
    async (type) => {
      const clock = new ManualClock();
      const { client } = await upstream((peer) => peer.write(`${head(type)}one\n\n`), {
        clock,
        idleMs: 1_000_000,
        stream: { totalMs: 900_000 },
      });
      const response = await createFetch(client)('/', { method: 'POST', body: '{}' });
      const reader = response.body!.getReader();
      await reader.read();
      const next = causeOf(reader.read());
      await clock.advance(899_999);
      expect(client.inFlight()).toHaveLength(1);
      await clock.advance(1);

      expect(await next).toMatchObject({ clock: 'totalMs', limitMs: 900_000 });
      expect(clock.pendingTimers).toBe(0);
    },
  );

  it('bounds the wait for the head of a stream by totalMs', async () => {
    const clock = new ManualClock();
    const arrived = Promise.withResolvers<void>();
    const { client } = await upstream(() => arrived.resolve(), { clock });
    const call = causeOf(createFetch(client, { totalMs: 5_000 })('/'));
    await arrived.promise;
    await clock.advance(5_000);

    expect(await call).toMatchObject({ clock: 'totalMs', limitMs: 5_000, phase: 'headers' });
  });

  it('bounds the silence of a stream by idleMs, while somebody waits', async () => {
    const clock = new ManualClock();
    const { client } = await upstream((peer) => peer.write(`${head('text/event-stream')}one`), {
      clock,
    });
    const response = await createFetch(client, { idleMs: 700 })('/');
    const reader = response.body!.getReader();
    await reader.read();
    await clock.advance(100_000);
    const next = causeOf(reader.read());
    await clock.advance(700);

    expect(await next).toMatchObject({ clock: 'idleMs', limitMs: 700 });
  });
});

describe('the tries of createFetch()', () => {
  const broken = (): [(peer: RawConnection) => unknown, () => number] => {
    let count = 0;
    return [
      (peer) => {
        count += 1;
        if (count === 1) peer.reset();
        else peer.end('HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nbusy');
      },
      () => count,
    ];
  };

  it('leaves them to the library, unless it is told otherwise', async () => {
    const [script, count] = broken();
    const { client } = await upstream(script);

    const cause = await causeOf(createFetch(client)('/'));

    expect(cause).toMatchObject({ code: 'connection_reset', attempts: 1 });
    expect(count()).toBe(1);
  });

  it.each([true, { maxRetries: 2, baseDelayMs: 1 }])(
    'tries again what got no answer with retry: %j, and takes any answer',
    async (retry) => {
      const [script, count] = broken();
      const { client } = await upstream(script, { retry: { baseDelayMs: 1 } });

      const response = await createFetch(client, { retry })('/');

      expect([response.status, await response.text()]).toEqual([503, 'busy']);
      expect(count()).toBe(2);
    },
  );

  it('rejects with ClosedError as the cause when the client is closed', async () => {
    const client = startClient({ baseUrl: 'http://127.0.0.1:1' });
    const fetch = createFetch(client);
    await client.close();

    const cause = await causeOf(fetch('/'));

    expect(cause).toBeInstanceOf(LinkspanError);
    expect(cause).toMatchObject({ kind: 'closed' });
  });

  it('tells no word of a body that is not JSON: it may repeat what it was asked with', async () => {
    const server = await startServer((_request, response) => response.end('{"no":canary}'));
    const fetch = createFetch(startClient({ baseUrl: server.url }));
    const error = await rejection((await fetch('/')).json());

    expect(error).toBeInstanceOf(SyntaxError);
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('cana');
  });
});
