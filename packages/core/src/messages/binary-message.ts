import { jsonCodec } from '../codec/json-codec.ts';
import { MessageTooLargeError } from '../errors/transport-error.ts';
import {
  type DecodeMessageOptions,
  malformed,
  membersOf,
  type Message,
  type MessageHeaders,
} from './message.ts';

const LENGTH_BYTES = 4;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * A message of bytes: the length of the headers as 4 bytes, big-endian, the headers as JSON, and
 * the payload as it is.
 */
export class BinaryMessage implements Message<Uint8Array> {
  static readonly contentType: string = 'application/octet-stream';

  readonly contentType: string = BinaryMessage.contentType;
  readonly headers: MessageHeaders;
  readonly payload: Uint8Array;

  constructor(headers: MessageHeaders, payload: Uint8Array) {
    this.headers = headers;
    this.payload = payload;
  }

  toBytes(): Uint8Array {
    const headers = jsonCodec.encode(this.headers);
    const bytes = new Uint8Array(LENGTH_BYTES + headers.length + this.payload.length);
    new DataView(bytes.buffer).setUint32(0, headers.length);
    bytes.set(headers, LENGTH_BYTES);
    bytes.set(this.payload, LENGTH_BYTES + headers.length);
    return bytes;
  }

  /** Reads a message. Its payload is a view of these bytes, not a copy. */
  static decode(bytes: Uint8Array, options?: DecodeMessageOptions): BinaryMessage {
    const maxBytes = options?.maxBytes ?? MAX_BYTES;
    if (bytes.length > maxBytes) {
      throw new MessageTooLargeError(
        `Cannot read the message: expected at most ${maxBytes} bytes, found ${bytes.length}`,
      );
    }
    if (bytes.length < LENGTH_BYTES) {
      throw malformed(
        `it is too short: expected ${LENGTH_BYTES} bytes or more, found ${bytes.length}`,
      );
    }
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
    const start = LENGTH_BYTES + length;
    if (bytes.length < start) {
      throw malformed(
        `it is truncated: expected ${length} bytes of headers, found ${bytes.length - LENGTH_BYTES}`,
      );
    }
    const headers = jsonCodec.decode(bytes.subarray(LENGTH_BYTES, start));
    return new BinaryMessage(membersOf(headers, 'its headers'), bytes.subarray(start));
  }
}
