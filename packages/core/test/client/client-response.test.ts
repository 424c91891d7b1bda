import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  type ClientResponse,
  ConfigurationError,
  createClient,
  DeserializationError,
  type MemoryAnswer,
  memoryTransport,
  MessageTooLargeError,
} from '@linkspan/core';
import { EndlessBody } from '../endless-body.ts';
import { words } from '../stream/word-dialect.ts';

async function answer(given: MemoryAnswer): Promise<ClientResponse> {
  const client = createClient({ transport: memoryTransport(() => given) });
  return await client.request({ operation: 'GET', target: '/' });
}

async function* chunks(
  ...parts: readonly (string | Uint8Array)[]
): AsyncGenerator<string | Uint8Array> {
  yield* parts;
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('response.json()', () => {
  it('N13 R60 gives the value, beside the status and the headers', async () => {
    const response = await answer({
      status: 201,
      headers: { 'x-request-id': 'r' },
      body: { data: [1] },
    });

    expect(response.status).toBe(201);
    expect(response.requestId).toBe('r');
    expect(await response.json()).toEqual({ data: [1] });
  });

  it('checks the value with a schema, and gives what the schema makes of it', async () => {
    const schema = z.object({ at: z.string().transform((text) => new Date(text)) });

    const value = await (await answer({ body: { at: '2026-01-01' } })).json(schema);

    expect(value.at.getUTCFullYear()).toBe(2026);
    await expect((await answer({ body: { at: 5 } })).json(schema)).rejects.toMatchObject({
      constructor: DeserializationError,
      code: 'validation',
    });
  });

  it.each(['<html>', '{"a":', ''])('fails for %j', async (body) => {
    await expect((await answer({ body })).json()).rejects.toBeInstanceOf(DeserializationError);
  });

  it('reads no more than maxBytes, and frees the wire', async () => {
    const body = new EndlessBody();
    const response = await answer({ body });

    await expect(response.json(undefined, { maxBytes: 5_000 })).rejects.toBeInstanceOf(
      MessageTooLargeError,
    );
    expect(body.releases).toBe(1);
    expect(body.reads).toBe(5);
  });

  it('reads 16 MiB and not more unless told', async () => {
    const body = new EndlessBody();
    await expect((await answer({ body })).bytes()).rejects.toBeInstanceOf(MessageTooLargeError);
    expect(body.reads).toBe(16 * 1024 + 1);
  });
});

describe('response.text()', () => {
  it('joins characters that were split over chunks', async () => {
    const bytes = new TextEncoder().encode('a€😀');
    const parts = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(await (await answer({ body: chunks(...parts) })).text()).toBe('a€😀');
  });

  it.each([
    ['text/plain; charset=iso-8859-1', 'é'],
    ['text/plain; charset="ISO-8859-1"', 'é'],
    ['text/plain; charset=no-such', '\uFFFD'],
    ['text/plain', '\uFFFD'],
  ])('reads 0xE9 under %s as %j', async (type, text) => {
    const response = await answer({ headers: { 'content-type': type }, body: Uint8Array.of(0xe9) });
    expect(await response.text()).toBe(text);
  });
});

describe('response.buffer()', () => {
  it('frees the wire, and the body can be read more than once', async () => {
    const response = await answer({ body: chunks('{"a"', ':1}') });
    await response.buffer();

    expect(await response.text()).toBe('{"a":1}');
    expect(await response.json()).toEqual({ a: 1 });
  });
});

describe('a body', () => {
  it('is read once: the second reader is told so', async () => {
    const response = await answer({ body: 'x' });
    await response.text();

    await expect(response.text()).rejects.toMatchObject({ code: 'body_used' });
    expect(() => response.lines()).toThrow(/read once/);
  });

  it('is freed when the answer is disposed unread', async () => {
    const body = new EndlessBody();
    {
      await using response = await answer({ body });
      expect(response.status).toBe(200);
    }
    expect(body.releases).toBe(1);
  });
});

describe('response.chunks()', () => {
  it('N14 cuts bytes into chunks of one size, however they come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 50 })),
        fc.integer({ min: 1, max: 40 }),
        async (parts, chunkSize) => {
          const given = await all((await answer({ body: chunks(...parts) })).chunks({ chunkSize }));

          expect(given.slice(0, -1).every(({ length }) => length === chunkSize)).toBe(true);
          expect(given.every(({ length }) => length > 0 && length <= chunkSize)).toBe(true);
          expect(given.flatMap((chunk) => [...chunk])).toEqual(parts.flatMap((part) => [...part]));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('N4 gives them as they come without a size', async () => {
    const given = await all((await answer({ body: chunks('ab', 'c') })).chunks());
    expect(given.map((chunk) => chunk.length)).toEqual([2, 1]);
  });

  it('N14 reads no further than is asked for, and frees the wire when left early', async () => {
    const body = new EndlessBody();
    for await (const chunk of (await answer({ body })).chunks({ chunkSize: 100 })) {
      expect(chunk).toHaveLength(100);
      break;
    }
    expect(body.reads).toBe(1);
    expect(body.releases).toBe(1);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses a chunkSize of %s', async (chunkSize) => {
    const response = await answer({ body: 'x' });
    expect(() => response.chunks({ chunkSize })).toThrow(ConfigurationError);
  });
});

describe('response.lines()', () => {
  it('gives the lines of any text in any split', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', '€', '\n', '\r', '\r\n', ' ') });
    await fc.assert(
      fc.asyncProperty(
        line,
        fc.infiniteStream(fc.integer({ min: 1, max: 5 })),
        async (text, sizes) => {
          const bytes = new TextEncoder().encode(text);
          const parts: Uint8Array[] = [];
          for (let at = 0; at < bytes.length;) {
            const size = Number(sizes.next().value);
            parts.push(bytes.subarray(at, at + size));
            at += size;
          }
          const expected = text.split(/\r\n|\n|\r/);
          if (expected.at(-1) === '') expected.pop();

          expect(await all((await answer({ body: chunks(...parts) })).lines())).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('fails for a line that is too long, and frees the wire', async () => {
    const body = new EndlessBody();
    const response = await answer({ body });

    await expect(all(response.lines({ maxLineLength: 3_000 }))).rejects.toBeInstanceOf(
      MessageTooLargeError,
    );
    expect(body.releases).toBe(1);
  });

  it('gives the lines before a failure first', async () => {
    async function* broken(): AsyncGenerator<string> {
      yield 'one\ntwo\nthr';
      throw new Error('cut');
    }
    const seen: string[] = [];
    const reading = (async () => {
      for await (const line of (await answer({ body: broken() })).lines()) seen.push(line);
    })();

    await expect(reading).rejects.toMatchObject({ code: 'body', cause: { message: 'cut' } });
    expect(seen).toEqual(['one', 'two']);
  });

  it('serves reads that overlap one after another', async () => {
    const lines = (await answer({ body: chunks('a\nb', '\nc') })).lines()[Symbol.asyncIterator]();
    const reads = await Promise.all([lines.next(), lines.next(), lines.next(), lines.next()]);
    expect(reads.map(({ value }) => value)).toEqual(['a', 'b', 'c', undefined]);
  });
});

describe('response.stream()', () => {
  it('R15 R26 reads the body as events of a dialect', async () => {
    const response = await answer({
      headers: { 'content-type': 'text/event-stream' },
      body: 'one two END',
    });
    expect(await all(response.stream({ dialect: words }))).toEqual(['one', 'two']);
  });

  it('fails for a body that is no such stream', async () => {
    const response = await answer({ headers: { 'content-type': 'text/html' }, body: '<html>' });
    await expect(all(response.stream({ dialect: words }))).rejects.toMatchObject({
      kind: 'protocol',
    });
  });
});
