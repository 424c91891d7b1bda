import { Inbox, type LinkspanError, type ResponseHeaders } from '@linkspan/core';

const encoder = new TextEncoder();

/**
 * The messages that answer one call, as Streamable HTTP would carry them, so that what reads the one
 * reads the other: a stream of events for a caller who wants a stream, or the response alone.
 */
export class CallAnswer {
  readonly inbox: Inbox;
  readonly #isStream: boolean;
  readonly #head = Promise.withResolvers<ResponseHeaders>();
  #hasHead = false;

  constructor(isStream: boolean, limitBytes: number) {
    this.#isStream = isStream;
    this.inbox = new Inbox({ limitBytes });
    // Whoever waits for it is told; the call may have been left before.
    this.#head.promise.catch(() => {});
  }

  /** Resolves at the first message. */
  get head(): Promise<ResponseHeaders> {
    return this.#head.promise;
  }

  get phase(): 'headers' | 'body' {
    return this.#hasHead ? 'body' : 'headers';
  }

  /** Takes a message that is about this call; the last of them is its response. */
  take(line: string, isLast: boolean): void {
    if (this.#isStream) this.#push(`data: ${line}\n\n`, 'text/event-stream');
    else if (isLast) this.#push(line, 'application/json');
    if (isLast) this.inbox.end();
  }

  fail(error: LinkspanError): void {
    this.#head.reject(error);
    this.inbox.fail(error);
  }

  #push(text: string, contentType: string): void {
    this.#hasHead = true;
    this.#head.resolve({ 'content-type': contentType });
    const bytes = encoder.encode(text);
    this.inbox.push(bytes, bytes.length);
  }
}
