import type { FaultExchange } from './fault-exchange.ts';
import { EVERY_WIRE, type FaultTable, HTTP_WIRES, type NoNumbers } from './fault.ts';

/** Faults before an answer begins: in making the connection, and right behind the request. */
export interface ConnectionFaults {
  'connect-refused': NoNumbers;
  'connect-hang': NoNumbers;
  'accept-reset': NoNumbers;
  'tls-unknown-authority': NoNumbers;
  'tls-expired': NoNumbers;
  'tls-wrong-host': NoNumbers;
  'tls-stall': NoNumbers;
  'tls-plain-http': NoNumbers;
  'tls-garbage': NoNumbers;
  'tls-reset': NoNumbers;
  'reset-before-head': NoNumbers;
  'close-before-head': NoNumbers;
  'stale-keep-alive': NoNumbers;
  silent: NoNumbers;
  'reset-while-sending': { readonly afterBytes: number };
  'half-close': NoNumbers;
  'never-reads': NoNumbers;
}

const ok = (exchange: FaultExchange): Promise<boolean> =>
  exchange.answer(200, { 'content-type': 'text/plain' }, 'ok');

/** Rows 3 to 10, 66, 67. */
export const connectionFaults: FaultTable<ConnectionFaults> = {
  'connect-refused': {
    row: 3,
    wires: EVERY_WIRE,
    title: 'refuses the connection: nobody listens at the port',
    place: 'refuse',
  },
  'connect-hang': {
    row: 4,
    wires: EVERY_WIRE,
    title: 'neither makes nor refuses the connection; needs { hang: true }',
    place: 'hang',
  },
  'accept-reset': {
    row: 9,
    wires: EVERY_WIRE,
    title: 'resets the connection as soon as it is made',
    place: 'accept-reset',
  },
  'tls-unknown-authority': {
    row: 6,
    wires: EVERY_WIRE,
    title: 'shows a certificate of an authority that is not server.tls.authority',
    place: 'tls-unknown',
    play: ok,
  },
  'tls-expired': {
    row: 6,
    wires: EVERY_WIRE,
    title: 'shows a certificate that has expired',
    place: 'tls-expired',
    play: ok,
  },
  'tls-wrong-host': {
    row: 6,
    wires: EVERY_WIRE,
    title: 'shows a certificate for another host',
    place: 'tls-wrong-host',
    play: ok,
  },
  'tls-stall': {
    row: 7,
    wires: EVERY_WIRE,
    title: 'takes the connection and says nothing to the TLS handshake',
    place: 'tls-stall',
  },
  'tls-plain-http': {
    row: 8,
    wires: EVERY_WIRE,
    title: 'speaks plain HTTP where TLS is expected',
    scheme: 'https',
    play: ok,
  },
  'tls-garbage': {
    row: 8,
    wires: EVERY_WIRE,
    title: 'answers the TLS handshake with a line of text',
    place: 'tls-garbage',
  },
  'tls-reset': {
    row: 9,
    wires: EVERY_WIRE,
    title: 'resets the connection within the TLS handshake',
    place: 'tls-reset',
  },
  'reset-before-head': {
    row: 9,
    wires: EVERY_WIRE,
    title: 'takes the head of the request, then resets the connection',
    play: (exchange) => exchange.reset(),
  },
  'close-before-head': {
    row: 67,
    wires: EVERY_WIRE,
    title: 'takes the request, then closes the connection without an answer',
    async play(exchange) {
      await exchange.request.complete;
      exchange.end();
    },
  },
  'stale-keep-alive': {
    row: 10,
    wires: HTTP_WIRES,
    title: 'answers the first request of a connection, and resets it at the second',
    async play(exchange) {
      await exchange.request.complete;
      if (exchange.connectionTurn > 0) exchange.reset();
      else await ok(exchange);
    },
  },
  silent: {
    row: 16,
    wires: EVERY_WIRE,
    title: 'takes the request and never answers',
    play: (exchange) => exchange.closed,
  },
  'reset-while-sending': {
    row: 9,
    wires: ['http', 'sdk'],
    title: 'resets the connection when so much of the body of the request has come',
    numbers: { afterBytes: 1024 },
    async play(exchange, { afterBytes }) {
      await exchange.request.bodyArrival(afterBytes);
      exchange.reset();
    },
  },
  'half-close': {
    row: 67,
    wires: ['http', 'websocket'],
    title: 'closes its half of the connection at the head of the request, and reads on',
    async play(exchange) {
      exchange.end();
      await exchange.closed;
    },
  },
  'never-reads': {
    row: 66,
    wires: ['http', 'websocket'],
    title: 'reads nothing behind the head of the request, and never answers',
    async play(exchange) {
      exchange.stopReading();
      await exchange.closed;
    },
  },
};
