import {
  BinaryMessage,
  DeserializationError,
  HttpMessage,
  JsonMessage,
  type Message,
  type MessageCodec,
  MessageTooLargeError,
  SerializationError,
} from '@linkspan/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);
const headers = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), {
  noNullPrototype: true,
});
/** JSON without the members that a decoder leaves out, in the form that decoding gives. */
const harmlessJson = fc
  .jsonValue({ noUnicodeString: false })
  .map((value) => JSON.stringify(value))
  .filter((json) => !json.includes('__proto__') && !json.includes('constructor'))
  .map((json): unknown => JSON.parse(json));
const safeHeaders = headers.filter((each) => !Object.hasOwn(each, '__proto__'));

describe('JsonMessage', () => {
  it('R5 R7 is one JSON object of headers and payload', () => {
    const message: Message<{ data: number[] }> = new JsonMessage({ id: 'a' }, { data: [1] });

    expect(text(message.toBytes())).toBe('{"headers":{"id":"a"},"payload":{"data":[1]}}');
    expect(message.contentType).toBe('application/json');
  });

  it('R60 gives headers and payload back', () => {
    const message = JsonMessage.decode(bytes('{"headers": {"a": 1}, "payload": {"data": "x"}}'));

    expect(message).toBeInstanceOf(JsonMessage);
    expect(message).toMatchObject({ headers: { a: 1 }, payload: { data: 'x' } });
    expect(JsonMessage.decode(bytes('{}'))).toMatchObject({ headers: {}, payload: null });
  });

  it.each([
    ['', /found nothing/],
    ['[]', /expected it to be an object, found an array/],
    ['null', /found null/],
    ['{"headers":[]}', /expected its 'headers' to be an object, found an array/],
    ['{"headers"', /expected ':'/],
  ])('R7 refuses %j', (wire, told) => {
    expect(() => JsonMessage.decode(bytes(wire))).toThrow(DeserializationError);
    expect(() => JsonMessage.decode(bytes(wire))).toThrow(told);
  });

  it('R7 refuses what JSON cannot hold, and what is too large', () => {
    expect(() => new JsonMessage({}, { a: [1n] }).toBytes()).toThrow(
      'Cannot write as JSON: $.payload.a[0] is a bigint',
    );
    expect(() => JsonMessage.decode(bytes('{"payload":1}'), { maxBytes: 5 })).toThrow(
      MessageTooLargeError,
    );
  });

  it('R5 comes back as it went, and never from a part of its bytes', () => {
    fc.assert(
      fc.property(safeHeaders, harmlessJson, fc.nat(), (head, payload, cut) => {
        const wire = new JsonMessage(head, payload).toBytes();

        expect(JsonMessage.decode(wire).toBytes()).toEqual(wire);
        expect(() => JsonMessage.decode(wire.subarray(0, cut % wire.length))).toThrow(
          DeserializationError,
        );
      }),
    );
  });
});

