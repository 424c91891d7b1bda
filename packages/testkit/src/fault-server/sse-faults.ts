import type { FaultExchange } from './fault-exchange.ts';
import { type FaultTable, type NoNumbers, type Wire } from './fault.ts';
import { completion, DONE, EVENT_STREAM, word } from './sse-texts.ts';

/** Faults in the course of a stream of events: its head, its silences, its end. */
export interface SseFaults {
  'sse-wrong-type': NoNumbers;
  'sse-no-content': { readonly status: number };
  'sse-idle': { readonly events: number };
  'sse-comments-only': { readonly events: number; readonly everyMs: number };
  'sse-no-progress': { readonly events: number; readonly everyMs: number };
  'sse-cut': { readonly events: number };
  'sse-cut-within-event': { readonly events: number; readonly bytes: number };
  'sse-reset': { readonly events: number };
  'sse-empty': NoNumbers;
  'sse-flap': { readonly times: number };
  'sse-lingering': { readonly events: number };
  'sse-trailing-data': { readonly events: number };
  'sse-closes': { readonly retryMs: number };
  'sse-error-event': { readonly events: number };
  'sse-error-then-done': { readonly events: number };
  'sse-duplicate-ids': NoNumbers;
  'sse-reordered-ids': NoNumbers;
  'sse-skipped-ids': NoNumbers;
  'sse-resume-ignored': { readonly events: number };
  'sse-flood': { readonly eventBytes: number };
}

const WIRES: readonly Wire[] = ['sse', 'sdk'];
const OVERLOADED = '{"error":{"message":"Overloaded","type":"server_error","code":"overloaded"}}';

/** Sends a head and these texts, each a chunk of its own. */
export async function stream(exchange: FaultExchange, texts: Iterable<string>): Promise<void> {
  await exchange.request.complete;
  await exchange.chunked(200, EVENT_STREAM);
  // oxlint-disable-next-line no-await-in-loop -- one write after another
  for (const text of texts) await exchange.chunk(text);
}

/** The same, ended as a chunked body ends. */
async function wholeStream(exchange: FaultExchange, texts: Iterable<string>): Promise<void> {
  await stream(exchange, texts);
  await exchange.lastChunk();
}

/** Events that are not the last of a completion. */
const words = (events: number): string[] => completion(events + 1).slice(0, events);
const frame = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const numbered = (ids: readonly number[]): string[] =>
  ids.map((id) => `id: ${id}\n${word(`${id} `)}`);

