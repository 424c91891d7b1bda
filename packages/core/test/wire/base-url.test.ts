import { ConfigurationError } from '@linkspan/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BaseUrl, resolveUrl } from '../../src/wire/base-url.ts';

describe('BaseUrl', () => {
  it.each([
    ['http://h:81', '/users', 'http://h:81/users'],
    ['http://h:81', 'users', 'http://h:81/users'],
    ['http://h/v1', '/users', 'http://h/v1/users'],
    ['http://h/v1/', 'users', 'http://h/v1/users'],
    ['http://h/v1/', '/users?a=1', 'http://h/v1/users?a=1'],
    ['http://h/v1/', '', 'http://h/v1/'],
    ['http://h/v1', '?a=1', 'http://h/v1?a=1'],
    ['http://h/v1', '/a b/ü', 'http://h/v1/a%20b/%C3%BC'],
    ['http://h/v1', '/a/../b', 'http://h/v1/b'],
    ['http://h/v1', '/message:stream', 'http://h/v1/message:stream'],
    ['http://h/v1', '/users#part', 'http://h/v1/users'],
    ['http://h/v1', 'http://h/v2/users', 'http://h/v2/users'],
    ['HTTPS://H:443/v1', '/users', 'https://h/v1/users'],
    ['http://h/v1?key=1', '/users?a=2', 'http://h/v1/users?key=1&a=2'],
    ['http://h', '/.well-known/x', 'http://h/.well-known/x'],
  ])('resolves %s and %s to %s', (base, target, expected) => {
    expect(new BaseUrl(base).resolve(target)).toBe(expected);
  });

  it.each([
    '//evil.example/x',
    '\\\\evil.example/x',
    '/\\evil.example/x',
    ' //evil.example',
    '///evil.example',
    'http://evil.example/x',
    'https://h/x',
    'http://h:8080/x',
    'http:evil.example',
    'HtTp://evil.example',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'http://user:pass@h/x',
    '/a\r\nhost: evil',
    '/a\u0000b',
    '/\t/evil.example',
    '../admin',
    '/../admin',
    '/%2e%2e/admin',
  ])('refuses %j', (target) => {
    expect(() => new BaseUrl('http://h/v1').resolve(target)).toThrow(ConfigurationError);
  });

  it.each(['//evil.example/x', 'http:evil.example', 'http://user:pass@evil.example'])(
    'tells where %j would have led',
    (target) => {
      expect(() => new BaseUrl('http://h/v1').resolve(target)).toThrow(
        /: the base URL allows http:\/\/h alone, found http:\/\/evil\.example$/,
      );
    },
  );

  it('never leaves its origin and path, whatever the path', () => {
    const base = new BaseUrl('http://h:81/v1');
    const piece = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '%2e',
      '@',
      ':',
      '?',
      '#',
      'evil',
      'http:',
      ' ',
    );
    const target = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(target, (path) => {
        const resolved = resolveOrRefuse(base, path);
        fc.pre(resolved !== undefined);
        const { origin, pathname, username, password } = new URL(resolved);
        const isBelow = pathname === '/v1' || pathname.startsWith('/v1/');
        expect([origin, isBelow, username, password]).toEqual(['http://h:81', true, '', '']);
      }),
      { numRuns: 1_000 },
    );
  });

  it('joins plain paths as the parser does', () => {
    const base = new BaseUrl('http://h/v1');
    const unit = fc.constantFrom(...Array.from("abz09._~!$'()*,;:@+-/?=&%"));
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        const resolved = resolveOrRefuse(base, `/${text}`);
        fc.pre(resolved !== undefined);
        expect(new URL(resolved).href).toBe(resolved);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(['', 'h/v1', 'ftp://h', 'http://', 'http://user:secret@h', 'http://h/\n'])(
    'is not made of %j',
    (url) => {
      expect(() => new BaseUrl(url)).toThrow(/^Cannot use the base URL: (expected|found)/);
    },
  );

  it('tells no password and no query in its errors', () => {
    const errors = ['http://user:canary@h:x', 'x?canary', 'http://user:canary@h'].map((url) => {
      try {
        return new BaseUrl(url).prefix;
      } catch (error) {
        return String(error) + JSON.stringify(error);
      }
    });

    expect(errors.join('\n')).not.toContain('canary');
    expect(errors.join('\n')).toContain('auth');
  });
});

describe('resolveUrl() without a base', () => {
  it('takes absolute http and https URLs alone', () => {
    expect(resolveUrl('http://h/a#b', undefined)).toBe('http://h/a');
    expect(() => resolveUrl('/a', undefined)).toThrow(/the client has no baseUrl/);
    expect(() => resolveUrl('ftp://h/a', undefined)).toThrow(/found the scheme ftp/);
  });

  it.each(['http//ada:ca/na?ry@h', '//ada:canary@h', 'ada:ca#nary@h/a', 'https:ada:canary@h:x'])(
    'tells no user name and password of what is no URL: %s',
    (target) => {
      expect(() => resolveUrl(target, undefined)).toThrow(
        /^Cannot send the request: (?!.*(?:ca|ry))/,
      );
    },
  );
});

/** What the base makes of a path; undefined when it refuses it as it should. */
function resolveOrRefuse(base: BaseUrl, path: string): string | undefined {
  try {
    return base.resolve(path);
  } catch (error) {
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  }
}
