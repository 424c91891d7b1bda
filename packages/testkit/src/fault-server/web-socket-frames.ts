/** The opcodes of RFC 6455, section 5.2. */
export const opcode = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** A frame to write, with what is wrong in it. */
export interface FrameFacts {
  /** One of {@link opcode}, or any number up to 15. @default text */
  readonly opcode?: number;
  readonly payload?: string | Uint8Array;
  /** Whether it is the last of its message. @default true */
  readonly fin?: boolean;
  /** The three reserved bits, as a number up to 7; 4 says that the message is compressed. @default 0 */
  readonly rsv?: number;
  /** The length that is announced, where it is not that of the payload. Takes 8 bytes. */
  readonly length?: bigint;
  /** Whether it is masked, which a server must not do. @default false */
  readonly masked?: boolean;
}

/** A frame that a client sent, its mask taken off. */
export interface SeenFrame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly rsv: number;
  readonly payload: Buffer;
}

/** Writes one frame of a server: RFC 6455, section 5.2. */
export function encodeFrame(facts: FrameFacts): Buffer {
  const { fin = true, rsv = 0, length, masked = false } = facts;
  const payload = Buffer.from(facts.payload ?? '');
  const first = (fin ? 0x80 : 0) | (rsv << 4) | (facts.opcode ?? opcode.text);
  const mask = masked ? 0x80 : 0;
  const size = Buffer.alloc(9);
  let sizeBytes = 1;
  if (length !== undefined || payload.byteLength > 0xff_ff) {
    size[0] = mask | 127;
    size.writeBigUInt64BE(length ?? BigInt(payload.byteLength), 1);
    sizeBytes = 9;
  } else if (payload.byteLength > 125) {
    size[0] = mask | 126;
    size.writeUInt16BE(payload.byteLength, 1);
    sizeBytes = 3;
  } else {
    size[0] = mask | payload.byteLength;
  }
  const maskKey = masked ? Buffer.alloc(4) : Buffer.alloc(0); // of zeros: the payload stays as it is
  return Buffer.concat([Buffer.from([first]), size.subarray(0, sizeBytes), maskKey, payload]);
}

/** The payload of a close frame: a code, and a reason behind it. */
export function closePayload(code: number, reason: string | Uint8Array = ''): Buffer {
  const bytes = Buffer.from([code >> 8, code & 0xff]);
  return Buffer.concat([bytes, Buffer.from(reason)]);
}

/** Reads the frames of a client from bytes in any split. Limits are the reader's affair. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);
  #chunks: Buffer[] = [];
  #held = 0;
  /** How many bytes the next frame takes, as far as that is known. */
  #needed = 2;

  push(bytes: Buffer): SeenFrame[] {
    this.#chunks.push(bytes);
    this.#held += bytes.byteLength;
    // A large frame is put together once, and not with every chunk of it.
    if (this.#held < this.#needed) return [];
    this.#rest = Buffer.concat(this.#chunks);
    const frames: SeenFrame[] = [];
    for (let frame = this.#read(); frame !== undefined; frame = this.#read()) frames.push(frame);
    this.#chunks = [this.#rest];
    this.#held = this.#rest.byteLength;
    return frames;
  }

  #read(): SeenFrame | undefined {
    const bytes = this.#rest;
    this.#needed = 2;
    if (bytes.byteLength < this.#needed) return undefined;
    const [first, second] = [bytes[0]!, bytes[1]!];
    const short = second & 0x7f;
    const isMasked = second >= 0x80;
    const sizeBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    const start = 2 + sizeBytes + (isMasked ? 4 : 0);
    this.#needed = start;
    if (bytes.byteLength < this.#needed) return undefined;
    let length = short;
    if (short === 126) length = bytes.readUInt16BE(2);
    if (short === 127) length = Number(bytes.readBigUInt64BE(2));
    this.#needed = start + length;
    if (bytes.byteLength < this.#needed) return undefined;
    const payload = Buffer.from(bytes.subarray(start, start + length));
    if (isMasked) {
      const key = bytes.subarray(start - 4, start);
      for (let index = 0; index < length; index++) payload[index]! ^= key[index % 4]!;
    }
    this.#rest = bytes.subarray(start + length);
    return { opcode: first & 0x0f, fin: first >= 0x80, rsv: (first >> 4) & 0x7, payload };
  }
}
