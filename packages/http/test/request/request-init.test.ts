import { ConfigurationError, isReplayable, type Payload } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { BaseUrl } from '@linkspan/core/wire';
import { type HttpRequestInit, prepareHttpRequest } from '../../src/request/request-init.ts';

const base = new BaseUrl('http://127.0.0.1:8000/v1');
const prepare = (init: HttpRequestInit): ReturnType<typeof prepareHttpRequest> =>
  prepareHttpRequest(init, base);

async function textOf(payload: Payload | undefined): Promise<string> {
  if (payload?.kind === 'bytes') return Buffer.from(payload.bytes).toString();
  if (payload?.kind !== 'factory' && payload?.kind !== 'stream') throw new Error(payload?.kind);
  const stream = payload.kind === 'factory' ? await payload.open() : payload.stream;
  let text = '';
  for await (const chunk of stream) text += Buffer.from(chunk as Uint8Array).toString();
  return text;
}

describe('prepareHttpRequest()', () => {
  it('P8 takes method, path, params, headers and json', () => {
    const request = prepare({
      method: 'put',
      path: '/users',
      params: { page: 2 },
      headers: { 'X-A': '1' },
      json: { name: 'Ada' },
    });

    expect(request).toEqual({
      operation: 'PUT',
      target: 'http://127.0.0.1:8000/v1/users?page=2',
      headers: { 'x-a': '1', 'content-type': 'application/json' },
      payload: { kind: 'value', value: { name: 'Ada' } },
    });
  });

  it('is a GET without a body and a POST with one', () => {
    expect(prepare({ path: '/a' })).toEqual({
      operation: 'GET',
      target: 'http://127.0.0.1:8000/v1/a',
      headers: {},
    });
    expect(prepare({ path: '/a', json: null }).operation).toBe('POST');
  });

  it('adds params to the query that is there', () => {
    expect(prepare({ url: '/a?b=1', params: { c: 2 } }).target).toMatch(/\/a\?b=1&c=2$/);
    expect(prepare({ url: '/a', params: {} }).target).toMatch(/\/a$/);
  });

  it('keeps a content type that the caller set', () => {
    const headers = { 'Content-Type': 'application/vnd.api+json' };

    expect(prepare({ json: {}, headers }).headers).toEqual({
      'content-type': 'application/vnd.api+json',
    });
  });

  it.each<[string, HttpRequestInit, string | undefined, string]>([
    ['text', { body: 'ü' }, 'text/plain;charset=UTF-8', 'ü'],
    ['bytes', { body: new Uint8Array([97]) }, undefined, 'a'],
    ['a buffer', { body: new Uint8Array([97]).buffer }, undefined, 'a'],
    ['a view', { body: new DataView(new Uint8Array([96, 97]).buffer, 1) }, undefined, 'a'],
    ['a Blob', { body: new Blob(['a'], { type: 'text/css' }) }, 'text/css', 'a'],
    ['a search', { body: new URLSearchParams('a=1') }, 'application/x-www-form-urlencoded', 'a=1'],
    ['a form', { form: { a: [1, 2] } }, 'application/x-www-form-urlencoded', 'a=1&a=2'],
    ['a web stream', { body: new Blob(['a']).stream() }, undefined, 'a'],
    ['an async iterable', { body: chunks('a', 'b') }, undefined, 'ab'],
    ['a factory', { body: () => chunks('a', 'b') }, undefined, 'ab'],
  ])('takes %s as a body', async (_name, init, contentType, text) => {
    const request = prepare(init);

    expect(request.headers?.['content-type']).toBe(contentType);
    expect(await textOf(request.payload)).toBe(text);
  });

  it('knows which bodies can be sent again', async () => {
    const factory = prepare({ body: () => chunks('a') }).payload;

    expect(isReplayable(prepare({ body: chunks('a') }).payload)).toBe(false);
    expect(isReplayable(factory)).toBe(true);
    expect([await textOf(factory), await textOf(factory)]).toEqual(['a', 'a']);
    expect(prepare({ body: new Blob(['abc']) }).payload).toHaveProperty('byteLength', 3);
  });

  it('P8 sends form fields and files in one multipart form', async () => {
    const { headers, payload } = prepare({
      form: { tag: ['a', 'b'] },
      files: { f: { content: 'x', name: 'x.txt' } },
    });
    const form = await new Response(await textOf(payload), { headers: headers! }).formData();

    expect(headers?.['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(form.getAll('tag')).toEqual(['a', 'b']);
    expect(form.get('f')).toMatchObject({ name: 'x.txt' });
  });

  it.each<[HttpRequestInit, string]>([
    [{ json: {}, form: {} }, 'expected one body, found json and form'],
    [{ json: {}, body: 'x' }, 'expected one body, found json and body'],
    [{ multipart: {}, files: {} }, 'expected one body, found files and multipart'],
    [{ url: '/a', path: '/b' }, 'expected url or path, found both'],
    [{ method: 'GE T' }, 'expected an HTTP method, found "GE T"'],
    [{ method: 'GET\r\nx: 1' }, 'expected an HTTP method'],
    [{ method: 'HEAD', json: {} }, 'expected a method that may carry a body, found HEAD'],
    [{ idempotencyKey: 'a\nb' }, 'header idempotency-key: .* found U\\+000A at index 1'],
    [{ jsn: {} } as HttpRequestInit, 'expected one of method, url, .*, found jsn'],
    [{ signal: null } as HttpRequestInit, '.*found signal, an option of the call'],
    [{ body: 5 } as never, 'body: expected a string, bytes, .* found number'],
  ])('refuses %j', (init, message) => {
    expect(() => prepare(init)).toThrow(ConfigurationError);
    expect(() => prepare(init)).toThrow(new RegExp(`^Cannot send the request: ${message}`));
  });

  it.each([
    [undefined, 'found nothing'],
    [null, 'found null'],
    [[], 'found a list'],
    ['/users?key=canary', 'found the text "/users?key=[redacted]"'],
  ])('refuses %j in the place of a request', (init, message) => {
    expect(() => prepare(init as never)).toThrow(ConfigurationError);
    expect(() => prepare(init as never)).toThrow(`such as { method, path }, ${message}`);
  });

  it('sends an idempotency key, and makes one on request', () => {
    const made = prepare({ json: {}, idempotencyKey: true }).headers?.['idempotency-key'];

    expect(prepare({ json: {}, idempotencyKey: 'k1' }).headers?.['idempotency-key']).toBe('k1');
    expect(made).toMatch(/^[0-9a-f-]{36}$/);
    expect(prepare({ json: {}, idempotent: true }).idempotent).toBe(true);
  });

  it('ends the source of a stream that is left early', async () => {
    let ended = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield new Uint8Array(1);
        yield new Uint8Array(1);
      } finally {
        ended = true;
      }
    }
    const { payload } = prepare({ body: source() });

    for await (const chunk of (payload as { stream: AsyncIterable<unknown> }).stream) {
      if (chunk instanceof Uint8Array) break;
    }

    expect(ended).toBe(true);
  });

  it('refuses chunks that are neither bytes nor text', async () => {
    const { payload } = prepare({ body: chunks(5 as never) });

    await expect(textOf(payload)).rejects.toThrow(/expected chunks of bytes or text, found number/);
  });
});

async function* chunks(...all: string[]): AsyncGenerator<string> {
  yield* all;
}
