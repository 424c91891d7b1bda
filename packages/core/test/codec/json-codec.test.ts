import { inspect } from 'node:util';
import {
  ConfigurationError,
  createJsonCodec,
  DeserializationError,
  jsonCodec,
  MessageTooLargeError,
  parseJson,
  SerializationError,
} from '@linkspan/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);
const decode = (text: string): unknown => jsonCodec.decode(bytes(text));

function failure(run: () => unknown): DeserializationError {
  try {
    run();
  } catch (error) {
    if (error instanceof DeserializationError) return error;
    throw error;
  }
  throw new Error('It did not fail');
}

describe('createJsonCodec()', () => {
  it('E7 writes and reads JSON in UTF-8', () => {
    const value = { a: [1, null, true, 'é\u2028😀'], b: {} };

    expect(decode('{"a":1}')).toEqual({ a: 1 });
    expect(jsonCodec.decode(jsonCodec.encode(value))).toEqual(value);
    expect(jsonCodec.contentType).toBe('application/json');
  });

  it('reads what JSON.parse reads, and refuses what it refuses', () => {
    const broken = fc
      .tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 }))
      .map(([json, at, extra]) => {
        const cut = at % (json.length + 1);
        return json.slice(0, cut) + extra + json.slice(cut + (at % 2));
      });
    const outcome = (parse: (text: string) => unknown, text: string): unknown => {
      try {
        return { value: parse(text) };
      } catch {
        return 'refused';
      }
    };
    fc.assert(
      fc.property(fc.oneof(fc.json(), broken), (text) => {
        fc.pre(!text.includes('__proto__'));
        expect(outcome(parseJson, text)).toEqual(outcome(JSON.parse, text));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['{"a":x}', 'expected a value at line 1, column 6, found "x", near "{\\"a\\":x}"'],
    ['[1,', 'expected a value at line 1, column 4, found the end, near "[1,"'],
    ['[1,\n 2\n 3]', "expected ',' or ']' at line 3, column 2, found \"3\""],
    ['{"a" 1}', 'expected \':\' at line 1, column 6, found "1"'],
    ['{a:1}', "expected a name or '}' at line 1, column 2"],
    ['{"a":1,}', 'expected a name at line 1, column 8'],
    ['"a', "expected '\"' at line 1, column 3, found the end"],
    [String.raw`"\x"`, 'expected an escape at line 1, column 2'],
    ['01', 'expected the end at line 1, column 2'],
    ['<html>', 'expected a value at line 1, column 1, found "<", near "<html>"'],
    ['', 'expected a value, found nothing'],
    ['{} {}', 'expected the end at line 1, column 4'],
  ])('tells where %j stops being JSON', (text, told) => {
    const error = failure(() => decode(text));

    expect(error.message).toContain(`Cannot read the JSON: ${told}`);
    expect(error).toMatchObject({ code: 'decode_json', kind: 'message' });
    expect(error).not.toHaveProperty('cause');
  });

  it('N18 shows no credential of the text around a fault', () => {
    const CANARY = 'canary7f3a9b';
    for (const text of [
      `{"api_key":"${CANARY}",}`,
      `{"password":"${CANARY}\n${CANARY}"}`,
      `Bearer ${CANARY}`,
      `{"url":"https://u:${CANARY}@host/?key=${CANARY}" x`,
      `{"a":"sk-${CANARY}`,
    ]) {
      const error = failure(() => decode(text));
      expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(CANARY);
      expect(error.message.length).toBeLessThan(400);
    }
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(failure(() => jsonCodec.decode(new Uint8Array([34, 0xc3, 0x28, 34]))).message).toBe(
      'Cannot read the JSON: its 4 bytes are not UTF-8',
    );
  });

  it('refuses what is larger than the limit', () => {
    const codec = createJsonCodec({ maxBytes: 4 });

    expect(codec.decode(bytes('1234'))).toBe(1234);
    expect(() => codec.decode(bytes('12345'))).toThrow(MessageTooLargeError);
  });

  it('refuses what is nested deeper than the limit, and takes any depth without one', () => {
    const codec = createJsonCodec({ maxDepth: 2 });
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);

    expect(codec.decode(bytes('[{"a":1}]'))).toEqual([{ a: 1 }]);
    expect(failure(() => codec.decode(bytes('[{"a":[]}]'))).message).toContain('more than 2 deep');
    expect(failure(() => codec.decode(bytes(deep))).message).toContain('more than 2 deep');
    expect(decode(deep)).toBeInstanceOf(Array);
    expect(decode(`${deep.slice(0, 200_000)}"\\u0041"${deep.slice(200_000)}`)).toBeInstanceOf(
      Array,
    );
  });

  it.each([
    '{"__proto__":{"polluted":1},"a":1}',
    '{"a":1,"\\u005f_proto__":{"polluted":1}}',
    '{"constructor":{"prototype":{"polluted":1}},"a":1}',
    '{"constructor":{"\\u0070rototype":{"polluted":1}},"a":1}',
    '{"c\\u006fnstructor":{"prototype":{}},"a":1}',
  ])('E33 leaves out what pollutes prototypes: %s', (text) => {
    expect(Object.keys(decode(text) as object)).toEqual(['a']);
    expect(decode(`{"x":[{"y":${text}}]}`)).toEqual({ x: [{ y: { a: 1 } }] });
    expect(Object.getPrototypeOf((decode(`[${text}]`) as object[])[0])).toBe(Object.prototype);
  });

  it('E33 leaves honest members with such names alone', () => {
    for (const text of [
      '{"constructor":"Ferrari"}',
      '{"prototype":{"version":1}}',
      '{"a":"__proto__ and \\"prototype\\""}',
    ])
      expect(decode(text)).toEqual(JSON.parse(text));
  });

  it('E33 reads moments as dates where that is asked for', () => {
    const text =
      '{"at":"2026-11-21T12:00:00Z","more":["2026-11-21T12:00:00.123+01:00",{"x":"2026-02-28T00:00:00Z"}],"no":["2026-02-30T00:00:00Z","2026-11-21","2026-13-01T00:00:00Z","12:00","at 2026-11-21T12:00:00Z"]}';

    const read = createJsonCodec({ reviver: 'iso-dates' }).decode(bytes(text));

    expect(read).toEqual({
      at: new Date('2026-11-21T12:00:00Z'),
      more: [new Date('2026-11-21T11:00:00.123Z'), { x: new Date('2026-02-28T00:00:00Z') }],
      no: JSON.parse(text).no as unknown,
    });
    expect(decode(text)).toEqual(JSON.parse(text));
    expect(
      createJsonCodec({ reviver: 'iso-dates' }).decode(bytes('"2026-11-21T12:00:00Z"')),
    ).toEqual(new Date('2026-11-21T12:00:00Z'));
  });

  it('E33 calls a reviver as JSON.parse does, and tells when it fails', () => {
    const doubled = createJsonCodec({ reviver: (_key, v) => (typeof v === 'number' ? v * 2 : v) });
    const broken = createJsonCodec({
      reviver: () => {
        throw new TypeError('mine');
      },
    });

    expect(doubled.decode(bytes('{"a":[1,2]}'))).toEqual({ a: [2, 4] });
    expect(failure(() => broken.decode(bytes('1')))).toMatchObject({
      message: 'Cannot read the JSON: the reviver failed',
      cause: new TypeError('mine'),
    });
  });

  const circle: Record<string, unknown> = { name: 'a' };
  circle['self'] = { of: [circle] };
  it.each<[string, unknown, string]>([
    ['a bigint', { rows: [{ id: 1 }, { id: 2n }] }, '$.rows[1].id is a bigint'],
    ['a circle', circle, '$.self.of[0] refers back to what holds it'],
    ['undefined', undefined, '$ is undefined'],
    ['a function', () => 1, '$ is a function'],
    ['a symbol', Symbol('x'), '$ is a symbol'],
    ['an odd name', { 'a b': 1n }, '$["a b"] is a bigint'],
  ])('names the place of %s that cannot be written', (_what, value, told) => {
    expect(() => jsonCodec.encode(value)).toThrow(SerializationError);
    expect(() => jsonCodec.encode(value)).toThrow(`Cannot write as JSON: ${told}`);
  });

  it('keeps the error of a toJSON that throws', () => {
    const mine = new Error('mine');
    const value = {
      inner: {
        toJSON() {
          throw mine;
        },
      },
    };

    expect(() => jsonCodec.encode(value)).toThrow(
      expect.objectContaining({
        message: 'Cannot write as JSON: $.inner has a toJSON() that throws',
        cause: mine,
      }),
    );
  });

  it('tells a depth below which it looks for no fault', () => {
    let deep: unknown = 1n;
    for (let depth = 0; depth < 200_000; depth++) deep = [deep];

    expect(() => jsonCodec.encode(deep)).toThrow(/nested more than 2000 deep/);
  });

  it('refuses options that it does not know', () => {
    expect(() => createJsonCodec({ maxByte: 1 } as never)).toThrow(ConfigurationError);
    expect(() => createJsonCodec({ reviver: 'dates' } as never)).toThrow(
      /'iso-dates' or a function/,
    );
  });
});
