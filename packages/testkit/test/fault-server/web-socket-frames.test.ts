import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, FrameReader, opcode } from '../../src/fault-server/web-socket-frames.ts';

const frames = [
  { opcode: opcode.text, payload: 'a', fin: false },
  { opcode: opcode.ping, payload: '' },
  { opcode: opcode.continuation, payload: 'x'.repeat(125) },
  { opcode: opcode.binary, payload: 'y'.repeat(126), rsv: 4 },
  { opcode: opcode.text, payload: 'z'.repeat(0xff_ff), masked: true },
  { opcode: opcode.binary, payload: 'w'.repeat(0x1_00_00) },
];

describe('FrameReader', () => {
  it('reads what encodeFrame() writes, in any split', () => {
    const bytes = Buffer.concat(frames.map((frame) => encodeFrame(frame)));
    const expected = frames.map(({ opcode: kind, payload, fin = true, rsv = 0 }) => ({
      opcode: kind,
      fin,
      rsv,
      payload: Buffer.from(payload),
    }));

    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes.length }), { maxLength: 30 }), (cuts) => {
        const places = [0, ...cuts, bytes.length].toSorted((a, b) => a - b);
        const reader = new FrameReader();
        const seen = places
          .slice(1)
          .flatMap((end, index) => reader.push(bytes.subarray(places[index], end)));
        expect(seen).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('takes the mask of a client off', () => {
    const masked = Buffer.from([0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);

    // The example of RFC 6455, section 5.7.
    expect(new FrameReader().push(masked)[0]?.payload.toString()).toBe('Hello');
  });
});
