import { hideSecrets } from '@linkspan/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const secret = `alpha/b"c'+<d> é omega`;

describe('hideSecrets()', () => {
  it.each<[string, (text: string) => string]>([
    ['as it is', (text) => text],
    ['in JSON', (text) => JSON.stringify({ text })],
    ['in JSON of PHP', (text) => JSON.stringify({ text }).replaceAll('/', '\\/')],
    ['in JSON within JSON', (text) => JSON.stringify(JSON.stringify([text]))],
    [
      'in JSON of PHP within JSON',
      (text) => JSON.stringify(JSON.stringify([text]).replaceAll('/', '\\/')),
    ],
    ['in a URL', encodeURIComponent],
    ['in a form', (text) => new URLSearchParams({ text }).toString()],
    [
      'in HTML',
      (text) =>
        text
          .replaceAll('<', '&lt;')
          .replaceAll('>', '&gt;')
          .replaceAll('"', '&#34;')
          .replaceAll("'", '&#x27;'),
    ],
  ])('finds a secret %s', (_where, write) => {
    const hidden = hideSecrets(write(secret), [secret]);

    expect(hidden).toContain('[redacted]');
    expect(hidden).not.toMatch(/alpha|omega/);
  });

  it('hides a secret whole that begins with another', () => {
    expect(hideSecrets('abcd-efgh, abcd', ['abcd', 'abcd-efgh'])).toBe('[redacted], [redacted]');
  });

  it('leaves alone what is too short to be a secret', () => {
    expect(hideSecrets('a bad key', ['a', 'bad'])).toBe('a bad key');
  });

  it('leaves no secret in JSON, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8, unit: 'grapheme' }), (value) => {
        const hidden = hideSecrets(JSON.stringify({ said: `<<${value}>>` }), [value]);

        expect(JSON.parse(hidden)).toEqual({ said: '<<[redacted]>>' });
      }),
    );
  });
});
