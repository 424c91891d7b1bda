import { DeserializationError } from '../errors/transport-error.ts';

/** Names and values that go with a message: any JSON values. */
export type MessageHeaders = Readonly<Record<string, unknown>>;

/** One message of a protocol that sends messages: headers, a payload, and a form in bytes. */
export interface Message<Payload = unknown> {
  /** The media type of the bytes. */
  readonly contentType: string;
  readonly headers: MessageHeaders;
  readonly payload: Payload;
  /** @throws SerializationError when the message cannot be written. */
  toBytes(): Uint8Array;
}

/** Reads the messages of one kind. The classes of messages are such codecs themselves. */
export interface MessageCodec<M extends Message = Message> {
  readonly contentType: string;
  /**
   * @throws DeserializationError when the bytes are not such a message.
   * @throws MessageTooLargeError over the limit, 16 MiB unless the options say otherwise.
   */
  decode(bytes: Uint8Array, options?: DecodeMessageOptions): M;
}

/** How a message is read. */
export interface DecodeMessageOptions {
  /** The most bytes that are read. @default 16 MiB */
  readonly maxBytes?: number | undefined;
}

/** The members of an object that was read from JSON. */
export function membersOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  const found = Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`;
  throw malformed(`expected ${what} to be an object, found ${found}`);
}

/** The error for bytes that are not the message they should be. */
export function malformed(problem: string): DeserializationError {
  return new DeserializationError(`Cannot read the message: ${problem}`, {
    code: 'decode_message',
  });
}
