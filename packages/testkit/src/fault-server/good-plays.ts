import { EVERY_WIRE, type FaultTable, HTTP_WIRES, type NoNumbers } from './fault.ts';
import { completion, DONE, EVENT_STREAM } from './sse-texts.ts';

/** What is no fault: row 0 of the matrix. */
export interface GoodPlays {
  ok: NoNumbers;
  'ok-json': NoNumbers;
  'ok-sse': { readonly events: number };
  echo: NoNumbers;
  'websocket-echo': NoNumbers;
}

/** Good behaviour, to end a sequence with or to compare with. */
export const goodPlays: FaultTable<GoodPlays> = {
  ok: {
    row: 0,
    wires: EVERY_WIRE,
    title: 'answers "ok", once the request is complete',
    async play(exchange) {
      await exchange.request.complete;
      await exchange.answer(200, { 'content-type': 'text/plain' }, 'ok');
    },
  },
  'ok-json': {
    row: 0,
    wires: ['http', 'sdk'],
    title: 'answers {"ok":true} as JSON',
    async play(exchange) {
      await exchange.request.complete;
      await exchange.answer(200, { 'content-type': 'application/json' }, '{"ok":true}');
    },
  },
  'ok-sse': {
    row: 0,
    wires: ['sse', 'sdk'],
    title: 'streams events of an OpenAI chat completion, and [DONE]',
    numbers: { events: 3 },
    async play(exchange, { events }) {
      await exchange.request.complete;
      await exchange.chunked(200, EVENT_STREAM);
      for (const event of [...completion(events), DONE]) {
        // oxlint-disable-next-line no-await-in-loop -- one write after another
        await exchange.chunk(event);
      }
      await exchange.lastChunk();
    },
  },
  echo: {
    row: 0,
    wires: HTTP_WIRES,
    title: 'answers with the body of the request',
    async play(exchange) {
      await exchange.request.complete;
      const type = exchange.request.headers['content-type'] ?? 'application/octet-stream';
      await exchange.answer(200, { 'content-type': type }, exchange.request.body);
    },
  },
  'websocket-echo': {
    row: 0,
    wires: ['websocket'],
    title: 'sends every message of a WebSocket back',
    scheme: 'ws',
    async play(exchange) {
      const socket = await exchange.openWebSocket();
      await socket.echo();
    },
  },
};
