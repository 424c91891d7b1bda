import { ManualClock } from '@linkspan/concurrency';
import { describe, expect, it } from 'vitest';
import {
  ConnectionResetError,
  createClient,
  memoryTransport,
  RateLimitError,
  ServerError,
  type StatusError,
  type TransportRequest,
} from '@linkspan/core';
import { EndlessBody, SilentBody } from '../endless-body.ts';

const get: TransportRequest = { operation: 'GET', target: '/' };

async function failureOf(body: unknown, request: TransportRequest = get): Promise<StatusError> {
  const client = createClient({
    transport: memoryTransport(() => ({ status: 500, body })),
    retry: false,
  });
  const failure = await client.request(request).then(
    () => undefined,
    (error: unknown) => error as StatusError,
  );
  expect(client.inFlight()).toEqual([]);
  if (failure === undefined) throw new Error('Expected a failure');
  return failure;
}

describe('raiseForStatus()', () => {
  it('R17 E25 throws the status with the start of the body', async () => {
    const error = await failureOf('out of order');
    expect(error).toBeInstanceOf(ServerError);
    expect(error).toMatchObject({ kind: 'http', status: 500, body: 'out of order', sent: 'yes' });
  });

  it('reads at most 64 KiB of a body and frees the wire', async () => {
    const body = new EndlessBody();
    const error = await failureOf(body);
    expect(error.status).toBe(500);
    expect(body.reads).toBe(64);
    expect(body.releases).toBe(1);
  });

  it('tells the status also when its body breaks', async () => {
    async function* broken(): AsyncGenerator<string> {
      yield 'half of';
      throw new ConnectionResetError('Cannot read: reset');
    }
    expect(await failureOf(broken())).toMatchObject({ status: 500, body: 'half of' });
  });

  it('tells the status also when its body is silent', async () => {
    const clock = new ManualClock();
    const body = new SilentBody('half of');
    const client = createClient({
      transport: memoryTransport(() => ({ status: 429, headers: { 'retry-after': '90' }, body })),
      clock,
    });
    const answer = client.request(get, { idleMs: 100 });
    answer.catch(() => {});
    await clock.advance(100);

    await expect(answer).rejects.toMatchObject({ constructor: RateLimitError, body: 'half of' });
    expect(body.releases).toBe(1);
  });

  it('shows no key of the request that the peer echoes', async () => {
    const error = await failureOf('Incorrect API key provided: canary-5f2e91', {
      ...get,
      headers: { authorization: 'Bearer canary-5f2e91' },
    });
    expect(JSON.stringify(error) + error.message + String(error.body)).not.toContain('canary');
  });
});
