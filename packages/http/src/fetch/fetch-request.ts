import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { ConfigurationError } from '@linkspan/core';
import { isByteStream, viewOf } from '../request/byte-stream.ts';
import type { BodyInit } from '../request/request-body.ts';
import type { HttpRequestInit } from '../request/request-init.ts';
import { readAhead } from './read-ahead.ts';

/** What a `fetch` is called with, as a client takes it. */
export interface FetchRequest {
  readonly init: HttpRequestInit;
  readonly method: string;
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
const refused: Readonly<Record<string, string>> = {
  integrity: 'nothing here checks it; compare the digest of the body yourself',
  dispatcher: "connections are the client's own; give its options to createHttpClient()",
  agent: "connections are the client's own; give its options to createHttpClient()",
};

/** Methods that the fetch standard forbids. */
const FORBIDDEN = new Set(['CONNECT', 'TRACE', 'TRACK']);

/**
 * Reads what a `fetch` was called with, by the rules of the fetch standard.
 *
 * @throws TypeError when it is no request; ConfigurationError when it asks for what is not there.
 */
export function readFetchRequest(
  input: string | URL | Request,
  init: RequestInit,
): FetchRequest | Promise<FetchRequest> {
  for (const [name, instead] of Object.entries(refused)) {
    const value = (init as Readonly<Record<string, unknown>>)[name];
    if (value !== undefined && value !== null && value !== '') throw refuse(name, instead);
  }
  if (!(input instanceof Request)) return readInit(String(input), init);
  // The platform knows how the two go together; a body of the first is used up by it.
  const request = new Request(input, init);
  if (request.integrity !== '') throw refuse('integrity', refused['integrity']!);
  return readRequest(request);
}

async function readRequest(request: Request): Promise<FetchRequest> {
  const { url, method, headers, signal, redirect } = request;
  const body = request.body === null ? null : await readAhead(request.body);
  return readInit(url, { method, headers, body, signal, redirect, duplex: 'half' });
}

function readInit(url: string, given: GivenInit): FetchRequest {
  const method = (given.method ?? 'GET').toUpperCase();
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
  if (body instanceof URLSearchParams) {
    headers['content-type'] ??= 'application/x-www-form-urlencoded;charset=UTF-8';
  }
  return {
    init: {
      method,
      url,
      headers,
      body,
      ...(redirect === 'follow' ? undefined : { redirect: false }),
    },
    method,
    signal: given.signal ?? undefined,
    redirect,
  };
}

function readHeaders(given: RequestInit['headers']): Record<string, string> {
  if (given === undefined || given === null) return {};
  const headers = given instanceof Headers ? given : new Headers(given);
  return Object.fromEntries(headers);
}

function readBody(given: unknown, duplex: string | undefined): BodyInit | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given === 'string') return given;
  if (given instanceof ArrayBuffer) return given.slice(0);
  // A copy: the caller may use its buffer again as soon as the call is made.
  if (ArrayBuffer.isView(given)) return new Uint8Array(viewOf(given));
  if (given instanceof Blob || given instanceof FormData || given instanceof URLSearchParams) {
    return given;
  }
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
  return given;
}

function refuse(option: string, message: string): ConfigurationError {
  return new ConfigurationError(`Cannot fetch: ${option}: ${message}`, {
    issues: [{ option, message }],
  });
}
