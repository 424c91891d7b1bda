import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { FaultExchange } from './fault-exchange.ts';
import { type FaultTable, HTTP_WIRES, type NoNumbers } from './fault.ts';

/** Faults in the compression of a body. */
export interface EncodingFaults {
  'gzip-corrupt': NoNumbers;
  'gzip-cut': NoNumbers;
  'gzip-not': NoNumbers;
  'gzip-bomb': { readonly mebibytes: number };
  'brotli-bomb': { readonly mebibytes: number };
  'encoding-chain': { readonly depth: number };
}

const TEXT = { 'content-type': 'text/plain' } as const;
const PAGE = 'All work and no play makes a dull page. '.repeat(200);
const MEBIBYTE = 1024 * 1024;

async function sayCoded(exchange: FaultExchange, coding: string, bytes: Uint8Array): Promise<void> {
  await exchange.request.complete;
  await exchange.answer(200, { ...TEXT, 'content-encoding': coding }, bytes);
}

/** Row 25. */
export const encodingFaults: FaultTable<EncodingFaults> = {
  'gzip-corrupt': {
    row: 25,
    wires: HTTP_WIRES,
    title: 'sends gzip with wrong bytes in its middle',
    play(exchange) {
      const bytes = gzipSync(PAGE);
      bytes.fill(0xff, 20, 40);
      return sayCoded(exchange, 'gzip', bytes);
    },
  },
  'gzip-cut': {
    row: 25,
    wires: HTTP_WIRES,
    title: 'sends the first half of a gzip body, as a whole body',
    play(exchange) {
      const bytes = gzipSync(PAGE);
      return sayCoded(exchange, 'gzip', bytes.subarray(0, bytes.byteLength / 2));
    },
  },
  'gzip-not': {
    row: 25,
    wires: HTTP_WIRES,
    title: 'says that plain text is gzip',
    play: (exchange) => sayCoded(exchange, 'gzip', Buffer.from(PAGE)),
  },
  'gzip-bomb': {
    row: 25,
    wires: HTTP_WIRES,
    title: 'sends gzip of so many mebibytes of zeros, a thousandth on the wire',
    numbers: { mebibytes: 1024 },
    async play(exchange, { mebibytes }) {
      await exchange.request.complete;
      await exchange.chunked(200, { ...TEXT, 'content-encoding': 'gzip' });
      // Members of gzip may follow one another: RFC 1952, section 2.2.
      const member = gzipSync(Buffer.alloc(MEBIBYTE), { level: constants.Z_BEST_COMPRESSION });
      for (let count = 0; count < mebibytes; count++) {
        // oxlint-disable-next-line no-await-in-loop -- one write after another
        if (!(await exchange.chunk(member))) return;
      }
      await exchange.lastChunk();
    },
  },
  'brotli-bomb': {
    row: 25,
    wires: HTTP_WIRES,
    title: 'sends brotli of so many mebibytes of zeros, some bytes on the wire',
    numbers: { mebibytes: 64 },
    play(exchange, { mebibytes }) {
      const params = { [constants.BROTLI_PARAM_QUALITY]: 1 };
      return sayCoded(
        exchange,
        'br',
        brotliCompressSync(Buffer.alloc(mebibytes * MEBIBYTE), { params }),
      );
    },
  },
  'encoding-chain': {
    row: 25,
    wires: HTTP_WIRES,
    title: 'sends a body that was compressed this many times',
    numbers: { depth: 6 },
    play(exchange, { depth }) {
      let bytes: Uint8Array = Buffer.from(PAGE);
      for (let count = 0; count < depth; count++) bytes = gzipSync(bytes);
      return sayCoded(exchange, Array.from({ length: depth }, () => 'gzip').join(', '), bytes);
    },
  },
};
