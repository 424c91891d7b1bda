import type { FaultTable, NoNumbers, Wire } from './fault.ts';

/** Faults in the answer to an upgrade. */
export interface WebSocketUpgradeFaults {
  'upgrade-status': { readonly status: number; readonly retryAfter: number };
  'upgrade-ignored': NoNumbers;
  'upgrade-hang': NoNumbers;
  'upgrade-reset': NoNumbers;
  'upgrade-wrong-accept': NoNumbers;
  'upgrade-no-accept': NoNumbers;
  'upgrade-wrong-protocol': NoNumbers;
  'upgrade-wrong-connection': NoNumbers;
  'upgrade-deflate-window': { readonly bits: number };
  'upgrade-unknown-extension': NoNumbers;
}

const WIRES: readonly Wire[] = ['websocket'];

/** Rows 54 and 55, and bad deflate parameters of section 2. */
export const webSocketUpgradeFaults: FaultTable<WebSocketUpgradeFaults> = {
  'upgrade-status': {
    row: 54,
    wires: WIRES,
    scheme: 'ws',
    title: 'refuses the upgrade with this status, and a Retry-After where it is not below 0',
    numbers: { status: 503, retryAfter: -1 },
    async play(exchange, { status, retryAfter }) {
      const hint = retryAfter < 0 ? undefined : { 'retry-after': retryAfter };
      const headers = { 'content-type': 'text/plain', connection: 'close', ...hint };
      await exchange.answer(status, headers, `no upgrade: ${status}`);
      exchange.end();
    },
  },
  'upgrade-ignored': {
    row: 54,
    wires: WIRES,
    scheme: 'ws',
    title: 'answers 200, as a server that knows no WebSocket does',
    play: (exchange) => exchange.answer(200, { 'content-type': 'text/plain' }, 'ok'),
  },
  'upgrade-hang': {
    row: 55,
    wires: WIRES,
    scheme: 'ws',
    title: 'takes the upgrade and never answers',
    play: (exchange) => exchange.closed,
  },
  'upgrade-reset': {
    row: 58,
    wires: WIRES,
    scheme: 'ws',
    title: 'resets the connection at the upgrade',
    play: (exchange) => exchange.reset(),
  },
  'upgrade-wrong-accept': {
    row: 54,
    wires: WIRES,
    scheme: 'ws',
    title: 'accepts the upgrade with the key of another',
    async play(exchange) {
      await exchange.openWebSocket({ acceptKey: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' });
      await exchange.closed;
    },
  },
  'upgrade-no-accept': {
    row: 54,
    wires: WIRES,
    scheme: 'ws',
    title: 'accepts the upgrade without a key',
    async play(exchange) {
      await exchange.head(101, { upgrade: 'websocket', connection: 'Upgrade' });
      await exchange.closed;
    },
  },
  'upgrade-wrong-protocol': {
    row: 54,
    wires: WIRES,
    scheme: 'ws',
    title: 'chooses a subprotocol that was not offered',
    async play(exchange) {
      await exchange.openWebSocket({ protocol: 'not-offered' });
      await exchange.closed;
    },
  },
  'upgrade-wrong-connection': {
    row: 54,
    wires: WIRES,
    scheme: 'ws',
    title: 'accepts the upgrade to another protocol',
    async play(exchange) {
      await exchange.head(101, { upgrade: 'h2c', connection: 'Upgrade' });
      await exchange.closed;
    },
  },
  'upgrade-deflate-window': {
    row: 54,
    wires: WIRES,
    scheme: 'ws',
    title: 'asks for a deflate window of this many bits; 8 to 15 are allowed',
    numbers: { bits: 99 },
    async play(exchange, { bits }) {
      const extensions = `permessage-deflate; server_max_window_bits=${bits}`;
      await exchange.openWebSocket({ extensions });
      await exchange.closed;
    },
  },
  'upgrade-unknown-extension': {
    row: 54,
    wires: WIRES,
    scheme: 'ws',
    title: 'uses an extension that was not offered',
    async play(exchange) {
      await exchange.openWebSocket({ extensions: 'x-not-offered' });
      await exchange.closed;
    },
  },
};
