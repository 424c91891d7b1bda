import { ConfigurationError, SerializationError, type TransportRequest } from '@linkspan/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BaseUrl } from '@linkspan/core/wire';
import { TargetReader, writeRequest } from '../../src/call/wire-request.ts';
import { startRawServer } from '../raw-server.ts';
import { contextOf, rejection, startTransport } from '../transport-call.ts';

const write = (facts: Partial<TransportRequest>) =>
  writeRequest(
    { operation: 'POST', target: '/', ...facts },
    ['http://a', '/'],
    ['user-agent', 'x'],
  );

describe('writeRequest()', () => {
  it('puts the headers of the request in the place of the defaults', () => {
    expect(write({ headers: { 'user-agent': 'y', 'x-a': '1' } }).headers).toEqual([
      'user-agent',
      'y',
      'x-a',
      '1',
    ]);
  });

  it.each([
    'connection',
    'Connection',
    'transfer-encoding',
    'Transfer-Encoding',
    'keep-alive',
    'upgrade',
    'expect',
    'te',
    'trailer',
  ])('refuses the header %s, which is the transport’s own', (name) => {
    expect(() => write({ headers: { [name]: 'x' } })).toThrow(ConfigurationError);
    expect(() => write({ headers: { [name]: 'x' } })).toThrow(
      /headers\.[a-z-]+: expected no header about/,
    );
  });

  it('refuses a content-length that is not that of the body', () => {
    const payload = { kind: 'bytes', bytes: new Uint8Array(3) } as const;

    expect(() => write({ payload, headers: { 'content-length': '3' } })).not.toThrow();
    expect(() => write({ payload, headers: { 'content-length': '4' } })).toThrow(
      /content-length: expected 3, the length of the body, found "4"/,
    );
    expect(() => write({ headers: { 'content-length': '4' } })).toThrow(/expected 0/);
  });

  it('keeps the content type of the request', () => {
    const payload = { kind: 'value', value: 1 } as const;

    expect(write({ payload }).headers).toContain('application/json');
    expect(write({ payload, headers: { 'content-type': 'a/b' } }).headers).not.toContain(
      'application/json',
    );
  });

  it.each([
    ['a circle', circle(), '$.self refers back to what holds it'],
    ['a bigint', { rows: [1n] }, '$.rows[0] is a bigint'],
    ['a function', () => 1, '$ is a function'],
    ['undefined', undefined, '$ is undefined'],
  ])('refuses %s as a value, and tells where it is', (_name, value, message) => {
    const writeIt = (): unknown => write({ payload: { kind: 'value', value } });

    expect(writeIt).toThrow(SerializationError);
    expect(writeIt).toThrow(`Cannot write as JSON: ${message}`);
  });
});

describe('TargetReader', () => {
  it('reads what the URL parser reads', () => {
    const base = new BaseUrl('http://127.0.0.1:8000/v1');
    const reader = new TargetReader(base);
    fc.assert(
      fc.property(fc.stringMatching(/^[\w./%?#&=:;@\\ "'<>^`{|}~-]{0,20}$/), (tail) => {
        const target = `http://127.0.0.1:8000/v1/${tail}`;
        const url = new URL(target);
        const isWithin = url.pathname.startsWith('/v1/') || url.pathname === '/v1';
        if (!isWithin) return;
        expect(reader.read(target)).toEqual([url.origin, url.pathname + url.search]);
      }),
      { seed: 3, numRuns: 2_000 },
    );
  });

  it('remembers no origin that is only the start of another', () => {
    const reader = new TargetReader(undefined);

    expect(reader.read('http://example.com/a')).toEqual(['http://example.com', '/a']);
    expect(reader.read('http://example.com.evil.test/a')[0]).toBe('http://example.com.evil.test');
    expect(reader.read('http://example.com:81/a')[0]).toBe('http://example.com:81');
    expect(reader.read('http://example.com?q')).toEqual(['http://example.com', '/?q']);
  });
});

describe('a request with something smuggled into it', () => {
  const bad = ['\r\nx-evil: 1', '\n', '\r', '\0', '\u007f', '\u0001', '\u0100', '\ud83d\ude00'];

  it.each(bad.map((text) => [JSON.stringify(text), text]))(
    'N18 is refused with %s in a header, the method or the target, before a byte is written',
    async (_shown, text) => {
      const server = await startRawServer(() => {});
      const transport = startTransport({ baseUrl: server.url });
      const requests: TransportRequest[] = [
        { operation: 'GET', target: '/', headers: { 'x-a': `a${text}` } },
        { operation: 'GET', target: '/', headers: { [`x-a${text}`]: 'a' } },
        { operation: 'GET', target: '/', headers: { host: `a${text}` } },
        { operation: `GET${text}`, target: '/' },
      ];
      const errors = await Promise.all(
        requests.map((request) => rejection(transport.send(request, contextOf()))),
      );

      for (const error of errors) expect(error).toMatchObject({ kind: 'config', sent: 'no' });
      expect(server.connections.map(({ received }) => received).join('')).toBe('');
    },
  );

  it('N18 says which header it is', async () => {
    const transport = startTransport({ baseUrl: 'http://127.0.0.1:1' });
    const send = (headers: Readonly<Record<string, string>>) =>
      rejection(transport.send({ operation: 'GET', target: '/', headers }, contextOf()));

    expect(await send({ 'x-a': 'b\nc' })).toHaveProperty(
      'message',
      expect.stringMatching(
        /header x-a: expected visible Latin-1 characters, found U\+000A at index 1/,
      ),
    );
    expect(await send({ 'x a': 'b' })).toHaveProperty('message', expect.stringMatching(/"x a"/));
    expect(await send({ host: 'a', Host: 'b' })).toMatchObject({ kind: 'config' });
    expect(await send({ 'content-length': '0', 'Content-Length': '0' })).toMatchObject({
      kind: 'config',
    });
  });
});

function circle(): unknown {
  const value: Record<string, unknown> = {};
  value['self'] = value;
  return value;
}
