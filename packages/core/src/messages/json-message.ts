import { createJsonCodec, jsonCodec } from '../codec/json-codec.ts';
import {
  type DecodeMessageOptions,
  membersOf,
  type Message,
  type MessageHeaders,
} from './message.ts';

/** A message as one JSON object: `{"headers": {...}, "payload": ...}`. */
export class JsonMessage<Payload = unknown> implements Message<Payload> {
  static readonly contentType: string = 'application/json';

  readonly contentType: string = JsonMessage.contentType;
  readonly headers: MessageHeaders;
  readonly payload: Payload;

  constructor(headers: MessageHeaders, payload: Payload) {
    this.headers = headers;
    this.payload = payload;
  }

  toBytes(): Uint8Array {
    return jsonCodec.encode({ headers: this.headers, payload: this.payload ?? null });
  }

  /** Reads a message. Absent headers are none, an absent payload is `null`. */
  static decode(bytes: Uint8Array, options?: DecodeMessageOptions): JsonMessage {
    const codec = options?.maxBytes === undefined ? jsonCodec : createJsonCodec(options);
    const { headers = {}, payload = null } = membersOf(codec.decode(bytes), 'it');
    return new JsonMessage(membersOf(headers, "its 'headers'"), payload);
  }
}
