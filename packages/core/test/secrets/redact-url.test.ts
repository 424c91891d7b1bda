import { redactUrl } from '@linkspan/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('redactUrl()', () => {
  it.each([
    ['https://user:pw@host/path?key=abc&b=c#x', 'https://host/path?key=[redacted]&b=[redacted]'],
    ['https://host:8443/v1/chat', 'https://host:8443/v1/chat'],
    ['/v1/models?api_key=abc', '/v1/models?api_key=[redacted]'],
    ['/v1?abc', '/v1?[redacted]'],
    ['/v1?', '/v1?'],
    ['https://registry/@scope/name', 'https://registry/@scope/name'],
    ['/@scope/name', '/@scope/name'],
    ['user:pw@proxy:8080', 'proxy:8080'],
    ['//user:pw@host/x', '//host/x'],
    ['https:\\\\user:pw@host\\x', 'https:\\\\host\\x'],
    ['ht\ntps://user:p\tw@host', 'https://host'],
    ['https://user:p@w@host/', 'https://host/'],
    ['https://user:pa/ss@host/', 'https://host/'],
    ['https://user:pa#ss@host/', 'https://host/'],
    ['', ''],
  ])('shows %j as %j', (url, shown) => {
    expect(redactUrl(url)).toBe(shown);
  });

  it('takes a URL object', () => {
    expect(redactUrl(new URL('https://a:b@c/?d=e'))).toBe('https://c/?d=[redacted]');
  });

  it('shows no password, user, value of the query or fragment of any URL', () => {
    const secret = fc
      .stringMatching(/^[a-zA-Z0-9!$'()*+,;:@/?#[\]% &=-]{0,12}$/)
      .map((s) => `CANARY${s}CANARY`);
    const scheme = fc.constantFrom('https://', 'http://', 'wss://', 'socks5://');
    fc.assert(
      fc.property(
        scheme,
        secret,
        secret,
        secret,
        secret,
        (start, user, password, value, fragment) => {
          const url = `${start}${encodeURIComponent(user)}:${encodeURIComponent(password)}@host/p?k=${encodeURIComponent(value)}#${fragment}`;
          expect(redactUrl(url)).toBe(`${start}host/p?k=[redacted]`);

          expect(redactUrl(`${start}u:${password.replaceAll(/[?@]/g, '')}@host/p`)).not.toContain(
            'CANARY',
          );
        },
      ),
    );
  });
});
