import { jsonCodec } from '@linkspan/core';

const decoder = new TextDecoder();

/**
 * A message as a WebSocket takes it: text as it is, bytes as they are, any other value as JSON.
 *
 * @throws SerializationError when the value cannot be written as JSON.
 */
export function encodeMessage(message: unknown): string | Uint8Array {
  if (typeof message === 'string' || message instanceof Uint8Array) return message;
  if (message instanceof ArrayBuffer) return new Uint8Array(message);
  if (ArrayBuffer.isView(message)) {
    return new Uint8Array(message.buffer, message.byteOffset, message.byteLength);
  }
  const text = stringify(message);
  // The codec says what cannot be written, and where.
  return text ?? decoder.decode(jsonCodec.encode(message));
}

function stringify(message: unknown): string | undefined {
  try {
    return JSON.stringify(message);
  } catch {
    return undefined;
  }
}

/** The most bytes that a message may have on the wire: a character of UTF-16 has up to 3 in UTF-8. */
export function sizeBound(message: string | Uint8Array): number {
  return typeof message === 'string' ? message.length * 3 : message.byteLength;
}

/** About how much memory a message takes. */
export function sizeOf(message: string | Uint8Array): number {
  return typeof message === 'string' ? message.length : message.byteLength;
}
