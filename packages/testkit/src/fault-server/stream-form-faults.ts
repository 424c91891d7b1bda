import { gzipSync } from 'node:zlib';
import { sendParts } from './stream-cut-faults.ts';
import type { StreamFaultTable } from './stream-faults.ts';
import type { StreamParts } from './stream-parts.ts';

/** The same stream in other forms: other line ends, other chunks, other ids, a cut compression. */
export function streamsOfOtherForms(parts: StreamParts): StreamFaultTable {
  const { events, isSse } = parts;
  const text = events.join('');
  const hasNames = isSse && /^event:/m.test(text);
  return {
    crlf: {
      title: 'ends its lines with CR LF',
      expect: 'complete',
      play: (exchange) =>
        sendParts(
          exchange,
          parts,
          events.map((event) => event.replaceAll('\n', '\r\n')),
          'whole',
        ),
    },
    'split-crlf': {
      title: 'ends its lines with CR LF, the two in different chunks',
      expect: 'complete',
      play: (exchange) =>
        sendParts(exchange, parts, text.replaceAll('\n', '\r\n').split(/(?<=\r)/), 'whole'),
    },
    cr: isSse
      ? {
          title: 'ends its lines with CR',
          expect: 'complete',
          play: (exchange) => sendParts(exchange, parts, [text.replaceAll('\n', '\r')], 'whole'),
        }
      : undefined,
    'byte-order-mark': isSse
      ? {
          title: 'begins with a byte order mark',
          expect: 'complete',
          play: (exchange) => sendParts(exchange, parts, [`\ufeff${text}`], 'whole'),
        }
      : undefined,
    'one-byte-chunks': {
      title: 'sends each byte in a chunk of its own, also those of one character',
      expect: 'complete',
      play: (exchange) =>
        sendParts(
          exchange,
          parts,
          Array.from(Buffer.from(text), (byte) => Uint8Array.of(byte)),
          'whole',
        ),
    },
    'one-chunk': {
      title: 'sends all events in one chunk',
      expect: 'complete',
      play: (exchange) => sendParts(exchange, parts, [text], 'whole'),
    },
    'no-event-names': hasNames
      ? {
          title: 'sends its events without their names, as some proxies do',
          expect: 'either',
          play: (exchange) =>
            sendParts(
              exchange,
              parts,
              events.map((event) => event.replaceAll(/^event:.*\n/gm, '')),
              'whole',
            ),
        }
      : undefined,
    'duplicate-ids': withIds(parts, 'sends an event twice, with the same id', (count) =>
      Array.from({ length: count + 1 }, (_, index) => Math.max(0, index - 1)).map((id) => [id, id]),
    ),
    'reordered-ids': withIds(parts, 'sends its events with ids that go back', (count) =>
      Array.from({ length: count }, (_, index) => [count - 1 - index, index]),
    ),
    'skipped-ids': withIds(parts, 'sends its events with ids left out', (count) =>
      Array.from({ length: count }, (_, index) => [index * 2, index]),
    ),
    'gzip-cut': {
      title: 'sends the first half of the stream as gzip, as a whole body',
      expect: 'not-complete',
      async play(exchange) {
        await exchange.request.complete;
        const bytes = gzipSync(text);
        const headers = { 'content-type': parts.contentType, 'content-encoding': 'gzip' };
        await exchange.answer(200, headers, bytes.subarray(0, bytes.byteLength / 2));
      },
    },
  };
}

/** The events with ids of their own: which id, and which event, in which order. */
function withIds(
  parts: StreamParts,
  title: string,
  order: (count: number) => readonly (readonly number[])[],
): StreamFaultTable[string] {
  if (!parts.isSse) return undefined;
  const { events } = parts;
  const texts = order(events.length).map(
    ([id, index]) => `id: ${id}\n${events[index ?? 0]?.replaceAll(/^id:.*\n/gm, '') ?? ''}`,
  );
  return {
    title,
    expect: 'either',
    play: (exchange) => sendParts(exchange, parts, texts, 'whole'),
  };
}
