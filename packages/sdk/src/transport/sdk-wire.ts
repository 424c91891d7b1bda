import {
  type CallContext,
  type Payload,
  SerializationError,
  type TransportRequest,
  type TransportResponse,
} from '@linkspan/core';
import { createFetch, type HttpClient } from '@linkspan/http';

/** One call that an adapter makes: what was asked for, and what travels with it. */
export interface SdkCall {
  /** Its headers go with what the SDK sends; its payload is for the adapter to read. */
  readonly request: TransportRequest;
  readonly context: CallContext;
}

/**
 * Stands in an SDK for the key, which is held elsewhere and added where the bytes are sent: what
 * prints the SDK's client prints this.
 */
export const KEY_IS_HELD_ELSEWHERE = '[redacted]';

/** How a call is found again among the options that its SDK hands to `fetch`. */
const CALL: unique symbol = Symbol('linkspan.call');

interface OngoingCall extends SdkCall {
  /** Takes the place of what the SDK would send. */
  readonly payload: Payload | undefined;
  isSent: boolean;
  response?: TransportResponse;
  failure?: { readonly error: unknown };
}

interface SdkInit extends RequestInit {
  readonly [CALL]?: OngoingCall;
}

/**
 * The way from an SDK to the wire. {@link SdkWire.fetch} is given to the SDK's client;
 * {@link SdkWire.send} runs one call of it, and has the answer's body itself: it does not go through
 * a web stream, nor the SDK's decoder, and fails as every body does.
 */
export class SdkWire {
  /** A `fetch` for the SDK's client, over the connections of the transport. */
  readonly fetch: typeof globalThis.fetch;
  readonly #http: HttpClient;
  readonly #prefix: string;

  /** @param prefix what URLs begin with that are under the base of the client, without a slash at its end. */
  constructor(http: HttpClient, prefix: string) {
    this.#http = http;
    this.#prefix = prefix;
    const forOthers = createFetch(http, { retry: true });
    this.fetch = (input, init?: SdkInit) => {
      const call = init?.[CALL];
      return call === undefined
        ? forOthers(input, withoutPlaceholder(init))
        : this.#answer(input instanceof Request ? input.url : String(input), init ?? {}, call);
    };
  }

  /**
   * Sends what a call of the SDK would send, and gives the answer, whatever its status.
   *
   * @param run calls the SDK, with `fetchOptions` among the options of the request, so that it gives
   * the raw response (`.asResponse()`). Its own clock and tries again are to be off.
   * @param payload takes the place of the body that the SDK makes.
   * @throws what the wire fails with, unchanged: not as the SDK would wrap it; what the SDK throws
   * before that; SerializationError where a value cannot be written.
   */
  async send(
    call: SdkCall,
    run: (fetchOptions: object) => Promise<unknown>,
    payload?: Payload,
  ): Promise<TransportResponse> {
    const ongoing: OngoingCall = { ...call, payload, isSent: false };
    try {
      await run({ [CALL]: ongoing });
    } catch (error) {
      if (ongoing.failure !== undefined) throw ongoing.failure.error;
      // What JSON cannot write shows before the SDK comes to its fetch.
      if (!ongoing.isSent && error instanceof TypeError) throw unwritable(error);
      await ongoing.response?.body.cancel();
      throw error;
    }
    if (ongoing.response === undefined) {
      throw new TypeError('Cannot send: the SDK answered without its fetch');
    }
    return ongoing.response;
  }

  async #answer(url: string, init: RequestInit, call: OngoingCall): Promise<Response> {
    // One call, one request: whether it goes again is for the layers above to say.
    if (call.isSent) throw new TypeError('Cannot send: the SDK has sent this call already');
    call.isSent = true;
    const { context, payload = payloadOf(init) } = call;
    const request: TransportRequest = {
      operation: init.method?.toUpperCase() ?? 'GET',
      target: url.startsWith(`${this.#prefix}/`) ? url.slice(this.#prefix.length) : url,
      headers: headersOf(init, context.attempt),
      ...(payload !== undefined && { payload }),
      ...(call.request.idempotent !== undefined && { idempotent: call.request.idempotent }),
    };
    try {
      call.response = await this.#http.transport.send(request, context);
    } catch (error) {
      call.failure = { error };
      throw error;
    }
    return new AnsweredElsewhere() as unknown as Response;
  }
}

/** What an SDK sees of an answer that it does not read: that there is one. */
class AnsweredElsewhere {
  readonly ok = true;
  readonly status = 200;
  readonly headers = NO_HEADERS;
  readonly body = null;
}

const NO_HEADERS = new Headers();

function payloadOf({ body }: RequestInit): Payload | undefined {
  if (typeof body === 'string') return { kind: 'bytes', bytes: Buffer.from(body) };
  if (body === undefined || body === null) return undefined;
  throw new TypeError('Cannot send: the SDK made a body that is not text');
}

/** The SDK's headers, but for its clock, which is off, and its key, which is not here. */
function headersOf({ headers }: RequestInit, attempt: number): Record<string, string> {
  const sent: Record<string, string> = {};
  const given = headers instanceof Headers ? headers : new Headers(headers);
  for (const [name, value] of given) {
    if (name === 'x-stainless-timeout' || value.endsWith(KEY_IS_HELD_ELSEWHERE)) continue;
    sent[name] = value;
  }
  if (sent['x-stainless-retry-count'] !== undefined) {
    sent['x-stainless-retry-count'] = String(attempt - 1);
  }
  return sent;
}

function unwritable(cause: TypeError): SerializationError {
  const message = 'Cannot send the request: it holds a value that JSON cannot write';
  return new SerializationError(message, { code: 'encode_json', sent: 'no', cause });
}

function withoutPlaceholder(init: RequestInit | undefined): RequestInit | undefined {
  if (init?.headers === undefined) return init;
  const headers = new Headers(init.headers);
  for (const [name, value] of headers) {
    if (value.endsWith(KEY_IS_HELD_ELSEWHERE)) headers.delete(name);
  }
  return { ...init, headers };
}
