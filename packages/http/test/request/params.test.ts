import { describe, expect, it } from 'vitest';
import { encodeParams } from '../../src/request/params.ts';

describe('encodeParams()', () => {
  it('repeats arrays, writes dates in ISO 8601, and leaves out what is not there', () => {
    const text = encodeParams(
      {
        tag: ['a b', 'c&d', undefined],
        page: 2,
        big: 2n ** 64n,
        all: false,
        since: new Date(0),
        none: undefined,
        nothing: null,
        empty: '',
      },
      'params',
    );

    expect(text).toBe(
      'tag=a+b&tag=c%26d&page=2&big=18446744073709551616&all=false&since=1970-01-01T00%3A00%3A00.000Z&empty=',
    );
  });

  it('takes pairs and URLSearchParams', () => {
    expect(
      encodeParams(
        [
          ['a', 1],
          ['b', 2],
          ['a', 3],
        ],
        'params',
      ),
    ).toBe('a=1&b=2&a=3');
    expect(encodeParams(new URLSearchParams('a=1&a=2'), 'params')).toBe('a=1&a=2');
  });

  it('takes a Map, as it takes pairs', () => {
    expect(encodeParams(new Map([['a', 1]]), 'params')).toBe('a=1');
  });

  it.each(['a=1', 5, null, true])('refuses %j in the place of fields', (params) => {
    expect(() => encodeParams(params as never, 'params')).toThrow(
      'params: expected fields by name, found',
    );
  });

  it.each([
    [
      { a: { b: 1 } },
      'params.a: expected a string, finite number, boolean, bigint or valid Date, found an object',
    ],
    [{ a: [1, Number.NaN] }, 'params.a[1]: .* found NaN'],
    [{ a: new Date(Number.NaN) }, 'found an invalid Date'],
    [{ a: [[1]] }, 'found an array inside an array'],
    [{ a: () => 1 }, 'found a function'],
  ])('refuses %j', (params, message) => {
    expect(() => encodeParams(params as never, 'params')).toThrow(
      new RegExp(message.replaceAll('[', String.raw`\[`).replaceAll(']', String.raw`\]`)),
    );
  });
});
