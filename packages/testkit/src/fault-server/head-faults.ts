import type { FaultExchange } from './fault-exchange.ts';
import { EVERY_WIRE, type FaultTable, HTTP_WIRES, type NoNumbers } from './fault.ts';

/** Faults in the head of an answer, and in what comes before it. */
export interface HeadFaults {
  'reset-mid-headers': { readonly afterBytes: number };
  'close-mid-headers': { readonly afterBytes: number };
  garbage: { readonly bytes: number };
  'bad-status-line': NoNumbers;
  'bad-header': NoNumbers;
  'bad-content-length': NoNumbers;
  'two-content-lengths': NoNumbers;
  'length-and-chunked': NoNumbers;
  'folded-header': NoNumbers;
  'slow-head': { readonly everyMs: number };
  'huge-header': { readonly bytes: number };
  'endless-header': NoNumbers;
  'many-headers': { readonly count: number };
  'interim-flood': { readonly status: number; readonly count: number };
  'continue-then-417': NoNumbers;
  'early-status': { readonly status: number };
  'early-status-then-reset': { readonly status: number; readonly afterBytes: number };
  'no-content-with-body': { readonly status: number };
  'no-content-with-length': { readonly status: number };
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n';

/** Writes this text as a whole answer, to a request that has come. */
async function say(exchange: FaultExchange, text: string): Promise<void> {
  await exchange.request.complete;
  await exchange.write(text);
}

/** Rows 11, 15, 16, 19 to 24. */
export const headFaults: FaultTable<HeadFaults> = {
  'reset-mid-headers': {
    row: 11,
    wires: EVERY_WIRE,
    title: 'resets the connection within the head',
    numbers: { afterBytes: 20 },
    async play(exchange, { afterBytes }) {
      await say(exchange, HEAD.slice(0, afterBytes));
      await exchange.delivered();
      exchange.reset();
    },
  },
  'close-mid-headers': {
    row: 11,
    wires: EVERY_WIRE,
    title: 'closes the connection within the head',
    numbers: { afterBytes: 20 },
    async play(exchange, { afterBytes }) {
      await say(exchange, HEAD.slice(0, afterBytes));
      exchange.end();
    },
  },
  garbage: {
    row: 15,
    wires: EVERY_WIRE,
    title: 'answers with bytes that are no HTTP, and goes on living',
    numbers: { bytes: 64 },
    async play(exchange, { bytes }) {
      // Deterministic, and no letter among them.
      await exchange.write(Uint8Array.from({ length: bytes }, (_, index) => (index * 37) % 32));
    },
  },
  'bad-status-line': {
    row: 15,
    wires: EVERY_WIRE,
    title: 'answers with a status line that is none',
    play: (exchange) => say(exchange, 'HTTP/1.1 OK 200\r\ncontent-length: 0\r\n\r\n'),
  },
  'bad-header': {
    row: 15,
    wires: EVERY_WIRE,
    title: 'answers with a header whose name has a space in it',
    play: (exchange) =>
      say(exchange, 'HTTP/1.1 200 OK\r\nbad name: 1\r\ncontent-length: 0\r\n\r\n'),
  },
  'bad-content-length': {
    row: 15,
    wires: HTTP_WIRES,
    title: 'announces a length that is no number',
    play: (exchange) => say(exchange, 'HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\nok'),
  },
  'two-content-lengths': {
    row: 15,
    wires: HTTP_WIRES,
    title: 'announces two lengths that differ',
    play: (exchange) =>
      say(exchange, 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nContent-Length: 4\r\n\r\nokok'),
  },
  'length-and-chunked': {
    row: 15,
    wires: HTTP_WIRES,
    title: 'announces a length and a chunked body, as for smuggling',
    play: (exchange) =>
      say(
        exchange,
        'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      ),
  },
  'folded-header': {
    row: 15,
    wires: HTTP_WIRES,
    title: 'continues a header on the next line, which RFC 9112 has taken away',
    play: (exchange) =>
      say(exchange, 'HTTP/1.1 200 OK\r\nx-folded: a\r\n b\r\ncontent-length: 2\r\n\r\nok'),
  },
  'slow-head': {
    row: 16,
    wires: EVERY_WIRE,
    title: 'writes a head that never ends, a byte at a time',
    numbers: { everyMs: 1000 },
    async play(exchange, { everyMs }) {
      await exchange.request.complete;
      const start = Buffer.from('HTTP/1.1 200 OK\r\nx: ').values();
      await exchange.trickle(everyMs, () => Buffer.of(start.next().value ?? 0x78));
    },
  },
  'huge-header': {
    row: 19,
    wires: EVERY_WIRE,
    title: 'answers with one header of this size',
    numbers: { bytes: 1024 * 1024 },
    play: (exchange, { bytes }) =>
      say(exchange, `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(bytes)}\r\ncontent-length: 0\r\n\r\n`),
  },
  'endless-header': {
    row: 19,
    wires: EVERY_WIRE,
    title: 'writes one header that never ends, as fast as it is taken',
    async play(exchange) {
      await say(exchange, 'HTTP/1.1 200 OK\r\nx: ');
      await exchange.flood(Buffer.alloc(64 * 1024, 'x'));
    },
  },
  'many-headers': {
    row: 19,
    wires: EVERY_WIRE,
    title: 'answers with this many headers',
    numbers: { count: 101 },
    async play(exchange, { count }) {
      await exchange.request.complete;
      const lines = Array.from({ length: count - 1 }, (_, index) => [`x-${index}`, index] as const);
      await exchange.head(200, [...lines, ['content-length', 0]]);
    },
  },
  'interim-flood': {
    row: 20,
    wires: HTTP_WIRES,
    title: 'sends this many interim answers before the answer',
    numbers: { status: 103, count: 10_000 },
    async play(exchange, { status, count }) {
      await exchange.request.complete;
      for (let index = 0; index < count; index++) {
        // oxlint-disable-next-line no-await-in-loop -- one write after another
        if (!(await exchange.head(status, { link: `</${index}>` }))) return;
      }
      await exchange.answer(200, {}, 'ok');
    },
  },
  'continue-then-417': {
    row: 22,
    wires: ['http'],
    title: 'answers 100, and then 417',
    async play(exchange) {
      await exchange.head(100);
      await exchange.answer(417, { connection: 'close' });
      exchange.end();
    },
  },
  'early-status': {
    row: 23,
    wires: ['http', 'sdk'],
    title: 'answers at the head of the request, and says that the connection closes',
    numbers: { status: 413 },
    play: (exchange, { status }) => exchange.answer(status, { connection: 'close' }, 'too early'),
  },
  'early-status-then-reset': {
    row: 23,
    wires: ['http', 'sdk'],
    title: 'answers while the body of the request comes, and then resets the connection',
    numbers: { status: 413, afterBytes: 1024 },
    async play(exchange, { status, afterBytes }) {
      await exchange.request.bodyArrival(afterBytes);
      exchange.stopReading();
      await exchange.answer(status, { connection: 'close' }, 'too early');
      await exchange.delivered();
      exchange.reset();
    },
  },
  'no-content-with-body': {
    row: 24,
    wires: ['http'],
    title: 'answers 204 or 304, with a body behind it that was not announced',
    numbers: { status: 204 },
    async play(exchange, { status }) {
      await exchange.request.complete;
      await exchange.head(status);
      await exchange.write('HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsmuggled');
    },
  },
  'no-content-with-length': {
    row: 24,
    wires: ['http'],
    title: 'answers 204 or 304, with a body that it announces',
    numbers: { status: 204 },
    play: (exchange, { status }) => exchange.answer(status, {}, 'body'),
  },
};
