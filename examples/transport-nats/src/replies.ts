import { Inbox, type LinkspanError, type ResponseHeaders } from '@linkspan/core';
import type { Msg, MsgHdrs } from '@nats-io/transport-node';
import { overrun, serviceFailure, statusFailure } from './errors.ts';
import type { NatsOperation } from './nats-request.ts';

/** The messages of one call: its head is the first of them, its body is the {@link inbox}. */
export class Replies {
  readonly inbox: Inbox;
  readonly #operation: NatsOperation;
  readonly #head = Promise.withResolvers<ResponseHeaders>();
  #hasHead = false;

  constructor(operation: NatsOperation, limitBytes: number) {
    this.#operation = operation;
    this.inbox = new Inbox({ limitBytes, overrun });
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

  begin(headers: ResponseHeaders = {}): void {
    this.#hasHead = true;
    this.#head.resolve(headers);
  }

  /** Takes a message. It is called by the client's parser, which an exception would end: it throws none. */
  take(message: Msg): void {
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
    if (!this.#hasHead) this.begin(headers === undefined ? {} : plain(headers));
    // A copy: what waits would hold all that came with it.
    if (data.length > 0) this.inbox.push(data.slice(), data.length);
    const isSentinel = data.length === 0 && headers === undefined;
    if (this.#operation === 'request' || (this.#operation === 'request-many' && isSentinel)) {
      this.inbox.end();
    }
  }

  /** Ends the call with a failure, behind what has come. */
  fail(error: LinkspanError): void {
    this.#head.reject(error);
    this.inbox.fail(error);
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
