import { isSecretHeader, redactHeaders, secretValues } from '@linkspan/core';
import { describe, expect, it } from 'vitest';

describe('isSecretHeader()', () => {
  it.each([
    'authorization',
    'Proxy-Authorization',
    'cookie',
    'set-cookie',
    'x-api-key',
    'api-key',
    'x-goog-api-key',
    'ocp-apim-subscription-key',
    'x-amz-security-token',
    'x-auth-token',
    'x-session-id',
    'client_secret',
  ])('N18 takes %s for one', (name) => {
    expect(isSecretHeader(name)).toBe(true);
  });

  it.each([
    'accept',
    'content-type',
    'idempotency-key',
    'x-ratelimit-limit-tokens',
    'keep-alive',
    'author',
  ])('does not take %s for one', (name) => {
    expect(isSecretHeader(name)).toBe(false);
  });
});

describe('redactHeaders()', () => {
  it('N18 shows well-known harmless headers alone', () => {
    const shown = redactHeaders({
      'Content-Type': 'application/json',
      authorization: 'Bearer canary',
      'x-custom': 'canary',
      'set-cookie': ['a=canary', 'b=canary'],
      location: 'https://u:canary@host/?key=canary',
      via: ['1.1 a', '1.1 b'],
      'x-ratelimit-remaining-tokens': '12',
      server: undefined,
    });

    expect(shown).toEqual({
      'content-type': 'application/json',
      authorization: '[redacted]',
      'x-custom': '[redacted]',
      'set-cookie': '[redacted]',
      location: 'https://host/?key=[redacted]',
      via: ['1.1 a', '1.1 b'],
      'x-ratelimit-remaining-tokens': '12',
    });
  });
});

describe('secretValues()', () => {
  it('gives what a peer must not echo, with and without its scheme', () => {
    expect(
      secretValues({ authorization: 'Bearer abc', accept: 'x', 'api-key': ['d', 'e'] }),
    ).toEqual(['Bearer abc', 'abc', 'd', 'e']);
  });

  it('gives the password of Basic credentials, and the values of cookies', () => {
    const authorization = `Basic ${btoa('ada:a:b c')}`;

    expect(secretValues({ authorization })).toContain('a:b c');
    expect(secretValues({ 'proxy-authorization': authorization })).toContain('a:b c');
    expect(secretValues({ cookie: 'theme=dark; sid="canary%2F7"' })).toEqual([
      'theme=dark; sid="canary%2F7"',
      'sid="canary%2F7"',
      'canary%2F7',
      'canary/7',
    ]);
  });
});
