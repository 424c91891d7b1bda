import { constants, deflateRawSync } from 'node:zlib';
import type { Fault, FaultTable, NoNumbers } from './fault.ts';
import { encodeFrame, type FrameFacts, opcode } from './web-socket-frames.ts';

/** Frames that RFC 6455 does not allow, and frames that it allows and few expect. */
export interface WebSocketFrameFaults {
  'websocket-fragments': { readonly count: number };
  'websocket-empty-fragments': NoNumbers;
  'websocket-large-message': { readonly bytes: number };
  'websocket-endless-message': { readonly fragmentBytes: number };
  'websocket-flood': { readonly messageBytes: number };
  'websocket-ping-flood': NoNumbers;
  'websocket-announced-length': { readonly exponent: number };
  'websocket-negative-length': NoNumbers;
  'websocket-reserved-bit': { readonly bits: number };
  'websocket-reserved-opcode': { readonly opcode: number };
  'websocket-masked': NoNumbers;
  'websocket-bad-utf8': NoNumbers;
  'websocket-fragmented-ping': NoNumbers;
  'websocket-large-ping': NoNumbers;
  'websocket-continuation-first': NoNumbers;
  'websocket-text-within-message': NoNumbers;
  'websocket-deflated-unasked': NoNumbers;
  'websocket-deflate-bomb': { readonly mebibytes: number };
  'websocket-garbage': NoNumbers;
}

/** Sends these frames as soon as the WebSocket is open, and waits for the client to leave. */
function sends<Numbers>(
  row: number,
  title: string,
  numbers: Numbers,
  frames: (numbers: Numbers) => readonly (FrameFacts | Uint8Array)[],
): Fault<Numbers> {
  return {
    row,
    wires: ['websocket'],
    title,
    scheme: 'ws',
    numbers,
    async play(exchange, given) {
      const socket = await exchange.openWebSocket();
      const bytes = frames(given).map((frame) =>
        frame instanceof Uint8Array ? frame : encodeFrame(frame),
      );
      await exchange.write(Buffer.concat(bytes));
      await socket.echo();
    },
  };
}

/** Sends this frame for ever, as fast as it is taken. */
function floods<Numbers>(
  title: string,
  numbers: Numbers,
  first: readonly FrameFacts[],
  frame: (numbers: Numbers) => FrameFacts,
): Fault<Numbers> {
  return {
    row: 66,
    wires: ['websocket'],
    title,
    scheme: 'ws',
    numbers,
    async play(exchange, given) {
      await exchange.openWebSocket();
      await exchange.write(Buffer.concat(first.map((facts) => encodeFrame(facts))));
      await exchange.flood(several(encodeFrame(frame(given))));
    },
  };
}

/** So many of a small frame that writing them costs little beside reading them. */
function several(frame: Buffer): Buffer {
  const count = Math.ceil(4096 / frame.byteLength);
  return Buffer.concat(Array.from({ length: count }, () => frame));
}

const none: NoNumbers = {};
const { continuation, text, binary, ping } = opcode;

