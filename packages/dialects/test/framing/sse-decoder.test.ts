import { ConfigurationError, MessageTooLargeError } from '@linkspan/core';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSseDecoder, type SseDecoderOptions, type SseEvent } from '@linkspan/dialects';
import { referenceSse } from './reference-sse.ts';
import { splitAt } from '../split-bytes.ts';

const utf8 = new TextEncoder();

function decode(text: string, options?: SseDecoderOptions): SseEvent[] {
  const decoder = createSseDecoder(options);
  return [...decoder.push(utf8.encode(text)), ...decoder.end()];
}

function decodeChunks(chunks: readonly Uint8Array[]): readonly [SseEvent[], string, unknown] {
  const decoder = createSseDecoder();
  const events = chunks.flatMap((chunk) => decoder.push(chunk));
  return [[...events, ...decoder.end()], decoder.lastEventId, decoder.retryMs];
}

const message = (data: string, id = ''): SseEvent => ({ type: 'message', data, id });

describe('createSseDecoder()', () => {
  it.each([
    ['LF', '\n'],
    ['CR', '\r'],
    ['CRLF', '\r\n'],
  ])('ends lines with %s', (_, end) => {
    const text = ['event: add', 'data: 1', 'data: 2', '', 'data:3', '', ''].join(end);

    expect(decode(text)).toEqual([{ type: 'add', data: '1\n2', id: '' }, message('3')]);
  });

  it('takes CR and LF in different chunks for one line end', () => {
    const decoder = createSseDecoder();

    const events = ['data: 1\r', '\ndata: 2\r', '', '\n\r', '\n'].flatMap((chunk) =>
      decoder.push(utf8.encode(chunk)),
    );

    expect(events).toEqual([message('1\n2')]);
  });

  it('dispatches at the CR of a blank line, without waiting for what follows', () => {
    expect(createSseDecoder().push(utf8.encode('data: 1\r\r'))).toEqual([message('1')]);
  });

  it('drops one leading byte order mark, and only one', () => {
    expect(decode('\uFEFFdata: 1\n\n')).toEqual([message('1')]);
    expect(decode('\uFEFF\uFEFFdata: 1\n\n')).toEqual([]);
    expect(decode('data: 1\n\n\uFEFFdata: 2\n\n')).toEqual([message('1')]);
  });

  it('gives U+FFFD for bytes that are not UTF-8', () => {
    const bytes = Uint8Array.from([...utf8.encode('data: a'), 0xe2, 0x82, ...utf8.encode('b\n\n')]);

    expect(createSseDecoder().push(bytes)).toEqual([message('a\uFFFDb')]);
  });

  it('takes one space off a value, and reads fields without colon as empty', () => {
    expect(decode('data:  1\n\ndata\n\ndata\ndata\n\n')).toEqual([
      message(' 1'),
      message(''),
      message('\n'),
    ]);
  });

  it('leaves out comments and fields that it does not know', () => {
    expect(decode(': ping\nDATA: 0\n data: 0\nfoo: 1\nbar\ndata: 1\n\n')).toEqual([message('1')]);
  });

  it('keeps the last id for later events, until an empty one clears it', () => {
    expect(decode('id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n')).toEqual([
      message('a', '1'),
      message('b', '1'),
      message('c'),
    ]);
  });

  it('ignores an id with NUL', () => {
    expect(decode('id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n')[1]).toEqual(message('b', '1'));
  });

  it('takes the id of an event without data, and does not dispatch it', () => {
    const decoder = createSseDecoder();

    expect(decoder.push(utf8.encode('event: x\nid: 7\n\ndata: a\n\n'))).toEqual([
      message('a', '7'),
    ]);
    expect(decoder.lastEventId).toBe('7');
  });

  it('does not take the id of an event that was not ended', () => {
    const decoder = createSseDecoder();

    decoder.push(utf8.encode('id: 1\ndata: a\n\nid: 2\n'));
    decoder.end();

    expect(decoder.lastEventId).toBe('1');
  });

  it.each([
    ['retry: 1500', 1500],
    ['retry:0', 0],
    ['retry: 1.5', undefined],
    ['retry: -1', undefined],
    ['retry: 1e3', undefined],
    ['retry: ٣', undefined],
    ['retry:', undefined],
    ['retry: 99999999999999999999', 2 ** 31 - 1],
  ])('reads "%s" as %s', (line, expected) => {
    const decoder = createSseDecoder();

    decoder.push(utf8.encode(`${line}\n`));

    expect(decoder.retryMs).toBe(expected);
  });

  it('drops an event that no blank line ended, as the standard says', () => {
    expect(decode('data: 1\n\ndata: 2\n')).toEqual([message('1')]);
    expect(decode('data: 1\n\ndata: 2')).toEqual([message('1')]);
  });

  it('dispatches it when asked to', () => {
    expect(decode('data: 1\ndata: 2', { dispatchIncomplete: true })).toEqual([message('1\n2')]);
    expect(decode('data: 1\n\n', { dispatchIncomplete: true })).toEqual([message('1')]);
  });

  it('joins very many lines of one event', () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `${index}`);

    const [event] = decode(lines.map((line) => `data: ${line}\n`).join('') + '\n');

    expect(event?.data).toBe(lines.join('\n'));
  });

  it('copies the bytes it keeps, so that a chunk may be used again', () => {
    const decoder = createSseDecoder();
    const chunk = utf8.encode('data: 1');
    decoder.push(chunk);
    chunk.fill(0);

    expect(decoder.push(utf8.encode('\n\n'))).toEqual([message('1')]);
  });
});

