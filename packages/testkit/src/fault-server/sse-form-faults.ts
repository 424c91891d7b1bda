import type { FaultExchange } from './fault-exchange.ts';
import type { FaultTable, NoNumbers, Wire } from './fault.ts';
import { completion, DONE, EVENT_STREAM, word } from './sse-texts.ts';
import { stream } from './sse-faults.ts';

/** Odd ways to write a stream of events, and ways that must not be taken. */
export interface SseFormFaults {
  'sse-garbage': NoNumbers;
  'sse-unknown-fields': NoNumbers;
  'sse-one-byte-chunks': NoNumbers;
  'sse-crlf': NoNumbers;
  'sse-cr': NoNumbers;
  'sse-split-crlf': NoNumbers;
  'sse-bom': NoNumbers;
  'sse-split-utf8': NoNumbers;
  'sse-invalid-utf8': NoNumbers;
  'sse-endless-line': NoNumbers;
  'sse-endless-event': NoNumbers;
  'sse-hostile-ids': NoNumbers;
  'sse-hostile-retry': NoNumbers;
}

const WIRES: readonly Wire[] = ['sse', 'sdk'];
const GOOD: string = [...completion(3), DONE].join('');

/** Sends these bytes, each part a chunk of its own, and ends the body. */
async function sendParts(
  exchange: FaultExchange,
  parts: Iterable<string | Uint8Array>,
): Promise<void> {
  await exchange.request.complete;
  await exchange.chunked(200, EVENT_STREAM);
  // oxlint-disable-next-line no-await-in-loop -- one write after another
  for (const part of parts) await exchange.chunk(part);
  await exchange.lastChunk();
}

function* bytesOf(text: string): Generator<Uint8Array> {
  for (const byte of Buffer.from(text)) yield Uint8Array.of(byte);
}

/** Rows 26, 46, 47, and the event-stream class of section 2. */
export const sseFormFaults: FaultTable<SseFormFaults> = {
  'sse-garbage': {
    row: 46,
    wires: WIRES,
    title: 'sends lines that are no fields, between good events',
    play: (exchange) =>
      sendParts(exchange, ['<garbage>\n:::\n\u0001\u0002\n\n', ...completion(3), '%%%\n\n', DONE]),
  },
  'sse-unknown-fields': {
    row: 46,
    wires: WIRES,
    title: 'sends fields that the standard does not know, and a field without a colon',
    play: (exchange) =>
      sendParts(
        exchange,
        [...completion(3), DONE].map((event) => `trace: 1\nnonsense\n${event}`),
      ),
  },
  'sse-one-byte-chunks': {
    row: 46,
    wires: WIRES,
    title: 'sends good events, each byte in a chunk of its own',
    play: (exchange) => sendParts(exchange, bytesOf(GOOD)),
  },
  'sse-crlf': {
    row: 46,
    wires: WIRES,
    title: 'ends its lines with CR LF',
    play: (exchange) => sendParts(exchange, [GOOD.replaceAll('\n', '\r\n')]),
  },
  'sse-cr': {
    row: 46,
    wires: WIRES,
    title: 'ends its lines with CR',
    play: (exchange) => sendParts(exchange, [GOOD.replaceAll('\n', '\r')]),
  },
  'sse-split-crlf': {
    row: 46,
    wires: WIRES,
    title: 'ends its lines with CR LF, the two in different chunks',
    play: (exchange) => sendParts(exchange, GOOD.replaceAll('\n', '\r\n').split(/(?<=\r)/)),
  },
  'sse-bom': {
    row: 46,
    wires: WIRES,
    title: 'begins with a byte order mark',
    play: (exchange) => sendParts(exchange, [`\ufeff${GOOD}`]),
  },
  'sse-split-utf8': {
    row: 46,
    wires: WIRES,
    title: 'sends characters of two to four bytes, each byte in a chunk of its own',
    play: (exchange) => sendParts(exchange, bytesOf(`${word('é€😀', 'stop')}${DONE}`)),
  },
  'sse-invalid-utf8': {
    row: 26,
    wires: WIRES,
    title: 'sends bytes in an event that are not UTF-8',
    play(exchange) {
      const event = Buffer.from(word('?'));
      event[event.indexOf('?')] = 0xff;
      return sendParts(exchange, [event, ...completion(2), DONE]);
    },
  },
  'sse-endless-line': {
    row: 47,
    wires: WIRES,
    title: 'sends a line that never ends, as fast as it is taken',
    async play(exchange) {
      await stream(exchange, ['data: ']);
      await exchange.flood(Buffer.from(`10000\r\n${'x'.repeat(0x10000)}\r\n`));
    },
  },
  'sse-endless-event': {
    row: 47,
    wires: WIRES,
    title: 'sends an event of lines that never end, as fast as they are taken',
    async play(exchange) {
      await stream(exchange, []);
      const lines = `data: ${'x'.repeat(1017)}\n`.repeat(64);
      await exchange.flood(Buffer.from(`${lines.length.toString(16)}\r\n${lines}\r\n`));
    },
  },
  'sse-hostile-ids': {
    row: 53,
    wires: WIRES,
    title: 'sends ids with a NUL, with a line separator, beyond Latin-1, and of 64 KiB',
    play: (exchange) =>
      sendParts(exchange, [
        ...['a\u0000b', 'a\u2028b', 'ключ', 'x'.repeat(64 * 1024)].map(
          (id) => `id: ${id}\n${word('a ')}`,
        ),
        DONE,
      ]),
  },
  'sse-hostile-retry': {
    row: 51,
    wires: WIRES,
    title: 'asks to come back after 99999999999999999999 ms, after -1, and after "soon"',
    play: (exchange) =>
      sendParts(exchange, [
        'retry: 99999999999999999999\n\nretry: -1\n\nretry: soon\n\n',
        ...completion(3),
        DONE,
      ]),
  },
};
