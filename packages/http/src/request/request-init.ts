import { randomUUID } from 'node:crypto';
import { ConfigurationError, redactUrl } from '@linkspan/core';
import {
  type BaseUrl,
  checkHeaderValue,
  type HeadersInit,
  normalizeHeaders,
  resolveUrl,
} from '@linkspan/core/wire';
import {
  type EncodedBody,
  encodeMultipart,
  type MultipartInit,
  type MultipartValue,
} from './multipart.ts';
import type { RedirectingRequest } from '../call/redirect.ts';
import { encodeParams, fieldEntries, type Params } from './params.ts';
import { type BodyInit, encodeBody } from './request-body.ts';

/** The methods that have a verb; `method` takes any other token as well. */
export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** One HTTP request, as people write it. At most one of the forms of a body may be there. */
export interface HttpRequestInit {
  /** @default 'POST' with a body, else 'GET' */
  readonly method?: HttpMethod | (string & {}) | undefined;
  /** A path under the client's `baseUrl`, or an absolute URL of the same origin. */
  readonly url?: string | URL | undefined;
  /** The same as `url`, for those who think of it as a path. */
  readonly path?: string | undefined;
  /** Added to the query of the URL. */
  readonly params?: Params | undefined;
  readonly headers?: HeadersInit | undefined;
  /** Any value, written as JSON. */
  readonly json?: unknown;
  /** Fields as `application/x-www-form-urlencoded`; beside `files`, fields of the same form. */
  readonly form?: Params | undefined;
  /** Fields and files as `multipart/form-data`. */
  readonly multipart?: MultipartInit | undefined;
  /** Files as `multipart/form-data`, by the name of their field. */
  readonly files?: Readonly<Record<string, MultipartValue | readonly MultipartValue[]>> | undefined;
  /** Text, bytes, a `Blob`, `URLSearchParams`, `FormData`, a stream, or a function that opens one. */
  readonly body?: BodyInit | null | undefined;
  /**
   * Sent as `idempotency-key`, which makes a request safe to retry whatever its method; `true` makes
   * a random one, the same for all attempts.
   */
  readonly idempotencyKey?: string | true | undefined;
  /** Whether doing it twice has the effect of doing it once. @default by the method, RFC 9110 */
  readonly idempotent?: boolean | undefined;
  /** `false` to be given a redirect as the answer. @default as the client follows them */
  readonly redirect?: false | undefined;
}

/** The names of {@link HttpRequestInit}: a request with another one is refused. */
export const requestInitNames: ReadonlySet<string> = new Set<keyof HttpRequestInit>([
  'method',
  'url',
  'path',
  'params',
  'headers',
  'json',
  'form',
  'multipart',
  'files',
  'body',
  'idempotencyKey',
  'idempotent',
  'redirect',
]);

/** A method is a token of RFC 9110. */
const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * The request as every layer sees it: an absolute URL as `target`, header names in lower case, and
 * the body said so that a retry knows whether it can be sent again.
 *
 * @throws ConfigurationError when the request holds an unknown name, two bodies, a URL outside the
 * base, or anything that cannot be written on the wire as it is.
 */
export function prepareHttpRequest(
  init: HttpRequestInit,
  base: BaseUrl | undefined,
): RedirectingRequest {
  checkNames(init);
  const target = prepareTarget(init, base);
  const body = prepareBody(init);
  const operation = prepareMethod(init.method, body !== undefined);
  const headers = init.headers === undefined ? {} : normalizeHeaders(init.headers);

  if (body?.contentType !== undefined) headers['content-type'] ??= body.contentType;
  if (init.idempotencyKey !== undefined) {
    const key = init.idempotencyKey === true ? randomUUID() : init.idempotencyKey;
    checkHeaderValue('idempotency-key', key);
    headers['idempotency-key'] ??= key;
  }
  return {
    operation,
    target,
    headers,
    ...(body === undefined ? undefined : { payload: body.payload }),
    ...(init.idempotent === undefined ? undefined : { idempotent: init.idempotent }),
    ...(init.redirect === false ? { redirect: false as const } : undefined),
  };
}

function prepareTarget(init: HttpRequestInit, base: BaseUrl | undefined): string {
  if (init.url !== undefined && init.path !== undefined) {
    throw refuse('path', 'expected url or path, found both');
  }
  const target = resolveUrl(String(init.url ?? init.path ?? ''), base);
  if (init.params === undefined) return target;
  const query = encodeParams(init.params, 'params');
  if (query === '') return target;
  return target + (target.includes('?') ? '&' : '?') + query;
}

function prepareMethod(method: string | undefined, hasBody: boolean): string {
  if (method === undefined) return hasBody ? 'POST' : 'GET';
  if (typeof method !== 'string' || !METHOD.test(method)) {
    throw refuse('method', `expected an HTTP method, found ${JSON.stringify(method)}`);
  }
  const upper = method.toUpperCase();
  if (hasBody && (upper === 'HEAD' || upper === 'TRACE')) {
    throw refuse('method', `expected a method that may carry a body, found ${upper}`);
  }
  return upper;
}

function prepareBody(init: HttpRequestInit): EncodedBody | undefined {
  const body = init.body ?? undefined;
  const { json, form, multipart, files } = init;
  const forms =
    (json === undefined ? 0 : 1) +
    (form === undefined && files === undefined ? 0 : 1) +
    (multipart === undefined ? 0 : 1) +
    (body === undefined ? 0 : 1);
  if (forms === 0) return undefined;
  if (forms > 1) {
    const names = ['json', 'form', 'files', 'multipart', 'body'] as const;
    const found = names.filter((name) => init[name] !== undefined && init[name] !== null);
    throw refuse(found[1] ?? 'body', `expected one body, found ${found.join(' and ')}`);
  }
  if (json !== undefined) {
    return { payload: { kind: 'value', value: json }, contentType: 'application/json' };
  }
  if (multipart !== undefined) return encodeMultipart(multipart);
  if (files !== undefined) {
    const fields = form === undefined ? [] : fieldEntries(form, 'form');
    return encodeMultipart([...fields, ...Object.entries(files)]);
  }
  if (form === undefined) return encodeBody(body as BodyInit);
  return {
    payload: { kind: 'bytes', bytes: new TextEncoder().encode(encodeParams(form, 'form')) },
    contentType: 'application/x-www-form-urlencoded',
  };
}

function checkNames(init: unknown): void {
  if (typeof init !== 'object' || init === null || Array.isArray(init)) {
    const found =
      typeof init === 'string' ? `the text ${JSON.stringify(redactUrl(init))}` : kindOf(init);
    throw refuse('request', `expected an object, such as { method, path }, found ${found}`);
  }
  for (const name in init) {
    if (requestInitNames.has(name)) continue;
    const found =
      name === 'signal' || name.endsWith('Ms') ? `${name}, an option of the call` : name;
    throw refuse(name, `expected one of ${[...requestInitNames].join(', ')}, found ${found}`);
  }
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value;
}

function refuse(option: string, message: string): ConfigurationError {
  return new ConfigurationError(`Cannot send the request: ${message}`, {
    issues: [{ option, message }],
  });
}
