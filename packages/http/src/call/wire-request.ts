import { ConfigurationError, jsonCodec, type Payload, type TransportRequest } from '@linkspan/core';
import {
  type BaseUrl,
  checkHeaderName,
  checkHeaderValue,
  type ProxyServer,
  resolveUrl,
} from '@linkspan/core/wire';
import { UploadStream } from './upload-stream.ts';

/** One request in the form that undici's `dispatch` takes. */
export interface WireRequest {
  readonly origin: string;
  readonly method: string;
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Buffer | UploadStream | null;
  /** The name for TLS, where it is not that of the origin. */
  readonly servername?: string;
  /** `false` keeps the connection behind a HEAD, whose answer might have a body: undici would close it. */
  readonly reset?: false;
  /** What it was made of: a redirect, or a second try on another connection, begins from there. */
  readonly request: TransportRequest;
}

/** Headers that say how a message ends or what becomes of its connection: the transport's own. */
const framing: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** A path that the URL parser would give back as it is. */
const NOT_PLAIN = /[^!-~]|[#\\"'<>^`{|}]|\/\.|%2e|\?$/i;

/** Splits absolute URLs into origin and path, and remembers the origin that it saw last. */
export class TargetReader {
  readonly #base: BaseUrl | undefined;
  #origin: string;
  #prefix: string;

  constructor(base: BaseUrl | undefined) {
    this.#base = base;
    this.#origin = base?.origin ?? '';
    this.#prefix = base?.prefix ?? '';
  }

  /** @throws ConfigurationError when the target is not an http or https URL that the base allows. */
  read(target: string): readonly [origin: string, path: string] {
    const prefix = this.#prefix;
    if (prefix !== '' && target.startsWith(prefix) && target[prefix.length] === '/') {
      const path = target.slice(this.#origin.length);
      if (!NOT_PLAIN.test(path)) return [this.#origin, path];
    }
    const url = new URL(resolveUrl(target, this.#base));
    if (this.#base === undefined) this.#origin = this.#prefix = url.origin;
    return [url.origin, url.pathname + url.search];
  }
}

/**
 * Writes a request for the wire.
 *
 * @throws ConfigurationError when it would not be one well-formed request.
 * @throws SerializationError when its value cannot be written as JSON.
 */
export function writeRequest(
  request: TransportRequest,
  target: readonly [origin: string, path: string],
  defaults: readonly string[],
): WireRequest {
  const { operation, payload } = request;
  const headers = [...defaults];
  let contentType: string | undefined;
  let contentLength: string | undefined;
  for (const name in request.headers) {
    if (!Object.hasOwn(request.headers, name)) continue;
    const value = request.headers[name];
    if (value === undefined) continue;
    const lower = name.toLowerCase();
    if (lower !== name && Object.hasOwn(request.headers, lower)) {
      throw refuse(`headers.${lower}`, 'expected it once, found it twice in different case');
    }
    if (framing.has(lower)) throw framingHeader(lower);
    if (lower === 'content-length') {
      contentLength = value;
      continue;
    }
    if (lower === 'content-type') contentType = value;
    replaceDefault(headers, defaults.length, lower, value);
  }
  const body = payload === undefined ? null : writePayload(payload);
  if (payload?.kind === 'value' && contentType === undefined) {
    headers.push('content-type', 'application/json');
  }
  const length = lengthOf(payload, body);
  if (contentLength !== undefined && contentLength !== String(length ?? contentLength)) {
    throw refuse(
      'headers.content-length',
      `expected ${length}, the length of the body, found ${printable(contentLength)}`,
    );
  }
  if (body instanceof UploadStream) {
    if (length !== undefined) headers.push('content-length', String(length));
    else if (contentLength !== undefined) headers.push('content-length', contentLength);
  }
  const [origin, path] = target;
  return { origin, method: operation, path, headers, body, request };
}

/** The request in the form that a proxy takes, which sends it on in clear text. */
export function forwardThrough(proxy: ProxyServer, wire: WireRequest): WireRequest {
  const headers = ['host', new URL(wire.origin).host];
  if (proxy.authorization !== undefined) {
    headers.push('proxy-authorization', proxy.authorization.reveal());
  }
  for (let index = 0; index + 1 < wire.headers.length; index += 2) {
    const name = wire.headers[index]!;
    if (name !== 'host' && name !== 'proxy-authorization') {
      headers.push(name, wire.headers[index + 1]!);
    }
  }
  return { ...wire, headers, path: wire.origin + wire.path, servername: proxy.hostname };
}

/** The same request, with its body opened anew. The payload must be one that can be sent again. */
export function writeRequestAgain(wire: WireRequest): WireRequest {
  const { payload } = wire.request;
  if (!(wire.body instanceof UploadStream) || payload === undefined) return wire;
  return { ...wire, body: writePayload(payload) };
}

/**
 * Says precisely what undici found wrong with a request.
 *
 * @throws ConfigurationError when a header cannot be sent as it is.
 */
export function checkRequest({ method, headers }: WireRequest): void {
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index]!;
    const value: unknown = headers[index + 1];
    checkHeaderName(name);
    if (typeof value !== 'string') {
      throw refuse(`headers.${name}`, `expected a string, found ${typeof value}`);
    }
    checkHeaderValue(name, value);
  }
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(method)) {
    throw refuse('method', `expected an HTTP method, found ${printable(method)}`);
  }
}

function writePayload(payload: Payload): Buffer | UploadStream {
  switch (payload.kind) {
    case 'value':
      return Buffer.from(writeJson(payload.value));
    case 'bytes': {
      const { bytes } = payload;
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    case 'factory':
      return new UploadStream(payload.open);
    case 'stream':
      return new UploadStream(() => payload.stream);
  }
}

function writeJson(value: unknown): string | Uint8Array {
  try {
    const json = JSON.stringify(value);
    if (json !== undefined) return json;
  } catch {} // The codec says which part of the value it is.
  return jsonCodec.encode(value);
}

function lengthOf(
  payload: Payload | undefined,
  body: Buffer | UploadStream | null,
): number | undefined {
  if (payload === undefined || body === null) return 0;
  if (!(body instanceof UploadStream)) return body.byteLength;
  return 'byteLength' in payload ? payload.byteLength : undefined;
}

function replaceDefault(headers: string[], defaults: number, name: string, value: string): void {
  for (let index = 0; index < defaults; index += 2) {
    if (headers[index] === name) {
      headers[index + 1] = value;
      return;
    }
  }
  headers.push(name, value);
}

function framingHeader(name: string): ConfigurationError {
  return refuse(
    `headers.${name}`,
    'expected no header about the connection or the framing, which the transport sets itself',
  );
}

function printable(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}

function refuse(option: string, message: string): ConfigurationError {
  return new ConfigurationError(`Cannot send the request: ${option}: ${message}`, {
    issues: [{ option, message }],
  });
}
