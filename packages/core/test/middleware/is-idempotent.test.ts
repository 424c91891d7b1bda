import { describe, expect, it } from 'vitest';
import { isIdempotent } from '@linkspan/core';

describe('isIdempotent()', () => {
  it.each([
    ['GET', true],
    ['HEAD', true],
    ['OPTIONS', true],
    ['TRACE', true],
    ['PUT', true],
    ['DELETE', true],
    ['POST', false],
    ['PATCH', false],
    ['chat', false],
  ])('says of %s: %s', (operation, expected) => {
    expect(isIdempotent({ operation, target: '/' })).toBe(expected);
  });

  it('believes a request with a key, and before all what a request says of itself', () => {
    const headers = { 'idempotency-key': 'k' };
    expect(isIdempotent({ operation: 'POST', target: '/', headers })).toBe(true);
    expect(isIdempotent({ operation: 'POST', target: '/', headers, idempotent: false })).toBe(
      false,
    );
    expect(isIdempotent({ operation: 'chat', target: 'm', idempotent: true })).toBe(true);
  });
});
