import {
  ConfigurationError,
  createClient,
  memoryTransport,
  type Transport,
  type TransportRequest,
} from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { BaseUrl } from '../src/base-url.ts';
import { httpVerbs, type HttpVerbs } from '../src/http-verbs.ts';
import { type HttpRequestInit, prepareHttpRequest } from '../src/request-init.ts';

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
