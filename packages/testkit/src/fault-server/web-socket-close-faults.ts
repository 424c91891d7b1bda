import type { FaultExchange } from './fault-exchange.ts';
import type { FaultTable, NoNumbers, Wire } from './fault.ts';
import { closePayload, encodeFrame, opcode } from './web-socket-frames.ts';
import type { WebSocketWire } from './web-socket-wire.ts';

/** Ways for a WebSocket to end, or not to. */
export interface WebSocketCloseFaults {
  'websocket-close': { readonly code: number; readonly messages: number };
  'websocket-close-empty': { readonly messages: number };
  'websocket-close-bad-utf8': NoNumbers;
  'websocket-close-one-byte': NoNumbers;
  'websocket-close-while-sending': { readonly code: number; readonly messages: number };
  'websocket-reset': { readonly messages: number };
  'websocket-reset-mid-burst': { readonly messages: number };
  'websocket-fin': { readonly messages: number };
  'websocket-close-unanswered': NoNumbers;
  'websocket-no-pong': NoNumbers;
  'websocket-half-open': { readonly messages: number };
  'websocket-never-reads': NoNumbers;
}

const WIRES: readonly Wire[] = ['websocket'];

/** Opens the WebSocket and sends so many messages: `message 1`, `message 2` … */
async function openAndSend(exchange: FaultExchange, messages: number): Promise<WebSocketWire> {
  const socket = await exchange.openWebSocket();
  for (let count = 1; count <= messages; count++) {
    // oxlint-disable-next-line no-await-in-loop -- one write after another
    await socket.frame({ payload: `message ${count}` });
  }
  return socket;
}

/** Rows 56 to 64, 66. */
export const webSocketCloseFaults: FaultTable<WebSocketCloseFaults> = {
  'websocket-close': {
    row: 56,
    wires: WIRES,
    scheme: 'ws',
    title: 'sends so many messages and closes with this code, as RFC 6455 asks for',
    numbers: { code: 1000, messages: 1 },
    async play(exchange, { code, messages }) {
      const socket = await openAndSend(exchange, messages);
      await socket.closeProperly(code, `code ${code}`);
    },
  },
  'websocket-close-empty': {
    row: 56,
    wires: WIRES,
    scheme: 'ws',
    title: 'closes without a code, which is 1005 to the client',
    numbers: { messages: 1 },
    async play(exchange, { messages }) {
      const socket = await openAndSend(exchange, messages);
      await socket.closeProperly();
    },
  },
  'websocket-close-bad-utf8': {
    row: 65,
    wires: WIRES,
    scheme: 'ws',
    title: 'closes with a reason that is not UTF-8',
    async play(exchange) {
      const socket = await exchange.openWebSocket();
      await socket.closeProperly(1000, Uint8Array.of(0xc3, 0x28));
    },
  },
  'websocket-close-one-byte': {
    row: 65,
    wires: WIRES,
    scheme: 'ws',
    title: 'sends a close frame of one byte, which is half a code',
    async play(exchange) {
      const socket = await exchange.openWebSocket();
      await socket.frame({ opcode: opcode.close, payload: Uint8Array.of(3) });
      await exchange.closed;
    },
  },
  'websocket-close-while-sending': {
    row: 57,
    wires: WIRES,
    scheme: 'ws',
    title: 'closes with this code when so many messages of the client have come',
    numbers: { code: 1001, messages: 1 },
    async play(exchange, { code, messages }) {
      const socket = await exchange.openWebSocket();
      // oxlint-disable-next-line no-await-in-loop -- one frame after another
      for (let count = 0; count < messages; count++) await socket.next();
      await socket.closeProperly(code);
    },
  },
  'websocket-reset': {
    row: 58,
    wires: WIRES,
    scheme: 'ws',
    title: 'sends so many messages and resets the connection: 1006 to the client',
    numbers: { messages: 1 },
    async play(exchange, { messages }) {
      await openAndSend(exchange, messages);
      await exchange.delivered();
      exchange.reset();
    },
  },
  'websocket-reset-mid-burst': {
    row: 58,
    wires: WIRES,
    scheme: 'ws',
    title: 'sends so many messages and half of another in one write, and resets the connection',
    numbers: { messages: 100 },
    async play(exchange, { messages }) {
      await exchange.openWebSocket();
      const burst = Array.from({ length: messages }, (_, index) =>
        encodeFrame({ payload: `message ${index + 1}` }),
      );
      await exchange.write(
        Buffer.concat([...burst, encodeFrame({ payload: 'cut' }).subarray(0, 3)]),
      );
      await exchange.delivered();
      exchange.reset();
    },
  },
  'websocket-fin': {
    row: 58,
    wires: WIRES,
    scheme: 'ws',
    title: 'sends so many messages and ends the connection without a close frame',
    numbers: { messages: 1 },
    async play(exchange, { messages }) {
      await openAndSend(exchange, messages);
      exchange.end();
    },
  },
  'websocket-close-unanswered': {
    row: 64,
    wires: WIRES,
    scheme: 'ws',
    title: 'reads everything and does not answer a close frame',
    async play(exchange) {
      const socket = await exchange.openWebSocket();
      // oxlint-disable-next-line no-await-in-loop -- one frame after another
      while ((await socket.next()) !== undefined);
    },
  },
  'websocket-no-pong': {
    row: 63,
    wires: WIRES,
    scheme: 'ws',
    title: 'sends every message back and does not answer a ping',
    async play(exchange) {
      const socket = await exchange.openWebSocket();
      for (let frame = await socket.next(); frame !== undefined; frame = await socket.next()) {
        if (frame.opcode === opcode.close) {
          // oxlint-disable-next-line no-await-in-loop -- the last of the loop
          await socket.frame({ opcode: opcode.close, payload: closePayload(1000) });
          exchange.end();
          return;
        }
        // oxlint-disable-next-line no-await-in-loop -- one frame after another
        if (frame.opcode <= opcode.binary) await socket.frame(frame);
      }
    },
  },
  'websocket-half-open': {
    row: 63,
    wires: WIRES,
    scheme: 'ws',
    title: 'sends so many messages, and then neither reads nor writes',
    numbers: { messages: 1 },
    async play(exchange, { messages }) {
      await openAndSend(exchange, messages);
      exchange.stopReading();
      await exchange.closed;
    },
  },
  'websocket-never-reads': {
    row: 66,
    wires: WIRES,
    scheme: 'ws',
    title: 'accepts the upgrade and reads nothing behind it',
    async play(exchange) {
      await exchange.openWebSocket();
      exchange.stopReading();
      await exchange.closed;
    },
  },
};
