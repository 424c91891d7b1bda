import { DeserializationError, MessageTooLargeError } from '@linkspan/core';
import { createNdjsonDecoder } from '@linkspan/dialects';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitAt } from '../split-bytes.ts';

const utf8 = new TextEncoder();
const push = (text: string, options = {}): unknown[] =>
  createNdjsonDecoder(options).push(utf8.encode(text));

describe('createNdjsonDecoder()', () => {
  it('gives one value a line, and skips blank lines', () => {
    expect(push('{"a":1}\r\n\n  \n[2]\n"3"\n4\nnull\n')).toEqual([{ a: 1 }, [2], '3', 4, null]);
  });

  it('gives the last line without its end', () => {
    const decoder = createNdjsonDecoder();

    expect(decoder.push(utf8.encode('1\n2'))).toEqual([1]);
    expect(decoder.end()).toEqual([2]);
  });

  it('names the line that is not JSON, and takes credentials out of what it shows', () => {
    const decode = (): unknown[] => push('\n{"key": "sk-abcdefghijklmnop", oops}\n');

    expect(decode).toThrow(DeserializationError);
    expect(decode).toThrow(/^Cannot decode line 2: expected JSON, found /);
    expect(decode).not.toThrow(/abcdefgh/);
  });

  it('gives the values before it, then throws for good', () => {
    const decoder = createNdjsonDecoder();

    expect(decoder.push(utf8.encode('1\noops\n2\n'))).toEqual([1]);
    expect(() => decoder.push(utf8.encode('3\n'))).toThrow(/line 2/);
    expect(() => decoder.end()).toThrow(/line 2/);
  });

  it('refuses a line above the limit, whole or not', () => {
    expect(push('"1234"\n', { maxLineBytes: 6 })).toEqual(['1234']);
    expect(() => push('"12345"\n', { maxLineBytes: 6 })).toThrow(MessageTooLargeError);
    expect(() => push('"12345"', { maxEventBytes: 6 })).toThrow(/maxEventBytes, 6 bytes/);
    expect(() => push('1\n2\n', { maxStreamBytes: 3 })).toThrow(/maxStreamBytes, 3 bytes/);
  });

  it('makes no prototype of a __proto__', () => {
    const [value] = push('{"__proto__":{"polluted":true}}\n');

    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
  });

  it('R3 gives the same values however the bytes are split', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue()),
        fc.constantFrom('\n', '\r\n', '\n\n'),
        fc.array(fc.nat()),
        (values, end, cuts) => {
          const bytes = utf8.encode(values.map((value) => JSON.stringify(value) + end).join(''));
          const decoder = createNdjsonDecoder();

          const decoded = splitAt(bytes, cuts).flatMap((chunk) => decoder.push(chunk));

          expect([...decoded, ...decoder.end()]).toEqual(JSON.parse(JSON.stringify(values)));
        },
      ),
      { numRuns: 500, seed: 4 },
    );
  });
});
