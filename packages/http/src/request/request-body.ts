import { ConfigurationError } from '@linkspan/core';
import { type ByteStream, bytesOf, isByteStream, viewOf } from './byte-stream.ts';
import { type EncodedBody, encodeMultipart } from './multipart.ts';

const encoder = new TextEncoder();

/** A body that can be sent again. */
export type ReplayableBody =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | URLSearchParams
  | FormData;

/**
 * What `body` takes. Streams can be read once, so a request with one is never retried; a function
 * that opens the stream anew is called for every attempt.
 */
export type BodyInit = ReplayableBody | ByteStream | (() => ByteStream | Promise<ByteStream>);

/** Whether a value is a body as it is, and not a value to be written as JSON. */
export function isBodyInit(value: unknown): value is BodyInit {
  if (typeof value === 'string' || typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null) return false;
  return (
    value instanceof ArrayBuffer ||
    ArrayBuffer.isView(value) ||
    value instanceof Blob ||
    value instanceof URLSearchParams ||
    value instanceof FormData ||
    isByteStream(value)
  );
}

/**
 * The payload of a raw body.
 *
 * @throws ConfigurationError when it is none of the forms that a body has.
 */
export function encodeBody(body: BodyInit): EncodedBody {
  if (typeof body === 'string') {
    return {
      payload: { kind: 'bytes', bytes: encoder.encode(body) },
      contentType: 'text/plain;charset=UTF-8',
    };
  }
  if (typeof body === 'function') {
    const open = async (): Promise<AsyncIterable<Uint8Array>> => bytesOf(await body());
    return { payload: { kind: 'factory', open }, contentType: undefined };
  }
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
    return { payload: { kind: 'bytes', bytes: viewOf(body) }, contentType: undefined };
  }
  if (body instanceof URLSearchParams) {
    return {
      payload: { kind: 'bytes', bytes: encoder.encode(body.toString()) },
      contentType: 'application/x-www-form-urlencoded',
    };
  }
  if (body instanceof FormData) return encodeMultipart(body);
  if (body instanceof Blob) {
    return {
      payload: { kind: 'factory', open: () => bytesOf(body.stream()), byteLength: body.size },
      contentType: body.type === '' ? undefined : body.type,
    };
  }
  if (isByteStream(body)) {
    return { payload: { kind: 'stream', stream: bytesOf(body) }, contentType: undefined };
  }
  const found = body === null ? 'null' : typeof body;
  const message = `expected a string, bytes, Blob, URLSearchParams, FormData, stream or function, found ${found}`;
  throw new ConfigurationError(`Cannot send the request: body: ${message}`, {
    issues: [{ option: 'body', message }],
  });
}