/** Rows 44, 45, 48 to 51, 53, 66. */
export const sseFaults: FaultTable<SseFaults> = {
  'sse-wrong-type': {
    row: 44,
    wires: WIRES,
    title: 'streams good events as text/plain',
    async play(exchange) {
      await exchange.request.complete;
      await exchange.answer(
        200,
        { 'content-type': 'text/plain' },
        [...completion(3), DONE].join(''),
      );
    },
  },
  'sse-no-content': {
    row: 44,
    wires: WIRES,
    title: 'answers 204 or 205, which tells an EventSource to stay away',
    numbers: { status: 204 },
    async play(exchange, { status }) {
      await exchange.request.complete;
      await exchange.head(status, status === 204 ? {} : { 'content-length': 0 });
    },
  },
  'sse-idle': {
    row: 45,
    wires: WIRES,
    title: 'sends so many events, and then nothing',
    numbers: { events: 0 },
    async play(exchange, { events }) {
      await stream(exchange, words(events));
      await exchange.closed;
    },
  },
  'sse-comments-only': {
    row: 45,
    wires: WIRES,
    title: 'sends so many events, and then comments for ever',
    numbers: { events: 0, everyMs: 15_000 },
    async play(exchange, { events, everyMs }) {
      await stream(exchange, words(events));
      await exchange.trickle(everyMs, () => frame(': ping\n\n'));
    },
  },
  'sse-no-progress': {
    row: 45,
    wires: WIRES,
    title: 'sends so many events, and then events without content for ever',
    numbers: { events: 1, everyMs: 1000 },
    async play(exchange, { events, everyMs }) {
      await stream(exchange, words(events));
      await exchange.trickle(everyMs, () => frame(word('')));
    },
  },
  'sse-cut': {
    row: 48,
    wires: WIRES,
    title: 'ends the body behind so many events, before the terminator, as a whole body',
    numbers: { events: 2 },
    play: (exchange, { events }) => wholeStream(exchange, words(events)),
  },
  'sse-cut-within-event': {
    row: 48,
    wires: WIRES,
    title: 'ends the body within an event, as a whole body',
    numbers: { events: 2, bytes: 12 },
    play: (exchange, { events, bytes }) =>
      wholeStream(exchange, [...words(events), word('cut').slice(0, bytes)]),
  },
  'sse-reset': {
    row: 12,
    wires: WIRES,
    title: 'resets the connection behind so many events',
    numbers: { events: 2 },
    async play(exchange, { events }) {
      await stream(exchange, words(events));
      await exchange.delivered();
      exchange.reset();
    },
  },
  'sse-empty': {
    row: 48,
    wires: WIRES,
    title: 'ends the body without an event',
    play: (exchange) => wholeStream(exchange, []),
  },
  'sse-flap': {
    row: 48,
    wires: WIRES,
    title: 'ends the body without an event this many times, and then streams well',
    numbers: { times: 10 },
    play: (exchange, { times }) =>
      wholeStream(exchange, exchange.turn < times ? [] : [...completion(3), DONE]),
  },
  'sse-lingering': {
    row: 48,
    wires: WIRES,
    title: 'sends the terminator, and leaves the body open',
    numbers: { events: 3 },
    async play(exchange, { events }) {
      await stream(exchange, [...completion(events), DONE]);
      await exchange.closed;
    },
  },
  'sse-trailing-data': {
    row: 48,
    wires: WIRES,
    title: 'sends more events behind the terminator',
    numbers: { events: 3 },
    play: (exchange, { events }) =>
      wholeStream(exchange, [...completion(events), DONE, ...words(2), ': bye\n\n']),
  },
  'sse-closes': {
    row: 51,
    wires: ['sse'],
    title: 'sends one plain event and asks to come back after this long, as an EventSource does',
    numbers: { retryMs: 1000 },
    play: (exchange, { retryMs }) =>
      wholeStream(exchange, [`retry: ${retryMs}\nid: ${exchange.turn}\ndata: tick\n\n`]),
  },
  'sse-error-event': {
    row: 49,
    wires: WIRES,
    title: 'sends an event of the type error behind so many events, and ends',
    numbers: { events: 2 },
    play: (exchange, { events }) =>
      wholeStream(exchange, [...words(events), `event: error\ndata: ${OVERLOADED}\n\n`]),
  },
  'sse-error-then-done': {
    row: 50,
    wires: WIRES,
    title: 'sends an error in an event, and then the terminator as if all were well',
    numbers: { events: 2 },
    play: (exchange, { events }) =>
      wholeStream(exchange, [...words(events), `data: ${OVERLOADED}\n\n`, DONE]),
  },
  'sse-duplicate-ids': {
    row: 53,
    wires: WIRES,
    title: 'sends an event twice, with the same id',
    play: (exchange) => wholeStream(exchange, [...numbered([1, 2, 2, 3]), DONE]),
  },
  'sse-reordered-ids': {
    row: 53,
    wires: WIRES,
    title: 'sends events whose ids go back',
    play: (exchange) => wholeStream(exchange, [...numbered([1, 3, 2, 4]), DONE]),
  },
  'sse-skipped-ids': {
    row: 53,
    wires: WIRES,
    title: 'sends events with an id missing',
    play: (exchange) => wholeStream(exchange, [...numbered([1, 2, 4, 5]), DONE]),
  },
  'sse-resume-ignored': {
    row: 53,
    wires: WIRES,
    title: 'cuts the first stream, and begins again at 1 whatever Last-Event-ID says',
    numbers: { events: 2 },
    async play(exchange, { events }) {
      const ids = Array.from({ length: exchange.turn === 0 ? events : 5 }, (_, index) => index + 1);
      await stream(exchange, numbered(ids));
      if (exchange.turn > 0) {
        await exchange.chunk(DONE);
        await exchange.lastChunk();
        return;
      }
      await exchange.delivered();
      exchange.reset();
    },
  },
  'sse-flood': {
    row: 66,
    wires: WIRES,
    title: 'sends events of this size for ever, as fast as they are taken',
    numbers: { eventBytes: 64 * 1024 },
    async play(exchange, { eventBytes }) {
      await stream(exchange, []);
      await exchange.flood(Buffer.from(frame(word('x'.repeat(eventBytes)))));
    },
  },
};
