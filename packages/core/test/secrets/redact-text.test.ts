import { redactText } from '@linkspan/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('redactText()', () => {
  it.each([
    [
      'Incorrect API key provided: sk-proj-abc123DEF. Find yours',
      'Incorrect API key provided: [redacted] Find yours',
    ],
    ['Incorrect API key provided: sk-ab***********yz', 'Incorrect API key provided: [redacted]'],
    ['got "Bearer abc123def"', 'got "Bearer [redacted]"'],
    ['Basic dXNlcjpwYXNz', 'Basic [redacted]'],
    ['{"api_key": "canary", "model": "x"}', '{"api_key": "[redacted]", "model": "x"}'],
    [
      String.raw`"{\"password\":\"can\\\"ary\",\"a\":1}"`,
      String.raw`"{\"password\":"[redacted]",\"a\":1}"`,
    ],
    ["{'access_token': 'canary'}", `{'access_token': "[redacted]"}`],
    ['password=canary&x=1', 'password=[redacted]&x=1'],
    ['authorization: canary', 'authorization: [redacted]'],
    [
      'connect to https://u:canary@host/x?key=canary failed',
      'connect to https://host/x?key=[redacted] failed',
    ],
    ['AKIAIOSFODNN7EXAMPLE', '[redacted]'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_', '[redacted]'],
    ['ghp_abcdefghijklmnop', '[redacted]'],
    [
      'a -----BEGIN EC PRIVATE KEY-----\ncan+/ary\n-----END EC PRIVATE KEY----- b',
      'a [redacted] b',
    ],
    ['"-----BEGIN PRIVATE KEY-----\\ncanary', '"[redacted]'],
    ['to https://app.example.com/#token=abc', 'to https://app.example.com/'],
    ['to https://app.example.com/#a1b2c3', 'to https://app.example.com/'],
  ])('takes the credential out of %j', (text, shown) => {
    expect(redactText(text)).toBe(shown);
  });

  it.each([
    'Unexpected token: expected a comma',
    'The model does not support basic functionality',
    'max_tokens: 4096 is over the limit',
    'Invalid token',
    'bearer authentication is needed',
    'getaddrinfo ENOTFOUND api.example.com',
    '{"total_tokens": 12, "tokenizer": "x"}',
    'task-force, risk-free, disk-full',
    'See https://docs.example.com/models#supported-files.',
  ])('leaves %j as it is', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it('redacts a redacted text no further', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const once = redactText(`Bearer abc123 ${text} password=x {"secret":"y"}`);
        expect(redactText(once)).toBe(once);
      }),
    );
  });

  it.each([
    '-eyJaaaaaaaa',
    'bearer ',
    'Bearer a',
    'a-',
    'token token',
    'password ',
    '"token',
    'a://',
    'sk-sk-',
    '\\"',
    '"key": \\"',
  ])('costs no more than its length, on many times %j', (part) => {
    // With a cost that grows with the square, this takes minutes.
    expect(redactText(part.repeat(100_000))).toBeTypeOf('string');
  });
});
