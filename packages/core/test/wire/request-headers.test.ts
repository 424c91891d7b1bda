import { ConfigurationError } from '@linkspan/core';
import { describe, expect, it } from 'vitest';
import { normalizeHeaders } from '../../src/wire/request-headers.ts';

describe('normalizeHeaders()', () => {
  it('writes names in lower case and values as text', () => {
    const headers = normalizeHeaders({
      'X-Number': 1,
      'X-Flag': true,
      Accept: ['text/html', 'application/json'],
      Cookie: ['a=1', 'b=2'],
      'X-None': undefined,
    });

    expect(headers).toEqual({
      'x-number': '1',
      'x-flag': 'true',
      accept: 'text/html, application/json',
      cookie: 'a=1; b=2',
    });
  });

  it('takes a Headers object and pairs', () => {
    expect(normalizeHeaders(new Headers({ A: '1' }))).toEqual({ a: '1' });
    expect(normalizeHeaders([['A', '1']])).toEqual({ a: '1' });
  });

  it.each(['accept: a', 5, null])('refuses %j in the place of headers', (headers) => {
    expect(() => normalizeHeaders(headers as never)).toThrow('expected headers by name, found');
  });

  it('refuses a value that has no text of its own', () => {
    expect(() => normalizeHeaders({ 'x-a': { b: 1 } as never })).toThrow(
      'header x-a: expected text, a number, a boolean or a list, found an object',
    );
  });

  it('refuses two names that differ in case alone', () => {
    expect(() => normalizeHeaders({ 'Content-Length': '1', 'content-length': '2' })).toThrow(
      /content-length: expected it once, found it twice/,
    );
  });

  it('N18 refuses every character that could end a header, and strips none', () => {
    const refused = Array.from({ length: 0x120 }, (_, code) => code).filter((code) => {
      const value = `a${String.fromCharCode(code)}b`;
      try {
        return normalizeHeaders({ 'x-a': value })['x-a'] !== value;
      } catch (error) {
        return error instanceof ConfigurationError;
      }
    });

    const controls = Array.from({ length: 0x20 }, (_, code) => code).filter((code) => code !== 9);
    const beyond = Array.from({ length: 0x20 }, (_, code) => 0x100 + code);
    expect(refused).toEqual([...controls, 0x7f, ...beyond]);
  });

  it.each(['', 'a b', 'a:b', 'a\r\nb', 'ü', 'a\u0000'])('refuses the name %j', (name) => {
    expect(() => normalizeHeaders({ [name]: '1' })).toThrow(ConfigurationError);
  });

  it('tells where the bad character is, and not the value', () => {
    expect(() => normalizeHeaders({ authorization: 'Bearer canary\n' })).toThrow(
      'Cannot send the request: header authorization: expected visible Latin-1 characters, found U+000A at index 13',
    );
  });

  it('keeps a header named __proto__ a header', () => {
    const headers = normalizeHeaders([['__proto__', 'x']]);

    expect(Object.keys(headers)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
  });
});
