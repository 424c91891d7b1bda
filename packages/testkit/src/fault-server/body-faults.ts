import type { FaultExchange } from './fault-exchange.ts';
import { type FaultTable, HTTP_WIRES, type NoNumbers } from './fault.ts';

/** Faults in the body of an answer. */
export interface BodyFaults {
  'reset-mid-body': { readonly afterBytes: number };
  'reset-mid-chunked-body': { readonly afterBytes: number };
  'no-last-chunk': NoNumbers;
  'cut-within-chunk': NoNumbers;
  'length-too-long': { readonly missing: number };
  'length-too-short': { readonly extra: number };
  'bad-chunk-size': NoNumbers;
  'huge-chunk-size': NoNumbers;
  'stalled-body': { readonly afterBytes: number };
  'trickling-body': { readonly everyMs: number };
  'invalid-utf8': NoNumbers;
  'cut-json': NoNumbers;
  'html-with-200': NoNumbers;
  flood: { readonly chunkBytes: number };
}

const TEXT = { 'content-type': 'text/plain' } as const;
const JSON_TYPE = { 'content-type': 'application/json' } as const;
const HTML = { 'content-type': 'text/html; charset=utf-8' } as const;

/** Begins a body that is longer than what comes of it. */
async function beginLongBody(exchange: FaultExchange, bytes: number): Promise<void> {
  await exchange.request.complete;
  await exchange.head(200, { ...TEXT, 'content-length': bytes + 1000 });
  await exchange.write('x'.repeat(bytes));
}

/** Begins a chunked body with one chunk. */
async function beginChunks(exchange: FaultExchange, bytes: number): Promise<void> {
  await exchange.request.complete;
  await exchange.chunked(200, TEXT);
  if (bytes > 0) await exchange.chunk('x'.repeat(bytes));
}

/** Rows 12 to 15, 17, 18, 26, 27, 66. */
export const bodyFaults: FaultTable<BodyFaults> = {
  'reset-mid-body': {
    row: 12,
    wires: HTTP_WIRES,
    title: 'resets the connection behind so many bytes of a body with a length',
    numbers: { afterBytes: 10 },
    async play(exchange, { afterBytes }) {
      await beginLongBody(exchange, afterBytes);
      await exchange.delivered();
      exchange.reset();
    },
  },
  'reset-mid-chunked-body': {
    row: 12,
    wires: HTTP_WIRES,
    title: 'resets the connection behind one chunk of a body',
    numbers: { afterBytes: 10 },
    async play(exchange, { afterBytes }) {
      await beginChunks(exchange, afterBytes);
      await exchange.delivered();
      exchange.reset();
    },
  },
  'no-last-chunk': {
    row: 13,
    wires: HTTP_WIRES,
    title: 'closes the connection between the chunks of a body',
    async play(exchange) {
      await beginChunks(exchange, 10);
      exchange.end();
    },
  },
  'cut-within-chunk': {
    row: 13,
    wires: HTTP_WIRES,
    title: 'closes the connection within a chunk of a body',
    async play(exchange) {
      await beginChunks(exchange, 10);
      await exchange.write('a\r\nxxxx');
      exchange.end();
    },
  },
  'length-too-long': {
    row: 14,
    wires: ['http', 'sdk'],
    title: 'announces more bytes than it sends, then closes the connection',
    numbers: { missing: 5 },
    async play(exchange, { missing }) {
      await exchange.request.complete;
      await exchange.head(200, { ...TEXT, 'content-length': 10 + missing });
      await exchange.write('x'.repeat(10));
      exchange.end();
    },
  },
  'length-too-short': {
    row: 14,
    wires: ['http', 'sdk'],
    title: 'sends more bytes than it announces',
    numbers: { extra: 5 },
    async play(exchange, { extra }) {
      await exchange.request.complete;
      await exchange.head(200, { ...TEXT, 'content-length': 10 });
      await exchange.write('x'.repeat(10 + extra));
    },
  },
  'bad-chunk-size': {
    row: 15,
    wires: HTTP_WIRES,
    title: 'sends a chunk whose size is no number, behind one that is right',
    async play(exchange) {
      await beginChunks(exchange, 10);
      await exchange.write('zz\r\nxx\r\n0\r\n\r\n');
    },
  },
  'huge-chunk-size': {
    row: 15,
    wires: HTTP_WIRES,
    title: 'announces a chunk whose size does not fit 64 bits',
    async play(exchange) {
      await beginChunks(exchange, 10);
      await exchange.write('fffffffffffffffffff\r\nxx\r\n');
    },
  },
  'stalled-body': {
    row: 17,
    wires: HTTP_WIRES,
    title: 'sends so many bytes of a body, and then nothing',
    numbers: { afterBytes: 10 },
    async play(exchange, { afterBytes }) {
      await beginChunks(exchange, afterBytes);
      await exchange.closed;
    },
  },
  'trickling-body': {
    row: 18,
    wires: HTTP_WIRES,
    title: 'sends a body that never ends, a byte at a time',
    numbers: { everyMs: 1000 },
    async play(exchange, { everyMs }) {
      await beginChunks(exchange, 0);
      await exchange.trickle(everyMs, () => '1\r\nx\r\n');
    },
  },
  'invalid-utf8': {
    row: 26,
    wires: ['http', 'sdk'],
    title: 'answers with JSON whose text is not UTF-8',
    async play(exchange) {
      await exchange.request.complete;
      await exchange.answer(200, JSON_TYPE, Buffer.from('{"text":"\xc3\x28"}', 'latin1'));
    },
  },
  'cut-json': {
    row: 27,
    wires: ['http', 'sdk'],
    title: 'answers with JSON that stops in the middle, as a whole body',
    async play(exchange) {
      await exchange.request.complete;
      await exchange.answer(200, JSON_TYPE, '{"items":[{"id":1},{"id"');
    },
  },
  'html-with-200': {
    row: 27,
    wires: HTTP_WIRES,
    title: 'answers 200 with an HTML page, as a proxy that asks to sign in does',
    async play(exchange) {
      await exchange.request.complete;
      await exchange.answer(200, HTML, '<!doctype html><title>Sign in</title><p>Please sign in.');
    },
  },
  flood: {
    row: 66,
    wires: HTTP_WIRES,
    title: 'sends a body that never ends, as fast as it is taken',
    numbers: { chunkBytes: 64 * 1024 },
    async play(exchange, { chunkBytes }) {
      await beginChunks(exchange, 0);
      const size = chunkBytes.toString(16);
      await exchange.flood(Buffer.from(`${size}\r\n${'x'.repeat(chunkBytes)}\r\n`));
    },
  },
};
