import { describe, expect, it, vi } from 'vitest';
import {
  createClient,
  type MemoryAnswer,
  memoryTransport,
  RateLimitError,
  TransportError,
  type TransportRequest,
} from '@linkspan/core';
import { EndlessBody } from '../endless-body.ts';

const get: TransportRequest = { operation: 'GET', target: '/' };

/** A transport that answers in turn, and remembers the requests. */
function answering(...answers: MemoryAnswer[]) {
  const requests: TransportRequest[] = [];
  const transport = memoryTransport((request) => {
    requests.push(request);
    return answers[requests.length - 1] ?? { body: 'done' };
  });
  return { transport, requests };
}

describe('onRequest', () => {
  it('N9 sees and replaces the request of every attempt', async () => {
    const { transport, requests } = answering({ status: 503 });
    const client = createClient({
      transport,
      retry: { baseDelayMs: 0 },
      onRequest: (request, { attempt }) => ({
        ...request,
        headers: { ...request.headers, attempt: String(attempt) },
      }),
    });

    await client.request(get);

    expect(requests.map(({ headers }) => headers)).toEqual([{ attempt: '1' }, { attempt: '2' }]);
  });

  it('fails the call with what it throws, and nothing is sent', async () => {
    const { transport, requests } = answering();
    const mistake = new Error('no token');
    const client = createClient({
      transport,
      onRequest: () => {
        throw mistake;
      },
    });

    await expect(client.request(get)).rejects.toBe(mistake);
    expect(requests).toEqual([]);
    expect(client.inFlight()).toEqual([]);
  });
});

describe('onResponse', () => {
  it('N10 sees answers of every status and may replace them', async () => {
    const statuses: unknown[] = [];
    const { transport } = answering({ status: 418 });
    const client = createClient({
      transport,
      onResponse: (response) => {
        statuses.push(response.status);
        return { ...response, status: 200 };
      },
    });

    expect((await client.request(get)).status).toBe(200);
    expect(statuses).toEqual([418]);
  });

  it('N10 may ask for another try of a refused answer, also of a POST', async () => {
    const { transport, requests } = answering({ status: 429 });
    const client = createClient({
      transport,
      onResponse: ({ status }) => (status === 429 ? { retry: true, afterMs: 1 } : undefined),
    });

    const response = await client.request({ operation: 'POST', target: '/' });

    expect(response.status).toBe(200);
    expect(requests).toHaveLength(2);
  });

  it('N10 may forbid another try; the failure stays what it is', async () => {
    const { transport, requests } = answering({ status: 429, headers: { 'retry-after': '0' } });
    const client = createClient({ transport, onResponse: () => ({ retry: false }) });

    await expect(client.request(get)).rejects.toBeInstanceOf(RateLimitError);
    expect(requests).toHaveLength(1);
  });

  it('N10 may ask for another try of an answer whose status is fine', async () => {
    const body = new EndlessBody();
    const { transport, requests } = answering({
      headers: { 'x-state': 'pending' },
      body,
    });
    const client = createClient({
      transport,
      onResponse: ({ headers }) =>
        headers['x-state'] === 'pending' ? { retry: true, afterMs: 0 } : undefined,
    });

    expect(await (await client.request(get)).text()).toBe('done');
    expect(requests).toHaveLength(2);
    expect(body.releases).toBe(1);
  });

  it('says that the hook asked, when there is no other try left', async () => {
    const { transport } = answering();
    const client = createClient({ transport, retry: false, onResponse: () => ({ retry: true }) });

    await expect(client.request(get)).rejects.toMatchObject({
      constructor: TransportError,
      code: 'retry_requested',
    });
  });

  it('fails the call with what it throws, and frees the answer', async () => {
    const body = new EndlessBody();
    const { transport } = answering({ body });
    const mistake = new Error('no');
    const client = createClient({
      transport,
      onResponse: () => {
        throw mistake;
      },
    });

    await expect(client.request(get)).rejects.toBe(mistake);
    expect(body.releases).toBe(1);
  });

  it('fails the call with what it throws, also when the answer cannot be freed', async () => {
    const mistake = new Error('no');
    const body = new EndlessBody();
    body.return = () => Promise.reject(new Error('stuck'));
    const client = createClient({
      transport: answering({ body }).transport,
      onResponse: () => Promise.reject(mistake),
    });

    await expect(client.request(get)).rejects.toBe(mistake);
  });
});

describe('onError', () => {
  it('is told once, after the last attempt', async () => {
    const { transport } = answering({ status: 503 }, { status: 503 }, { status: 503 });
    const told: unknown[] = [];
    const client = createClient({
      transport,
      retry: { baseDelayMs: 0 },
      onError: (error, request) => void told.push([error, request]),
    });

    const error: unknown = await client.request(get).catch((failure: unknown) => failure);

    expect(told).toEqual([[error, get]]);
    expect(error).toMatchObject({ attempts: 3 });
  });

  it('reports what it throws as a warning and lets the call fail as it would', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { transport } = answering({ status: 404 });
    const client = createClient({
      transport,
      onError: () => {
        throw new Error('logger down');
      },
    });

    await expect(client.request(get)).rejects.toMatchObject({ status: 404 });
    expect(emitWarning).toHaveBeenCalledOnce();
    expect(String(emitWarning.mock.calls[0]?.[0])).toContain('The onError hook failed');
  });
});
