import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tracingChannel } from 'node:diagnostics_channel';
import { gzipSync } from 'node:zlib';
import {
  AuthenticationError,
  ClosedError,
  ConfigurationError,
  ConnectionRefusedError,
  NotFoundError,
  StreamIncompleteError,
  TimeoutError,
} from '@linkspan/core';
import { ndjson, openaiChat } from '@linkspan/dialects';
import { createHttpClient, fileFromPath, type SlowCall } from '@linkspan/http';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { sendJson, startServer } from './loopback-server.ts';

describe('createHttpClient()', () => {
  it('C7 sends every verb', async () => {
    const server = await startServer((_request, response) => response.end());
    await using client = createHttpClient({ baseUrl: server.url });

    for (const verb of ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'] as const) {
      // oxlint-disable-next-line no-await-in-loop -- their order is looked at
      await using response = await client[verb]('/users');
      expect(response.status).toBe(200);
    }

    expect(server.seen.map((request) => request.method).join(' ')).toBe(
      'GET POST PUT PATCH DELETE HEAD OPTIONS',
    );
  });

  it('E5 posts a value as JSON and reads one', async () => {
    const server = await startServer((request, response) =>
      sendJson(response, { echo: JSON.parse(request.body.toString()) as unknown }),
    );
    await using client = createHttpClient({ baseUrl: `${server.url}/v1` });

    const response = await client.post('/run', { prompt: 'hi' });

    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toBe('application/json');
    expect(await response.json()).toEqual({ echo: { prompt: 'hi' } });
    expect(server.seen[0]).toMatchObject({
      url: '/v1/run',
      headers: { 'content-type': 'application/json' },
    });
  });

  it('E5 gives a value instead of a throw under safe', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}, 404));
    await using client = createHttpClient({ baseUrl: server.url });

    const lost = await client.safe.post('/none', {});
    const found = await client.safe.request({ path: '/none' }, { acceptStatus: () => true });

    expect(lost).toEqual({ ok: false, error: expect.any(NotFoundError) });
    expect(found).toMatchObject({ ok: true, value: { status: 404 } });
  });

  it('E6 streams the answer to a post', async () => {
    const server = await startServer((_request, response) =>
      response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end('data: one\n\nevent: more\nid: 7\ndata: two\n\n'),
    );
    await using client = createHttpClient({ baseUrl: server.url });

    const events: unknown[] = [];
    for await (const event of client.postStream('/run', { prompt: 'hi' })) events.push(event);

    expect(events).toEqual([
      { type: 'message', data: 'one', id: '' },
      { type: 'more', data: 'two', id: '7' },
    ]);
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      headers: { accept: 'text/event-stream' },
    });
  });

  it('E6 fails a stream in a dialect that was cut before its terminator', async () => {
    const server = await startServer((_request, response) =>
      response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end('data: {"choices":[{"index":0,"delta":{"content":"Hel"}}]}\n\n'),
    );
    await using client = createHttpClient({ baseUrl: server.url });

    const stream = await client.postStream('/chat', { stream: true }, { dialect: openaiChat });

    await expect(stream.result()).rejects.toThrow(StreamIncompleteError);
    expect(stream.partial.text).toBe('Hel');
  });

  it('E12 E13 E14 gives chunk and end messages', async () => {
    const server = await startServer((_request, response) =>
      response.writeHead(200, { 'content-type': 'application/x-ndjson' }).end('{"a":1}\n{"a":2}\n'),
    );
    await using client = createHttpClient({ baseUrl: server.url });

    const types: string[] = [];
    for await (const message of client.postStream('/', {}, { dialect: ndjson }).events()) {
      types.push(message.type);
    }

    expect(types).toEqual(['chunk', 'chunk', 'end']);
  });

  it('N1 P7 P8 sends what a request says', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}));
    await using client = createHttpClient({ baseUrl: server.url, headers: { 'X-Client': 'c' } });

    await using response = await client.request(
      { method: 'PUT', path: '/a', params: { b: [1, 2] }, headers: { 'X-Call': 'd' }, json: [1] },
      { totalMs: 5_000 },
    );

    expect(response.status).toBe(200);
    expect(server.seen[0]).toMatchObject({ method: 'PUT', url: '/a?b=1&b=2' });
    expect(server.seen[0]?.headers).toMatchObject({ 'x-client': 'c', 'x-call': 'd' });
    expect(server.seen[0]?.body.toString()).toBe('[1]');
  });

  it('lets the headers of a call replace those of the client, in any case', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}));
    await using client = createHttpClient({
      baseUrl: server.url,
      headers: { 'X-Mode': 'client', ACCEPT: 'text/plain' },
    });

    await using response = await client.get('/', { headers: { 'x-mode': 'call' } });

    expect(response.status).toBe(200);
    expect(server.seen[0]?.headers).toMatchObject({ 'x-mode': 'call', accept: 'text/plain' });
  });

  it('P8 sends forms, and files from the disk', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}));
    await using client = createHttpClient({ baseUrl: server.url });
    const file = await fileFromPath(new URL('loopback-server.ts', import.meta.url));

    await (await client.post('/', undefined, { form: { a: 'b c' } })).cancel();
    await (await client.post('/', undefined, { form: { a: '1' }, files: { file } })).cancel();

    const [form, multipart] = server.seen;
    expect(form?.body.toString()).toBe('a=b+c');
    expect(form?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    const read = await new Response(multipart?.body as never, {
      headers: { 'content-type': multipart?.headers['content-type'] ?? '' },
    }).formData();
    expect((read.get('file') as File).size).toBe(file.byteLength);
    expect(Number(multipart?.headers['content-length'])).toBe(multipart?.body.byteLength);
  });

  it('sends a stream as it comes, and is not told its length', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}));
    await using client = createHttpClient({ baseUrl: server.url });
    async function* pieces(): AsyncGenerator<string> {
      yield 'one ';
      yield 'two';
    }

    await (await client.put('/', pieces())).cancel();

    expect(server.seen[0]?.body.toString()).toBe('one two');
    expect(server.seen[0]?.headers['transfer-encoding']).toBe('chunked');
  });

  it('reads the answer as text, bytes, JSON by a schema, lines, and chunks of one size', async () => {
    const server = await startServer((_request, response) => response.end('{"a":1}\n{"a":2}'));
    await using client = createHttpClient({ baseUrl: server.url });

    expect(await (await client.get('/')).text()).toBe('{"a":1}\n{"a":2}');
    expect((await (await client.get('/')).bytes()).byteLength).toBe(15);
    expect(await allOf((await client.get('/')).lines())).toEqual(['{"a":1}', '{"a":2}']);
    const chunks = await allOf((await client.get('/')).chunks({ chunkSize: 4 }));
    expect(chunks.map((chunk) => chunk.byteLength)).toEqual([4, 4, 4, 3]);
  });

  it('N13 reads JSON, and checks it by a schema', async () => {
    const server = await startServer((_request, response) => sendJson(response, { id: '7' }));
    await using client = createHttpClient({ baseUrl: server.url });

    const user = await (await client.get('/')).json(z.object({ id: z.coerce.number() }));

    expect(user).toEqual({ id: 7 });
    await expect((await client.get('/')).json(z.object({ id: z.number() }))).rejects.toThrow(/id/);
  });

  it('U10 gives 100 calls at the same time each its own answer', async () => {
    const server = await startServer((request, response) => {
      const body = { url: request.url, body: request.body.toString() };
      setImmediate(() => sendJson(response, body));
    });
    await using client = createHttpClient({ baseUrl: server.url, connections: 8 });

    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, index) => {
        const response = await client.post(`/${index}`, { index });
        return await response.json();
      }),
    );

    expect(answers).toEqual(
      Array.from({ length: 100 }, (_, index) => ({
        url: `/${index}`,
        body: JSON.stringify({ index }),
      })),
    );
  });

  it('U12 gives the answer of a request to that request, once', async () => {
    const server = await startServer((_request, response) => sendJson(response, { n: 1 }));
    await using client = createHttpClient({ baseUrl: server.url });

    const response = await client.post('/complete', { prompt: 'mine' });

    expect(await response.json()).toEqual({ n: 1 });
    await expect(response.json()).rejects.toThrow(/read/);
    expect(server.seen).toHaveLength(1);
  });

  it('U14 does not send a POST again that the server failed', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}, 500));
    await using client = createHttpClient({ baseUrl: server.url, retry: { baseDelayMs: 0 } });

    await expect(client.post('/', {})).rejects.toMatchObject({ status: 500, attempts: 1 });
    await expect(client.post('/', {}, { idempotencyKey: true })).rejects.toMatchObject({
      attempts: 3,
    });
    await expect(client.get('/')).rejects.toMatchObject({ attempts: 3 });

    const keys = server.seen.slice(1, 4).map((request) => request.headers['idempotency-key']);
    expect(new Set(keys).size).toBe(1);
    expect(server.seen.map((request) => request.method).join(' ')).toBe(
      'POST POST POST POST GET GET GET',
    );
  });

  it('P9 E23 E24 E25 fails with an error that says what it is', async () => {
    const server = await startServer((request, response) => {
      if (request.url === '/missing') sendJson(response, { error: 'no such agent' }, 404);
    });
    await using client = createHttpClient({ baseUrl: server.url, retry: false });
    const closed = await startServer(() => undefined);

    await expect(client.get('/missing')).rejects.toMatchObject({
      kind: 'http',
      status: 404,
      body: expect.stringContaining('no such agent') as string,
    });
    await expect(client.get('/slow', { totalMs: 20 })).rejects.toBeInstanceOf(TimeoutError);
    await using nowhere = createHttpClient({ baseUrl: 'http://127.0.0.1:1', retry: false });
    await expect(nowhere.get('/')).rejects.toBeInstanceOf(ConnectionRefusedError);
    await expect(nowhere.get('/')).rejects.toMatchObject({ kind: 'network', sent: 'no' });
    expect(closed.seen).toEqual([]);
  });

  it('rejects with the reason of the caller itself', async () => {
    const server = await startServer(() => undefined);
    await using client = createHttpClient({ baseUrl: server.url });
    const controller = new AbortController();
    const reason = new Error('The user left');

    const call = client.get('/', { signal: controller.signal });
    controller.abort(reason);

    await expect(call).rejects.toBe(reason);
  });

  it('N18 sends nothing to another origin than its base', async () => {
    const evil = await startServer((_request, response) => response.end());
    const server = await startServer((_request, response) => response.end());
    await using client = createHttpClient({ baseUrl: server.url, auth: { bearer: 'canary' } });
    const host = evil.url.slice('http:'.length);

    const targets = [evil.url, host, host.replaceAll('/', '\\'), `/\\${host.slice(2)}`];
    const failures = await Promise.all(
      targets.map((target) => client.get(target).catch((error: unknown) => error)),
    );

    for (const failure of failures) expect(failure).toBeInstanceOf(ConfigurationError);
    expect(evil.seen).toEqual([]);
  });

  it('N18 refuses what could end a header before a byte is sent', async () => {
    const server = await startServer((_request, response) => response.end());
    await using client = createHttpClient({ baseUrl: server.url });

    await expect(client.get('/', { headers: { 'x-a': 'b\r\nx-evil: 1' } })).rejects.toThrow(
      ConfigurationError,
    );
    await expect(client.get('/a\r\nx-evil: 1')).rejects.toThrow(ConfigurationError);
    expect(server.seen).toEqual([]);
  });

  it('N19 names itself, unless told otherwise', async () => {
    const server = await startServer((_request, response) => response.end());
    await using client = createHttpClient({ baseUrl: server.url });
    await using named = createHttpClient({
      baseUrl: server.url,
      headers: { 'User-Agent': 'mine/2' },
    });

    await (await client.get('/')).cancel();
    await (await named.get('/')).cancel();

    expect(server.seen[0]?.headers['user-agent']).toMatch(/^linkspan\/\d+\.\d+\.\d+/);
    expect(server.seen[1]?.headers['user-agent']).toBe('mine/2');
  });

  it('keeps no cookies', async () => {
    const server = await startServer((_request, response) =>
      response.writeHead(200, { 'set-cookie': 'session=1' }).end(),
    );
    await using client = createHttpClient({ baseUrl: server.url });

    await (await client.get('/')).cancel();
    await (await client.get('/')).cancel();

    expect(server.seen[1]?.headers).not.toHaveProperty('cookie');
  });

  it('N12 refreshes credentials once for all calls that were refused', async () => {
    const server = await startServer((request, response) => {
      const isNew = request.headers.authorization === 'Bearer new';
      sendJson(response, {}, isNew ? 200 : 401);
    });
    let refreshes = 0;
    await using client = createHttpClient({
      baseUrl: server.url,
      auth: {
        bearer: 'old',
        refresh: async () => {
          refreshes += 1;
          return 'new';
        },
      },
    });

    const answers = await Promise.all(
      Array.from({ length: 10 }, () => client.post('/', { any: 'body' })),
    );

    expect(answers.every((answer) => answer.status === 200)).toBe(true);
    expect(refreshes).toBe(1);
  });

  it('R17 throws an AuthenticationError when the credentials are refused', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}, 401));
    await using client = createHttpClient({ baseUrl: server.url, auth: { bearer: 'x' } });

    await expect(client.get('/')).rejects.toBeInstanceOf(AuthenticationError);
  });

  it('shows credentials to no hook and no middleware', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}));
    const shown: unknown[] = [];
    await using client = createHttpClient({
      baseUrl: server.url,
      auth: { bearer: 'canary' },
      onRequest: (request) => void shown.push(request),
      middleware: [
        (next) => (request, context) => {
          shown.push(request);
          return next(request, context);
        },
      ],
    });

    await (await client.get('/')).cancel();

    expect(server.seen[0]?.headers.authorization).toBe('Bearer canary');
    expect(shown).toHaveLength(2);
    expect(JSON.stringify(shown)).not.toContain('canary');
  });

  it('saves an answer as a file, decompressed, with progress', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'linkspan-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const text = 'a line of text\n'.repeat(10_000);
    const server = await startServer((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text)),
    );
    await using client = createHttpClient({ baseUrl: server.url });
    let received = 0;

    const saved = await client.download('/report', join(folder, 'report.txt'), {
      onProgress: ({ receivedBytes }) => {
        received = receivedBytes;
      },
    });

    expect(await readFile(saved.path, 'utf8')).toBe(text);
    expect(saved).toMatchObject({ bytes: text.length, status: 200 });
    expect(received).toBe(text.length);
    await expect(client.safe.download('/', join(folder, 'none', 'a'))).resolves.toMatchObject({
      ok: false,
      error: { code: 'file' },
    });
  });

  it('E28 publishes its requests on a tracing channel', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}));
    await using client = createHttpClient({ baseUrl: server.url });
    const traces: unknown[] = [];
    const channel = tracingChannel('linkspan:http:request');
    const subscribers = { asyncEnd: (trace: unknown) => traces.push(trace) };
    channel.subscribe(subscribers as never);
    onTestFinished(() => {
      channel.unsubscribe(subscribers as never);
    });

    await (await client.get('/a?key=canary')).cancel();

    expect(traces).toEqual([
      {
        method: 'GET',
        url: `${server.url}/a?key=[redacted]`,
        attempt: 1,
        streaming: false,
        status: 200,
      },
    ]);
  });

  it('E30 tells of slow calls', async () => {
    const slow = Promise.withResolvers<SlowCall>();
    const server = await startServer((_request, response) => {
      void slow.promise.then(() => response.end());
    });
    await using client = createHttpClient({
      baseUrl: server.url,
      slowMs: 10,
      onSlow: (call) => slow.resolve(call),
    });

    await (await client.get('/a')).cancel();

    expect(await slow.promise).toMatchObject({ method: 'GET', url: `${server.url}/a`, attempt: 1 });
  });

  it('E29 E31 tells the state of its connections and calls, and resizes', async () => {
    const gate = Promise.withResolvers<void>();
    const server = await startServer((_request, response) => {
      void gate.promise.then(() => response.end());
    });
    await using client = createHttpClient({ baseUrl: server.url, connections: 1 });

    const call = client.get('/a?key=canary');
    const inFlight = client.inFlight();
    gate.resolve();
    await (await call).bytes();

    expect(inFlight).toMatchObject([
      { operation: 'GET', target: `${server.url}/a?key=[redacted]` },
    ]);
    expect(client.inFlight()).toEqual([]);
    expect(JSON.stringify(client.stats())).toContain(server.url);
    expect(() => client.resize(4)).not.toThrow();
  });

  it('E10 leaves nothing behind when it closes', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}));
    const client = createHttpClient({ baseUrl: server.url });
    await (await client.get('/')).bytes();

    await client.close();
    await client.close();

    await expect(client.get('/')).rejects.toBeInstanceOf(ClosedError);
  });

  it('U1 tells every problem of its options at once', () => {
    const make = (): unknown =>
      createHttpClient({
        baseUrl: 'ftp://h',
        conections: 5,
        totalMs: '5',
        slowMs: -1,
        auth: { bearer: '' },
        headers: { 'a b': 'c' },
        retry: { maxRetries: -1 },
      } as never);

    expect(make).toThrow(ConfigurationError);
    for (const name of ['baseUrl', 'conections', 'totalMs', 'slowMs', 'auth', 'headers', 'retry']) {
      expect(make).toThrow(new RegExp(`\\b${name}`));
    }
  });

  it('E15 P24 takes options from arguments, config and environment, in this order', async () => {
    await using client = createHttpClient({
      connections: 1,
      config: { connections: 2, queueMs: 3_000, auth: { bearer: 'canary' } },
      env: {
        APP_CONNECTIONS: '4',
        APP_QUEUE_MS: '5',
        APP_BASE_URL: 'http://h/v1',
        APP_MAX_RETRIES: '6',
        OLD_TIMEOUT: '7',
      },
      envPrefix: 'APP_',
      envAliases: { totalMs: { name: 'OLD_TIMEOUT', unit: 's' } },
    });

    const explained = client.explainConfig();

    expect(explained).toMatchObject({
      connections: { value: 1, origin: 'argument' },
      queueMs: { value: 3_000, origin: 'argument' },
      baseUrl: { value: 'http://h/v1', origin: 'environment', name: 'APP_BASE_URL' },
      'retry.maxRetries': { value: 6, origin: 'environment', name: 'APP_MAX_RETRIES' },
      totalMs: { value: 7_000, origin: 'environment', name: 'OLD_TIMEOUT' },
      idleMs: { value: 60_000, origin: 'default' },
    });
    expect(JSON.stringify(explained)).not.toContain('canary');
  });

  it('P22 takes timeout as another name of totalMs', async () => {
    const server = await startServer(() => undefined);
    await using client = createHttpClient({ baseUrl: server.url, timeout: 20 });

    await expect(client.get('/')).rejects.toMatchObject({ clock: 'totalMs', limitMs: 20 });
  });

  it('P12 P17 sends a batch, in order', async () => {
    const server = await startServer((request, response) => sendJson(response, request.url));
    await using client = createHttpClient({ baseUrl: server.url });

    const results = await client.batch(
      Array.from({ length: 20 }, (_, index) => ({ path: `/${index}` })),
      { concurrency: 5 },
    );

    expect(results).toHaveLength(20);
    expect(results.every((result) => result.status === 'fulfilled')).toBe(true);
  });
});

async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
