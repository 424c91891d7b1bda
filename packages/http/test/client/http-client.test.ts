import { tracingChannel } from 'node:diagnostics_channel';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  ClosedError,
  ConnectionRefusedError,
  NotFoundError,
  StreamIncompleteError,
  TimeoutError,
} from '@linkspan/core';
import { ndjson, openaiChat } from '@linkspan/dialects';
import { createHttpClient, type SlowCall } from '@linkspan/http';
import { leakProbe } from '@linkspan/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sendJson, startServer } from '../loopback-server.ts';

describe('createHttpClient()', () => {
  it('E5 gives a value instead of a throw under safe', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}, 404));
    await using client = createHttpClient({ baseUrl: server.url });

    const lost = await client.safe.post('/none', {});
    const found = await client.safe.request({ path: '/none' }, { acceptStatus: () => true });

    expect(lost).toEqual({ ok: false, error: expect.any(NotFoundError) });
    expect(found).toMatchObject({ ok: true, value: { status: 404 } });
  });

  it('E6 E27 R15 streams the answer to a post', async () => {
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

  it('E4 E9 names the clock that ran out, its limit and where the call was', async () => {
    const server = await startServer((request, response) => {
      if (request.url === '/silent') return;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(request.url === '/stalled' ? 'data: one\n\n' : ': ping\n\n');
      const pings = setInterval(() => response.write(': ping\n\n'), 5);
      if (request.url === '/body') clearInterval(pings);
      response.on('close', () => clearInterval(pings));
    });
    await using client = createHttpClient({ baseUrl: server.url, retry: false });
    const failed = (call: Promise<unknown>): Promise<unknown> =>
      call.catch((error: unknown) => error);
    const read = async (path: string, clocks: object): Promise<void> => {
      for await (const event of client.postStream(path, {}, clocks)) void event;
    };

    const failures = await Promise.all([
      failed(client.get('/silent', { totalMs: 20 })),
      failed(client.get('/silent', { attemptMs: 20 })),
      failed(client.get('/body', { idleMs: 20 }).then((response) => response.text())),
      failed(read('/silent', { firstEventMs: 20 })),
      failed(read('/comments', { firstEventMs: 20 })),
      failed(read('/stalled', { eventIdleMs: 20 })),
    ]);

    const first = 'firstEventMs';
    const clocks = ['totalMs', 'attemptMs', 'idleMs', first, first, 'eventIdleMs'];
    for (const [index, clock] of clocks.entries()) {
      expect(failures[index]).toBeInstanceOf(TimeoutError);
      expect(failures[index]).toMatchObject({ kind: 'timeout', clock, limitMs: 20 });
      expect(failures[index]).toHaveProperty('elapsedMs', expect.any(Number));
      expect(failures[index]).toHaveProperty('phase', expect.any(String));
    }
  });

  it('C8 N7 R19 retries the statuses that it is told, with the waits that it is told', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}, 418));
    const waits: number[] = [];
    await using client = createHttpClient({
      baseUrl: server.url,
      random: () => 0.5,
      retry: {
        maxRetries: 3,
        baseDelayMs: 2,
        backoffFactor: 3,
        retryOn: [418],
        onRetry: ({ waitMs }) => waits.push(waitMs),
      },
    });

    await expect(client.get('/')).rejects.toMatchObject({ status: 418, attempts: 4 });
    expect(waits).toEqual([1, 3, 9]);
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
    const arrival = Promise.withResolvers<void>();
    const server = await startServer((_request, response) => {
      arrival.resolve();
      void gate.promise.then(() => response.end());
    });
    await using client = createHttpClient({ baseUrl: server.url, connections: 1 });

    const call = client.get('/a?key=canary');
    await arrival.promise;
    const behind = client.get('/b');
    const inFlight = client.inFlight();
    gate.resolve();
    await Promise.all([call, behind].map(async (answer) => await (await answer).bytes()));

    expect(inFlight).toMatchObject([
      { operation: 'GET', target: `${server.url}/a?key=[redacted]`, phase: 'headers' },
      { operation: 'GET', target: `${server.url}/b`, phase: 'queue' },
    ]);
    expect(client.inFlight()).toEqual([]);
    expect(JSON.stringify(client.stats())).toContain(server.url);
    expect(() => client.resize(4)).not.toThrow();
  });

  it('E10 leaves nothing behind when it closes', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}));
    const { signal } = new AbortController();
    const probe = leakProbe({ listeners: { 'the signal': signal } });
    const client = createHttpClient({ baseUrl: server.url });
    await (await client.get('/', { signal })).bytes();

    await client.close();
    await client.close();

    await expect(client.get('/')).rejects.toBeInstanceOf(ClosedError);
    await probe.check();
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