describe('the limits of createSseDecoder()', () => {
  const line = (bytes: number): string => `data: ${'x'.repeat(bytes - 6)}\n`;

  it('refuses a line above maxLineBytes, whole or not', () => {
    const push = (text: string): unknown =>
      createSseDecoder({ maxLineBytes: 100 }).push(utf8.encode(text));

    expect(push(line(100))).toEqual([]);
    expect(() => push(line(101))).toThrow(MessageTooLargeError);
    expect(() => push(line(101))).toThrow(/a line is longer than maxLineBytes, 100 bytes/);
    expect(() => push('x'.repeat(101))).toThrow(/maxLineBytes/);
    expect(() => push(`${'é'.repeat(60)}\n`)).toThrow(/maxLineBytes/);
  });

  it('refuses the data of an event above maxEventBytes, in bytes', () => {
    const push = (text: string): unknown =>
      createSseDecoder({ maxEventBytes: 8 }).push(utf8.encode(text));

    expect(push('data: 1234\ndata: 123\n\n')).toEqual([message('1234\n123')]);
    expect(() => push('data: 1234\ndata: 1234\n\n')).toThrow(
      /an event is longer than maxEventBytes/,
    );
    expect(() => push('data: 123456789\n\n')).toThrow(/maxEventBytes/);
    expect(push('data: éééé\n\n')).toEqual([message('éééé')]);
    expect(() => push('data: ééééé\n\n')).toThrow(/maxEventBytes/);
  });

  it('refuses a stream above maxStreamBytes', () => {
    const decoder = createSseDecoder({ maxStreamBytes: 20 });
    decoder.push(utf8.encode('data: 123\n\n'));

    expect(() => decoder.push(utf8.encode('data: 123\n\n'))).toThrow(/maxStreamBytes, 20 bytes/);
  });

  it('gives what was complete before, then throws for good', () => {
    const decoder = createSseDecoder({ maxLineBytes: 20 });

    expect(decoder.push(utf8.encode(`data: 1\n\n${line(30)}data: 2\n\n`))).toEqual([message('1')]);
    expect(decoder.failure).toBeInstanceOf(MessageTooLargeError);
    expect(() => decoder.push(utf8.encode('data: 3\n\n'))).toThrow(MessageTooLargeError);
    expect(() => decoder.end()).toThrow(MessageTooLargeError);
  });

  it('holds no more than the limit of a line that never ends', () => {
    const decoder = createSseDecoder();
    const chunk = new Uint8Array(64 * 1024).fill(120);
    let pushed = 0;

    expect(() => {
      for (;;) {
        decoder.push(chunk);
        pushed += chunk.length;
      }
    }).toThrow(MessageTooLargeError);
    expect(pushed).toBe(1024 * 1024);
  });

  it('names a wrong option with what was found', () => {
    expect(() => createSseDecoder({ maxLineBytes: -1 })).toThrow(ConfigurationError);
    expect(() => createSseDecoder({ maxLineSize: 1 } as never)).toThrow(/maxLineBytes/);
  });
});

// Text made of what the grammar cares about.
const soup = fc
  .array(
    fc.oneof(
      fc.constantFrom('\n', '\r', '\r\n', '\n\n', ':', ' ', '\0', '\uFEFF', 'é', '漢', '🙂'),
      fc.constantFrom('data', 'data: ', 'data:', 'event: ', 'event:', 'id: ', 'id', 'retry: 12'),
      fc.constantFrom('a', 'x y', '1', 'data: b\n\n', 'id: 7\n', 'datab:'),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));
const cuts = fc.array(fc.nat(), { maxLength: 20 });

describe('createSseDecoder() on random streams', () => {
  it('R3 agrees with a plain reading of the standard, however the bytes are split', () => {
    fc.assert(
      fc.property(soup, cuts, (text, at) => {
        const { events, lastEventId, retryMs } = referenceSse(text);

        expect(decodeChunks(splitAt(utf8.encode(text), at))).toEqual([
          events,
          lastEventId,
          retryMs,
        ]);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  it('agrees with it on any bytes', () => {
    fc.assert(
      fc.property(
        fc
          .uint8Array({ maxLength: 60 })
          .map((bytes) => bytes.map((byte) => (byte % 64 ? byte : 10))),
        cuts,
        (bytes, at) => {
          const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
          const { events } = referenceSse(text);

          expect(decodeChunks(splitAt(bytes, at))[0]).toEqual(events);
        },
      ),
      { numRuns: 1000, seed: 2 },
    );
  });

  it('agrees with eventsource-parser, however the bytes are split', () => {
    fc.assert(
      fc.property(soup, cuts, (text, at) => {
        const expected: { type: string; data: string }[] = [];
        const parser = createParser({
          onEvent: ({ event = 'message', data }) => expected.push({ type: event, data }),
        });
        const strings = new TextDecoder('utf-8', { ignoreBOM: true });
        const chunks = splitAt(utf8.encode(text), at);
        for (const chunk of chunks) parser.feed(strings.decode(chunk, { stream: true }));

        const [events] = decodeChunks(chunks);

        expect(events.map(({ type, data }) => ({ type, data }))).toEqual(expected);
      }),
      { numRuns: 2000, seed: 3 },
    );
  });
});
