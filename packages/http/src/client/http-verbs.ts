import type { CallOptions, Client, ClientResponse } from '@linkspan/core';
import { isBodyInit } from '../request/request-body.ts';
import { type HttpRequestInit, requestInitNames } from '../request/request-init.ts';

/** Parts of a request that stand beside its verb and URL. */
export type HttpRequestParts = Omit<HttpRequestInit, 'method' | 'url' | 'path'>;

/** What a verb takes beside its URL: parts of the request, and options of the call. */
export type HttpCallOptions = HttpRequestParts & Omit<CallOptions, 'headers'>;

/** Sends a request without a body of its own; `options` may bring one. */
export type Verb = (url: string | URL, options?: HttpCallOptions) => Promise<ClientResponse>;

/**
 * Sends a request with a body. Text, bytes, a `Blob`, `URLSearchParams`, `FormData`, a stream and a
 * function that opens one are sent as they are; any other value is sent as JSON. `undefined` is no
 * body, so that `options` may bring a `form` or `multipart`.
 */
export type BodyVerb = (
  url: string | URL,
  body?: unknown,
  options?: HttpCallOptions,
) => Promise<ClientResponse>;

/** One method for each verb. They need no `this`. */
export interface HttpVerbs {
  readonly get: Verb;
  readonly head: Verb;
  readonly options: Verb;
  readonly delete: Verb;
  readonly post: BodyVerb;
  readonly put: BodyVerb;
  readonly patch: BodyVerb;
}

/** A request and its call options, told apart. */
export interface SplitCall {
  readonly init: HttpRequestInit;
  readonly options: CallOptions | undefined;
}

/** Makes the verbs of a client. */
export function httpVerbs(client: Pick<Client<HttpRequestInit>, 'request'>): HttpVerbs {
  const verb =
    (method: string): Verb =>
    async (url, options) => {
      const call = splitCall(method, url, undefined, options);
      return await client.request(call.init, call.options);
    };
  const bodyVerb =
    (method: string): BodyVerb =>
    async (url, body, options) => {
      const call = splitCall(method, url, body, options);
      return await client.request(call.init, call.options);
    };
  return {
    get: verb('GET'),
    head: verb('HEAD'),
    options: verb('OPTIONS'),
    delete: verb('DELETE'),
    post: bodyVerb('POST'),
    put: bodyVerb('PUT'),
    patch: bodyVerb('PATCH'),
  };
}

/** Tells what belongs to the request from what belongs to the call. */
export function splitCall(
  method: string,
  url: string | URL,
  body: unknown,
  options: object | undefined,
): SplitCall {
  const init: Record<string, unknown> = {};
  let call: Record<string, unknown> | undefined;
  if (options !== undefined) {
    for (const [name, value] of Object.entries(options)) {
      if (requestInitNames.has(name)) init[name] = value;
      else if (value !== undefined) (call ??= {})[name] = value;
    }
  }
  init['method'] = method;
  init['url'] = url;
  if (body !== undefined) {
    const name = isBodyInit(body) ? 'body' : 'json';
    // A body of the options stays beside this one, so that the request is refused for having two.
    if (init[name] === undefined) init[name] = body;
    else init[name === 'body' ? 'json' : 'body'] = body;
  }
  return { init, options: call };
}
