import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { ConfigurationError } from '@linkspan/core';
import { checkHeaderValue } from '@linkspan/core/wire';
import type { RedirectingRequest } from '../call/redirect.ts';
import { isByteStream, viewOf } from '../request/byte-stream.ts';
import type { EncodedBody } from '../request/multipart.ts';
import { encodeBody } from '../request/request-body.ts';
import type { FetchTarget } from './fetch-target.ts';
import { readAhead } from './read-ahead.ts';

/** What a `fetch` is called with, as a client sends it. */
export interface FetchRequest {
  readonly request: RedirectingRequest;
  readonly signal: AbortSignal | undefined;
  readonly redirect: 'follow' | 'error' | 'manual';
}

/** What is looked at; the rest is for browsers, or for clients of another make. */
interface GivenInit {
  readonly method?: string;
  readonly headers?: RequestInit['headers'];
  readonly body?: unknown;
  readonly signal?: AbortSignal | null;
  readonly redirect?: string;
  readonly duplex?: string;
}

/** Parts of a request that would be wrong to ignore, and what to do instead. */
const refused: readonly (readonly [name: string, instead: string])[] = [
  ['integrity', 'nothing here checks it; compare the digest of the body yourself'],
  ['dispatcher', "connections are the client's own; give its options to createHttpClient()"],
  ['agent', "connections are the client's own; give its options to createHttpClient()"],
];

/** Methods that the fetch standard forbids. */
const FORBIDDEN = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** A method is a token of RFC 9110. */
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * Reads what a `fetch` was called with, by the rules of the fetch standard. The request it gives needs
 * nothing more from the transport: what the platform's `Headers` has checked is not checked again.
 *
 * @throws TypeError when it is no request; ConfigurationError when it asks for what is not there.
 */
export function readFetchRequest(
  input: string | URL | Request,
  init: RequestInit,
  target: FetchTarget,
): FetchRequest | Promise<FetchRequest> {
  for (const [name, instead] of refused) {
    const value = (init as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined && value !== null && value !== '') throw refuse(name, instead);
  }
  if (!(input instanceof Request)) return readInit(String(input), init, target);
  // The platform knows how the two go together; a body of the first is used up by it.
  const request = new Request(input, init);
  if (request.integrity !== '') throw refuse(...refused[0]!);
  return readRequest(request, target);
}

async function readRequest(request: Request, target: FetchTarget): Promise<FetchRequest> {
  const { url, method, headers, signal, redirect } = request;
  const body = request.body === null ? null : await readAhead(request.body);
  return readInit(url, { method, headers, body, signal, redirect, duplex: 'half' }, target);
}

function readInit(url: string, given: GivenInit, target: FetchTarget): FetchRequest {
  const method = (given.method ?? 'GET').toUpperCase();
  if (!METHOD.test(method)) {
    throw new TypeError(`Cannot fetch: method: expected a token, found ${JSON.stringify(method)}`);
  }
  if (FORBIDDEN.has(method)) throw new TypeError(`Cannot fetch: the method ${method} is forbidden`);
  const { redirect = 'follow' } = given;
  if (redirect !== 'follow' && redirect !== 'error' && redirect !== 'manual') {
    throw new TypeError("Cannot fetch: redirect: expected 'follow', 'error' or 'manual'");
  }
  const body = readBody(given.body, given.duplex);
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) {
    throw new TypeError(`Cannot fetch: a ${method} cannot have a body`);
  }
  const headers = readHeaders(given.headers);
  headers['accept'] ??= '*/*';
  if (body?.contentType !== undefined) headers['content-type'] ??= body.contentType;
  return {
    request: {
      operation: method,
      target: target.resolve(url),
      headers,
      ...(body === undefined ? undefined : { payload: body.payload }),
      ...(redirect === 'follow' ? undefined : { redirect: false }),
    },
    signal: given.signal ?? undefined,
    redirect,
  };
}

function readHeaders(given: RequestInit['headers']): Record<string, string> {
  const headers: Record<string, string> = {};
  if (given === undefined || given === null) return headers;
  for (const [name, value] of given instanceof Headers ? given : new Headers(given)) {
    checkHeaderValue(name, value);
    // Assigned plainly, it would be lost.
    if (name === '__proto__') Object.defineProperty(headers, name, { value, enumerable: true });
    else headers[name] = value;
  }
  return headers;
}

function readBody(given: unknown, duplex: string | undefined): EncodedBody | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given === 'string') {
    const bytes = Buffer.from(given);
    return { payload: { kind: 'bytes', bytes }, contentType: 'text/plain;charset=UTF-8' };
  }
  if (given instanceof ArrayBuffer) return encodeBody(given.slice(0));
  // A copy: the caller may use its buffer again as soon as the call is made.
  if (ArrayBuffer.isView(given)) return encodeBody(new Uint8Array(viewOf(given)));
  if (given instanceof URLSearchParams) {
    const { payload } = encodeBody(given);
    return { payload, contentType: 'application/x-www-form-urlencoded;charset=UTF-8' };
  }
  if (given instanceof Blob || given instanceof FormData) return encodeBody(given);
  if (!isByteStream(given)) {
    throw new TypeError(
      `Cannot fetch: body: expected text, bytes, a Blob, FormData, URLSearchParams or a stream, found ${typeof given}`,
    );
  }
  if (duplex !== 'half') {
    throw new TypeError("Cannot fetch: duplex: expected 'half' for a body that is a stream");
  }
  if (given instanceof ReadableStream && (given.locked || Readable.isDisturbed(given as never))) {
    throw new TypeError('Cannot fetch: the body was read already, or is being read');
  }
  return encodeBody(given);
}

function refuse(option: string, message: string): ConfigurationError {
  return new ConfigurationError(`Cannot fetch: ${option}: ${message}`, {
    issues: [{ option, message }],
  });
}