describe('BinaryMessage', () => {
  it('R8 is the length of its headers, the headers, and the payload', () => {
    const message = new BinaryMessage({ a: 'é' }, new Uint8Array([0, 255]));

    expect([...message.toBytes()]).toEqual([0, 0, 0, 10, ...bytes('{"a":"é"}'), 0, 255]);
    expect(message.contentType).toBe('application/octet-stream');
  });

  it.each([
    [[], /too short: expected 4 bytes or more, found 0/],
    [[0, 0, 0], /too short/],
    [[0, 0, 0, 2, 123], /truncated: expected 2 bytes of headers, found 1/],
    [[255, 255, 255, 255, 123, 125], /truncated: expected 4294967295 bytes/],
    [[0, 0, 0, 0], /expected a value, found nothing/],
    [[0, 0, 0, 2, 91, 93], /expected its headers to be an object/],
    [[0, 0, 0, 2, 123, 0], /line 1, column 2/],
    [[0, 0, 0, 2, 195, 40], /not UTF-8/],
  ])('R8 refuses the bytes %j', (wire, told) => {
    expect(() => BinaryMessage.decode(new Uint8Array(wire))).toThrow(DeserializationError);
    expect(() => BinaryMessage.decode(new Uint8Array(wire))).toThrow(told);
  });

  it('R8 refuses what is larger than the limit', () => {
    expect(() => BinaryMessage.decode(new Uint8Array(100), { maxBytes: 99 })).toThrow(
      'Cannot read the message: expected at most 99 bytes, found 100',
    );
  });

  it('R5 R8 comes back as it went, from any place in a buffer', () => {
    fc.assert(
      fc.property(safeHeaders, fc.uint8Array(), fc.nat({ max: 9 }), (head, payload, offset) => {
        const wire = new BinaryMessage(head, payload).toBytes();
        const buffer = new Uint8Array(wire.length + offset);
        buffer.set(wire, offset);

        const message = BinaryMessage.decode(buffer.subarray(offset));

        expect(message.headers).toEqual(head);
        expect([...message.payload]).toEqual([...payload]);
      }),
    );
  });

  it('R8 refuses every truncation that cuts the headers', () => {
    fc.assert(
      fc.property(safeHeaders, (head) => {
        const wire = new BinaryMessage(head, new Uint8Array()).toBytes();
        for (let length = 0; length < wire.length; length++) {
          expect(() => BinaryMessage.decode(wire.subarray(0, length))).toThrow(
            /too short|truncated/,
          );
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('HttpMessage', () => {
  it('R9 R10 is JSON, with its content in base64', () => {
    const message = new HttpMessage({
      method: 'POST',
      url: '/x',
      headers: { accept: 'y' },
      params: { q: 1 },
      content: new Uint8Array([104, 105]),
    });

    expect(JSON.parse(text(message.toBytes()))).toEqual({
      headers: { accept: 'y' },
      payload: {
        method: 'POST',
        url: '/x',
        params: { q: 1 },
        content: 'aGk=',
        content_encoding: 'base64',
      },
    });
  });

  it('R9 has the fields of a request, and gives the request', () => {
    const message = new HttpMessage({ method: 'PUT', url: '/x', form: { a: 'b' }, content: 'hi' });

    expect(message.payload).toEqual({ method: 'PUT', url: '/x', form: { a: 'b' }, content: 'hi' });
    expect(message.toRequest()).toEqual({
      method: 'PUT',
      url: '/x',
      headers: {},
      form: { a: 'b' },
      body: 'hi',
    });
    expect(new HttpMessage({}).payload).toEqual({ method: 'GET', url: '' });
  });

  it('R10 reads what Pynector writes', () => {
    const wire =
      '{"headers": {"a": "b"}, "payload": {"method": "POST", "url": "/x", "json": {"k": [1]}, "data": {"f": "g"}, "content": "aGk=", "content_encoding": "base64"}}';

    const { payload, headers: head } = HttpMessage.decode(bytes(wire));

    expect(head).toEqual({ a: 'b' });
    expect(payload).toEqual({
      method: 'POST',
      url: '/x',
      json: { k: [1] },
      form: { f: 'g' },
      content: bytes('hi'),
    });
    expect(HttpMessage.decode(bytes('{"payload":{"params":null,"json":null}}')).payload).toEqual({
      method: 'GET',
      url: '',
      json: null,
    });
  });

  it('R9 takes a function for a body, which cannot be stored', () => {
    async function* open(): AsyncGenerator<Uint8Array> {
      yield bytes('x');
    }
    const message = new HttpMessage({ method: 'POST', url: '/', content: open });

    expect(message.toRequest().body).toBe(open);
    expect(() => message.toBytes()).toThrow(SerializationError);
  });

  it.each([
    ['{"payload":{"method":1}}', /'method' to be a string/],
    ['{"payload":{"url":{}}}', /'url' to be a string/],
    ['{"payload":{"content":"a","content_encoding":"base64"}}', /'content' to be base64/],
    ['{"payload":{"content":"a","content_encoding":"gzip"}}', /to be 'base64'/],
    ['{"headers":{"a":1}}', /header "a" to be a string, found a number/],
    ['{"payload":{"files":{"f":{}}}}', /the file "f" to be a string/],
    ['{"payload":[]}', /'payload' to be an object/],
  ])('R10 refuses %j', (wire, told) => {
    expect(() => HttpMessage.decode(bytes(wire))).toThrow(DeserializationError);
    expect(() => HttpMessage.decode(bytes(wire))).toThrow(told);
  });

  it('R10 comes back as it went', () => {
    const name = fc.string().filter((each) => each !== '__proto__');
    const file = fc.record(
      { content: fc.uint8Array(), name: fc.string(), type: fc.string() },
      { requiredKeys: ['content'], noNullPrototype: true },
    );
    const init = fc.record(
      {
        method: fc.constantFrom('GET', 'POST', 'PURGE'),
        url: fc.webUrl(),
        headers: safeHeaders,
        params: fc.dictionary(name, fc.string(), { noNullPrototype: true }),
        json: harmlessJson,
        form: fc.dictionary(name, fc.string(), { noNullPrototype: true }),
        files: fc.dictionary(name, file, { noNullPrototype: true }),
        content: fc.uint8Array({ maxLength: 20_000, size: 'max' }),
      },
      { requiredKeys: ['method', 'url', 'headers'], noNullPrototype: true },
    );
    fc.assert(
      fc.property(init, (given) => {
        const message = new HttpMessage(given);

        expect(HttpMessage.decode(message.toBytes())).toEqual(message);
      }),
      { numRuns: 50 },
    );
  });
});

describe('MessageCodec', () => {
  it('R59 lets people bring messages of their own', () => {
    class LineMessage implements Message<string> {
      readonly contentType = 'text/x-line';
      readonly headers = {};
      readonly payload: string;
      constructor(payload: string) {
        this.payload = payload;
      }
      toBytes(): Uint8Array {
        return bytes(`${this.payload}\n`);
      }
    }
    const lines: MessageCodec<LineMessage> = {
      contentType: 'text/x-line',
      decode: (wire) => new LineMessage(text(wire).trimEnd()),
    };
    const codecs: readonly MessageCodec[] = [JsonMessage, BinaryMessage, HttpMessage, lines];

    expect(codecs.map(({ contentType }) => contentType)).toEqual([
      'application/json',
      'application/octet-stream',
      'application/json',
      'text/x-line',
    ]);
    expect(lines.decode(new LineMessage('hi').toBytes()).payload).toBe('hi');
  });
});
