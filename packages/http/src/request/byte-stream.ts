import { SerializationError } from '@linkspan/core';

/** Bytes that arrive over time; text among them is written in UTF-8. */
export type ByteStream = AsyncIterable<Uint8Array | string> | ReadableStream<Uint8Array>;

const encoder = new TextEncoder();

/** Whether a value can be read as a stream of bytes. */
export function isByteStream(value: unknown): value is ByteStream {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** The bytes of a buffer or of any view of one, without a copy. */
export function viewOf(source: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
}

/** The stream as bytes: text in it is written in UTF-8. Leaving it early ends the source. */
export function bytesOf(source: ByteStream): AsyncIterable<Uint8Array> {
  const chunks = source as AsyncIterable<Uint8Array | string>;
  return {
    [Symbol.asyncIterator]() {
      const iterator = chunks[Symbol.asyncIterator]();
      return {
        async next() {
          const step = await iterator.next();
          if (step.done === true) return { done: true, value: undefined };
          const chunk: unknown = step.value;
          if (typeof chunk === 'string') return { done: false, value: encoder.encode(chunk) };
          if (chunk instanceof ArrayBuffer || ArrayBuffer.isView(chunk)) {
            return { done: false, value: viewOf(chunk) };
          }
          await iterator.return?.();
          throw new SerializationError(
            `Cannot send the request: expected chunks of bytes or text, found ${chunk === null ? 'null' : typeof chunk}`,
            { code: 'body_source', sent: 'maybe' },
          );
        },
        async return() {
          await iterator.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
