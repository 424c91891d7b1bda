import {
  ConfigurationError,
  createClient,
  memoryTransport,
  type Transport,
  type TransportRequest,
} from '@linkspan/core';
import { createHttpClient, fileFromPath } from '@linkspan/http';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { BaseUrl } from '@linkspan/core/wire';
import { type HttpVerbs, httpVerbs } from '../../src/client/http-verbs.ts';
import { type HttpRequestInit, prepareHttpRequest } from '../../src/request/request-init.ts';
import { sendJson, startServer } from '../loopback-server.ts';

/** The verbs over a wire in memory that keeps what it was sent. */
function setUp(): { verbs: HttpVerbs; sent: TransportRequest[] } {
  const sent: TransportRequest[] = [];
  const base = new BaseUrl('http://h/v1');
  const memory = memoryTransport((request) => {
    sent.push(request);
    return { body: {} };
  });
  const transport: Transport<Uint8Array, HttpRequestInit> = Object.assign(memory, {
    prepare: (init: HttpRequestInit) => prepareHttpRequest(init, base),
  });
  return { verbs: httpVerbs(createClient({ transport })), sent };
}

describe('verbs', () => {
  it('C7 has one method for each verb', async () => {
    const { verbs, sent } = setUp();
    for (const verb of ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'] as const) {
      // oxlint-disable-next-line no-await-in-loop -- their order is looked at
      await verbs[verb]('/users');
    }

    expect(sent.map((request) => request.operation)).toEqual([
      'GET',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'HEAD',
      'OPTIONS',
    ]);
    expect(new Set(sent.map((request) => request.target))).toEqual(new Set(['http://h/v1/users']));
    expect(sent.every((request) => request.payload === undefined)).toBe(true);
  });

  it('tells the parts of the request from the options of the call', async () => {
    const { verbs, sent } = setUp();

    await verbs.post(
      '/users',
      { name: 'Ada' },
      {
        params: { page: 2 },
        headers: { 'X-A': '1' },
        idempotencyKey: 'k',
        totalMs: 5_000,
        signal: new AbortController().signal,
      },
    );

    expect(sent[0]).toMatchObject({
      target: 'http://h/v1/users?page=2',
      headers: { 'x-a': '1', 'idempotency-key': 'k', 'content-type': 'application/json' },
      payload: { kind: 'value', value: { name: 'Ada' } },
    });
  });

  it.each<[string, unknown, string]>([
    ['an object', { a: 1 }, 'value'],
    ['an array', [1], 'value'],
    ['null', null, 'value'],
    ['a number', 5, 'value'],
    ['a Date', new Date(0), 'value'],
    ['text', 'a', 'bytes'],
    ['bytes', new Uint8Array(1), 'bytes'],
    ['URLSearchParams', new URLSearchParams('a=1'), 'bytes'],
    ['a Blob', new Blob(['a']), 'factory'],
    ['a function', async () => new Blob(['a']).stream(), 'factory'],
    ['a stream', new Blob(['a']).stream(), 'stream'],
  ])('E5 sends %s in the form that it has', async (_name, body, kind) => {
    const { verbs, sent } = setUp();

    await verbs.post('/a', body);

    expect(sent[0]?.payload?.kind).toBe(kind);
  });

  it('takes a form among the options, and refuses two bodies', async () => {
    const { verbs, sent } = setUp();

    await verbs.post('/a', undefined, { form: { a: 1 } });
    await verbs.delete('/a', { json: { reason: 'old' } });

    expect(sent.map((request) => request.payload?.kind)).toEqual(['bytes', 'value']);
    await expect(verbs.post('/a', {}, { form: {} })).rejects.toThrow(
      'expected one body, found json and form',
    );
    await expect(verbs.post('/a', {}, { json: {} })).rejects.toThrow('found json and body');
  });

  it('refuses an option that there is not', async () => {
    const { verbs, sent } = setUp();

    await expect(verbs.get('/a', { totalMS: 5 } as never)).rejects.toThrow(ConfigurationError);
    expect(sent).toEqual([]);
  });

  it('needs no this', async () => {
    const { get } = setUp().verbs;

    expect((await get('/a')).status).toBe(200);
  });
});

describe('requests of an http client', () => {
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

  it('P8 sends forms, and files from the disk', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}));
    await using client = createHttpClient({ baseUrl: server.url });
    const file = await fileFromPath(new URL('../loopback-server.ts', import.meta.url));

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

  it('N3 N4 N14 reads the answer as text, bytes, lines, and chunks of one size', async () => {
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
});

async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
