import { hedge, RetryHandler, standardResilience } from '@linkspan/resilience';
import { createHttpClient, type HttpClientOptions } from '@linkspan/http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Answer, startServer } from '../loopback-server.ts';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** A client of a server that breaks off two connections of three. */
async function scene(options: HttpClientOptions, answer: Answer = breakingOff()) {
  const server = await startServer(answer);
  const client = createHttpClient({ baseUrl: server.url, env: {}, ...options });
  onTestFinished(() => client.close());
  return { client, seen: (name: string) => server.seen.map(({ headers }) => headers[name]) };
}

function breakingOff(): Answer {
  let requests = 0;
  return (_request, response) => {
    requests += 1;
    if (requests % 3 === 0) response.end('done');
    else response.destroy();
  };
}

const marks = { attemptHeader: 'X-Retry-Attempt', idempotencyKeys: true, baseDelayMs: 0 };

describe.each<[string, HttpClientOptions]>([
  ['createHttpClient({ retry })', { retry: marks }],
  [
    'standardResilience({ retry })',
    { retry: false, middleware: [standardResilience({ retry: marks })] },
  ],
])('%s', (_name, options) => {
  it('U14 sends a POST again with its key, and each call has a key of its own', async () => {
    const { client, seen } = await scene(options);

    expect(await (await client.post('/orders', { item: 1 })).text()).toBe('done');
    expect(await (await client.post('/orders', { item: 1 })).text()).toBe('done');

    const keys = seen('idempotency-key');
    expect(keys[0]).toMatch(UUID);
    expect(keys[3]).toMatch(UUID);
    expect(keys).toEqual([keys[0], keys[0], keys[0], keys[3], keys[3], keys[3]]);
    expect(keys[3]).not.toBe(keys[0]);
  });

  it('tells the server which attempt it gets, and of a GET no key', async () => {
    const { client, seen } = await scene(options);

    expect(await (await client.get('/orders')).text()).toBe('done');

    expect(seen('x-retry-attempt')).toEqual(['1', '2', '3']);
    expect(seen('idempotency-key')).toEqual([undefined, undefined, undefined]);
  });
});

describe('hedge() within a client that makes idempotency keys', () => {
  it('sends both attempts of a POST with one key', async () => {
    let requests = 0;
    const { client, seen } = await scene(
      { retry: { idempotencyKeys: true }, middleware: [hedge({ delayMs: 1 })] },
      (_request, response) => {
        requests += 1;
        if (requests === 2) response.end('done');
      },
    );

    expect(await (await client.post('/orders', {})).text()).toBe('done');

    const keys = seen('idempotency-key');
    expect(keys).toEqual([expect.stringMatching(UUID), keys[0]]);
  });
});

describe('RetryHandler.run()', () => {
  it('N7 tries calls of a client again as one, with their failures and hints', async () => {
    const answers = [503, 200, 200];
    const { client, seen } = await scene({ retry: false }, ({ url }, response) => {
      if (url === '/token') response.end('token');
      else response.writeHead(answers.shift() ?? 200, { 'retry-after-ms': '1' }).end('done');
    });
    const waits: number[] = [];
    const handler = new RetryHandler({ onRetry: ({ waitMs }) => waits.push(waitMs) });

    const answer = await handler.run(async ({ signal, deadline }) => {
      const token = await (await client.get('/token', { signal, deadline })).text();
      const headers = { 'x-token': token };
      return await (await client.get('/orders', { signal, deadline, headers })).text();
    });

    expect(answer).toBe('done');
    expect(waits).toEqual([1]);
    expect(seen('x-token')).toEqual([undefined, 'token', undefined, 'token']);
  });
});