/** Rows 60, 65, 66, and the frames of section 2. */
export const webSocketFrameFaults: FaultTable<WebSocketFrameFaults> = {
  'websocket-fragments': sends(
    65,
    'sends a message in this many fragments, with a ping between them: that is allowed',
    { count: 3 },
    ({ count }) => [
      { fin: false, payload: 'a' },
      { opcode: ping, payload: 'between' },
      ...Array.from({ length: count - 1 }, (_, index) => ({
        opcode: continuation,
        fin: index === count - 2,
        payload: 'a',
      })),
    ],
  ),
  'websocket-empty-fragments': floods(
    'sends a message of empty fragments that never ends',
    none,
    [{ fin: false }],
    () => ({ opcode: continuation, fin: false }),
  ),
  'websocket-large-message': sends(
    60,
    'sends a message of this many bytes',
    { bytes: 32 * 1024 * 1024 },
    ({ bytes }) => [{ opcode: binary, payload: Buffer.alloc(bytes) }],
  ),
  'websocket-endless-message': floods(
    'sends a message of fragments of this size that never ends',
    { fragmentBytes: 64 * 1024 },
    [{ opcode: binary, fin: false }],
    ({ fragmentBytes }) => ({
      opcode: continuation,
      fin: false,
      payload: Buffer.alloc(fragmentBytes),
    }),
  ),
  'websocket-flood': floods(
    'sends messages of this size for ever',
    { messageBytes: 64 * 1024 },
    [],
    ({ messageBytes }) => ({ opcode: binary, payload: Buffer.alloc(messageBytes) }),
  ),
  'websocket-ping-flood': floods(
    'sends pings for ever, as fast as they are taken',
    none,
    [],
    () => ({
      opcode: ping,
      payload: 'ping',
    }),
  ),
  'websocket-announced-length': sends(
    65,
    'announces a frame of 2 to this power of bytes, and sends none of them',
    { exponent: 62 },
    ({ exponent }) => [{ opcode: binary, length: 1n << BigInt(exponent) }],
  ),
  'websocket-negative-length': sends(
    65,
    'announces a length whose highest bit is set, which is not allowed',
    none,
    () => [{ opcode: binary, length: (1n << 64n) - 1n }],
  ),
  'websocket-reserved-bit': sends(
    65,
    'sets reserved bits that no extension gave a meaning: 1, 2 or 4',
    { bits: 4 },
    ({ bits }) => [{ rsv: bits, payload: 'reserved' }],
  ),
  'websocket-reserved-opcode': sends(
    65,
    'sends a frame of a kind that there is not',
    { opcode: 3 },
    (numbers) => [{ opcode: numbers.opcode, payload: 'reserved' }],
  ),
  'websocket-masked': sends(65, 'masks its frames, as only a client may', none, () => [
    { masked: true, payload: 'masked' },
  ]),
  'websocket-bad-utf8': sends(65, 'sends text that is not UTF-8', none, () => [
    { opcode: text, payload: Uint8Array.of(0x61, 0xc3, 0x28) },
  ]),
  'websocket-fragmented-ping': sends(65, 'sends half of a ping', none, () => [
    { opcode: ping, fin: false, payload: 'half' },
  ]),
  'websocket-large-ping': sends(65, 'sends a ping of 126 bytes, one too many', none, () => [
    { opcode: ping, payload: Buffer.alloc(126) },
  ]),
  'websocket-continuation-first': sends(65, 'continues a message that has not begun', none, () => [
    { opcode: continuation, payload: 'lost' },
  ]),
  'websocket-text-within-message': sends(65, 'begins a message within another', none, () => [
    { fin: false, payload: 'first' },
    { payload: 'second' },
  ]),
  'websocket-deflated-unasked': sends(
    65,
    'sends a compressed message, which nobody agreed to',
    none,
    () => [{ rsv: 4, payload: deflateRawSync('compressed') }],
  ),
  'websocket-deflate-bomb': {
    row: 60,
    wires: ['websocket'],
    title:
      'sends this many mebibytes of zeros, compressed to a thousandth; deflate has to be offered',
    scheme: 'ws',
    numbers: { mebibytes: 64 },
    async play(exchange, { mebibytes }) {
      const socket = await exchange.openWebSocket({ extensions: 'permessage-deflate' });
      const flushed = deflateRawSync(Buffer.alloc(mebibytes * 1024 * 1024), {
        finishFlush: constants.Z_SYNC_FLUSH,
      });
      // The last four bytes of a flush are left out on the wire: RFC 7692, section 7.2.1.
      await socket.frame({ opcode: binary, rsv: 4, payload: flushed.subarray(0, -4) });
      await socket.echo();
    },
  },
  'websocket-garbage': sends(65, 'sends bytes that are no frames', none, () => [
    Buffer.from('HTTP/1.1 500 Internal Server Error\r\n\r\n'),
  ]),
};
