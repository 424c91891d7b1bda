import { ManualClock } from '@linkspan/concurrency';
import {
  AuthenticationError,
  BadGatewayError,
  ConflictError,
  GatewayTimeoutError,
  InvalidRequestError,
  type LinkspanError,
  NotFoundError,
  OverloadedError,
  PermissionError,
  QuotaExhaustedError,
  RateLimitError,
  RequestTimeoutError,
  RequestTooLargeError,
  ServerError,
  StatusError,
} from '@linkspan/core';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createHttpClient, type HttpClient } from '../src/client/http-client.ts';
import type { HttpClientOptions } from '../src/client/http-client-options.ts';
import { type LoopbackServer, startServer } from './loopback-server.ts';
import { rejection } from './transport-call.ts';

type Reply = readonly [status: number, headers?: Record<string, string>, body?: string];

/** A client of a server that gives these answers in turn, the last one again and again. */
async function upstream(
  replies: readonly Reply[],
  options: HttpClientOptions = {},
): Promise<{ readonly client: HttpClient; readonly server: LoopbackServer }> {
  let turn = 0;
  const server = await startServer((_request, response) => {
    const [status, headers = {}, body = ''] = replies[Math.min(turn, replies.length - 1)]!;
    turn += 1;
    response.writeHead(status, headers).end(body);
  });
  const client = createHttpClient({ baseUrl: server.url, ...options });
  onTestFinished(() => client.close());
  return { client, server };
}

describe('a status that is no success', () => {
  it.each([
    ['row 28', 400, InvalidRequestError, 'invalid_request', 'no'],
    ['row 28', 404, NotFoundError, 'not_found', 'no'],
    ['row 28', 405, StatusError, 'http_status', 'no'],
    ['row 28', 413, RequestTooLargeError, 'request_too_large', 'no'],
    ['row 28', 422, InvalidRequestError, 'invalid_request', 'no'],
    ['row 29', 401, AuthenticationError, 'authentication', 'no'],
    ['row 30', 403, PermissionError, 'permission', 'no'],
    ['row 31', 408, RequestTimeoutError, 'request_timeout', 'if-idempotent'],
    ['row 31', 425, StatusError, 'http_status', 'if-idempotent'],
    ['row 32', 409, ConflictError, 'conflict', 'no'],
    ['row 36', 429, RateLimitError, 'rate_limit', 'yes'],
    ['row 38', 402, QuotaExhaustedError, 'quota_exhausted', 'no'],
    ['row 39', 500, ServerError, 'server_error', 'if-idempotent'],
    ['row 39', 502, BadGatewayError, 'bad_gateway', 'if-idempotent'],
    ['row 39', 504, GatewayTimeoutError, 'gateway_timeout', 'if-idempotent'],
    ['row 40', 503, OverloadedError, 'unavailable', 'if-idempotent'],
    ['row 41', 529, OverloadedError, 'overloaded', 'yes'],
  ] as const)('%s R17 is thrown: %i', async (_row, status, type, code, retryable) => {
    const body = JSON.stringify({ error: { message: 'Not like this.' } });
    const { client } = await upstream([[status, { 'x-request-id': 'req_7' }, body]], {
      retry: false,
    });
    const error = await rejection(client.post('/a', {}));

    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({
      kind: 'http',
      code,
      status,
      retryable,
      sent: 'yes',
      requestId: 'req_7',
      body,
      attempts: 1,
    });
    expect((error as Error).message).toMatch(new RegExp(`status ${status}: Not like this$`));
    expect(client.inFlight()).toEqual([]);
    expect(client.stats()).toMatchObject([{ running: 0, queued: 0 }]);
  });

  it('row 39 keeps 4 KiB of an HTML page, and its message none', async () => {
    const page = `<html>${'x'.repeat(10_000)}</html>`;
    const { client } = await upstream([[502, { 'content-type': 'text/html' }, page]]);
    const error = (await rejection(client.get('/a', { retry: false }))) as StatusError;

    expect(error.body).toHaveLength(4096);
    expect(error.message).not.toContain('<html>');
  });

  it.each([
    ['row 39 a 500 of a POST', [500], 1],
    ['row 40 a 503 of a POST that promises nothing', [503], 1],
    ['row 40 a 503 of a POST with a time to come back', [503, { 'retry-after': '0' }], 3],
    ['row 36 a 429 of a POST', [429], 3],
    ['row 42 a 500 of a POST that says so', [500, { 'x-should-retry': 'true' }], 3],
    ['row 42 a 429 that forbids it', [429, { 'x-should-retry': 'false' }], 1],
    ['row 32 a 409', [409], 1],
  ] as [string, Reply, number][])('tries again as is safe: %s', async (_name, reply, attempts) => {
    const { client, server } = await upstream([reply], { retry: { baseDelayMs: 0 } });
    const error = (await rejection(client.post('/a', {}))) as LinkspanError;

    expect(error.attempts).toBe(attempts);
    expect(server.seen).toHaveLength(attempts);
  });

  it.each([
    ['row 33 seconds', { 'retry-after': '7' }, 7_000],
    ['row 35 milliseconds, which win', { 'retry-after': '7', 'retry-after-ms': '250' }, 250],
  ])('waits exactly as long as it is told: %s', async (_name, headers, waitMs) => {
    const clock = new ManualClock();
    const waits: number[] = [];
    const { client, server } = await upstream([[429, headers], [200]], {
      clock,
      retry: { onRetry: (notice) => waits.push(notice.waitMs) },
    });
    const call = client.get('/a');
    await vi.waitFor(() => expect(waits).toHaveLength(1));
    await clock.advance(waitMs - 1);
    const before = server.seen.length;
    await clock.advance(1);
    await (await call).bytes();

    expect(waits).toEqual([waitMs]);
    expect([before, server.seen.length]).toEqual([1, 2]);
  });

  it('row 37 fails at once when the wait is longer than the call may take, and tells it', async () => {
    const { client, server } = await upstream([[429, { 'retry-after': '100' }]]);
    const error = await rejection(client.get('/a', { totalMs: 10_000 }));

    expect(error).toMatchObject({ code: 'rate_limit', retryAfterMs: 100_000, attempts: 1 });
    expect((error as Error).message).toMatch(/100 s/);
    expect(server.seen).toHaveLength(1);
  });

  it('row 29 refreshes credentials once, and then fails', async () => {
    let refreshes = 0;
    const { client, server } = await upstream([[401]], {
      auth: { bearer: 'old', refresh: () => `new-${++refreshes}` },
    });

    expect(await rejection(client.get('/a'))).toBeInstanceOf(AuthenticationError);
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer old',
      'Bearer new-1',
    ]);
  });
});

describe('an answer that is not what was asked for', () => {
  it.each([
    ['row 27 HTML', '<html>canary</html>', /expected a value at line 1, column 1, found "<"/],
    ['row 27 JSON that was cut', '{"a":', /line 1, column 6, found the end/],
    ['row 26 bytes that are not UTF-8', '\u00ff', /4 bytes are not UTF-8/],
  ])('fails json(): %s', async (_name, body, message) => {
    const server = await startServer((_request, response) =>
      response.end(body === '\u00ff' ? Buffer.from([0x22, 0xff, 0xfe, 0x22]) : body),
    );
    await using client = createHttpClient({ baseUrl: server.url });
    const error = (await rejection((await client.get('/a')).json())) as LinkspanError;

    expect(error).toMatchObject({ kind: 'message', code: 'decode_json', retryable: 'no' });
    expect(error.message).toMatch(message);
  });
});
