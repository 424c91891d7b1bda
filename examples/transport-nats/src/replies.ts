import type { LinkspanError, ResponseHeaders } from '@linkspan/core';
import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import { overrun, serviceFailure, statusFailure } from './errors.ts';
import type { NatsOperation } from './nats-request.ts';

type Read = IteratorResult<Uint8Array, undefined>;

/** What a message that waits costs beside its bytes. */
const MESSAGE_BYTES = 128;

const END = { done: true, value: undefined } as const;

/**
 * The messages of one call, between the subscription that they come by and the reader who takes them.
 * Nothing on the wire slows who publishes, so what waits here has a limit: over it the subscription
 * is left, and the reader is told of the loss behind the last message that came before it.
 */
export class Replies implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #operation: NatsOperation;
  readonly #limitBytes: number;
  readonly #head = Promise.withResolvers<ResponseHeaders>();
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #hasHead = false;
  #end: { readonly error?: LinkspanError } | undefined;
  #reader: PromiseWithResolvers<Read> | undefined;
  /** Leaves the subscription. */
  #leave: (() => void) | undefined;

  constructor(operation: NatsOperation, limitBytes: number) {
    this.#operation = operation;
    this.#limitBytes = limitBytes;
    // Whoever waits for it is told; the call may have been left before.
    this.#head.promise.catch(() => {});
  }

  /** Resolves at the first message, or when {@link begin} is called. */
  get head(): Promise<ResponseHeaders> {
    return this.#head.promise;
  }

  get hasHead(): boolean {
    return this.#hasHead;
  }

  /** Says how the subscription is left. It is left once, as soon as nothing more is wanted. */
  onLeave(leave: () => void): void {
    if (this.#end === undefined) this.#leave = leave;
    else leave();
  }

  begin(headers: ResponseHeaders = {}): void {
    this.#hasHead = true;
    this.#head.resolve(headers);
  }

  /** Takes a message. It is called by the client's parser, which an exception would end: it throws none. */
  take(message: Msg): void {
    if (this.#end !== undefined) return;
    const { data, headers } = message;
    const code = headers?.code ?? 0;
    // "Idle Heartbeat": somebody is alive, and has nothing to say.
    if (code === 100) return;
    if (headers !== undefined && code >= 300) {
      this.fail(statusFailure(code, headers.description));
      return;
    }
    if (headers?.has('Nats-Service-Error') === true) {
      const status = headers.get('Nats-Service-Error-Code');
      this.fail(serviceFailure(status, headers.get('Nats-Service-Error')));
      return;
    }
    const isSentinel = data.length === 0 && headers === undefined;
    if (!this.#hasHead) this.begin(headers === undefined ? {} : plain(headers));
    if (data.length > 0) this.#push(data);
    if (this.#operation === 'request' || (this.#operation === 'request-many' && isSentinel)) {
      this.#finish({});
    }
  }

  /** Ends the call with a failure, behind what has come. */
  fail(error: LinkspanError): void {
    if (this.#end === undefined) this.#finish({ error });
  }

  next(): Promise<Read> {
    const value = this.#waiting.shift();
    if (value !== undefined) {
      this.#waitingBytes -= value.length + MESSAGE_BYTES;
      return Promise.resolve({ done: false, value });
    }
    if (this.#end === undefined) {
      this.#reader = Promise.withResolvers<Read>();
      return this.#reader.promise;
    }
    const { error } = this.#end;
    this.#end = {};
    return error === undefined ? Promise.resolve(END) : Promise.reject(error);
  }

  return(): Promise<Read> {
    this.#waiting = [];
    this.#finish({});
    return Promise.resolve(END);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #push(data: Uint8Array): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader !== undefined) {
      reader.resolve({ done: false, value: data });
      return;
    }
    this.#waitingBytes += data.length + MESSAGE_BYTES;
    if (this.#waitingBytes > this.#limitBytes) this.#finish({ error: overrun(this.#limitBytes) });
    // A copy, since it is a part of all that came with it.
    else this.#waiting.push(data.slice());
  }

  #finish(end: { readonly error?: LinkspanError }): void {
    this.#end ??= end;
    const leave = this.#leave;
    this.#leave = undefined;
    leave?.();
    if (end.error !== undefined && !this.#hasHead) this.#head.reject(end.error);
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader === undefined) return;
    this.next().then(reader.resolve, reader.reject);
  }
}

/** Names in lower case; a field that repeats holds all its values. */
function plain(headers: MsgHdrs): ResponseHeaders {
  const fields: Record<string, string | readonly string[]> = {};
  for (const name of headers.keys()) {
    const values = headers.values(name);
    fields[name.toLowerCase()] = values.length === 1 ? (values[0] as string) : values;
  }
  return fields;
}
