import { inspect } from 'node:util';
import { Secret, secret } from '@linkspan/core';
import { describe, expect, it } from 'vitest';

describe('Secret', () => {
  const key = new Secret('canary');

  it.each([
    ['String()', String(key)],
    ['a template', `${key}`],
    ['JSON', JSON.stringify({ key })],
    ['inspect', inspect({ key }, { depth: Infinity, showHidden: true })],
    ['inspect without custom methods', inspect(key, { customInspect: false, showHidden: true })],
    ['its properties', inspect(Object.getOwnPropertyDescriptors(key))],
    ['a copy', inspect({ ...key })],
    ['an error', String(new Error(`Cannot use ${key}`))],
  ])('R25 does not show its value in %s', (_where, printed) => {
    expect(printed).not.toContain('canary');
  });

  it('prints as [redacted]', () => {
    expect(`${key} ${JSON.stringify(key)} ${inspect(key)}`).toBe(
      '[redacted] "[redacted]" [redacted]',
    );
  });

  it('gives its value to those who ask for it', () => {
    expect(key.reveal()).toBe('canary');
    expect(secret('a').reveal()).toBe('a');
    expect(secret(key)).toBe(key);
  });

  it('refuses what is not a string, without showing it', () => {
    expect(() => new Secret(12345 as never)).toThrow(
      'Cannot make a secret: expected a string, found number',
    );
    expect(() => (Object.create(Secret.prototype) as Secret).reveal()).toThrow(TypeError);
  });
});
