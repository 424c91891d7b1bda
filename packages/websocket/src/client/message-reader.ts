import type { TimerHandle } from '@linkspan/concurrency';
import { type CloseReason, TimeoutError, validate } from '@linkspan/core';
import { showMs } from '../show-ms.ts';
import { Inbox, type MessageSource, type WireMessage } from '../wire/inbox.ts';
import type { ConnectWebSocketSettings } from './connect-options.ts';
import { readMessage } from './read-message.ts';

/** What a {@link MessageReader} tells its client. */
export interface ReaderHost {
  /** The reader has left its loop. */
  leave(): Promise<void>;
  /** A message is not what it has to be. */
  refuse(error: unknown): void;
  /** Nothing came for `idleMs` while the reader waited. */
  idle(error: TimeoutError): void;
}

type Read = IteratorResult<unknown, undefined>;

const END: Read = { done: true, value: undefined };

/** The messages of a client as its program reads them: decoded, checked, and within their clock. */
export class MessageReader implements AsyncIterableIterator<unknown, undefined> {
  readonly #settings: ConnectWebSocketSettings;
  readonly #host: ReaderHost;
  readonly #inbox: Inbox<unknown>;
  /** Whether each message is as it comes: nothing is checked, and no clock runs. */
  readonly #isPlain: boolean;

  /** @param inbox where the messages come from, of those who put them there themselves */
  constructor(
    settings: ConnectWebSocketSettings,
    host: ReaderHost,
    inbox: Inbox<unknown> = new Inbox(readMessage[settings.messages], () => {}),
  ) {
    this.#settings = settings;
    this.#host = host;
    this.#inbox = inbox;
    const { schema, messages, idleMs } = settings;
    this.#isPlain = schema === undefined && messages !== 'json' && idleMs === Infinity;
  }

  get isAwaited(): boolean {
    return this.#inbox.isAwaited;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Read> {
    return this.#isPlain ? (this.#inbox.next() as Promise<Read>) : this.#nextChecked();
  }

  async return(): Promise<Read> {
    await this.#host.leave();
    return END;
  }

  attach(source: MessageSource): void {
    this.#inbox.attach(source);
  }

  push(message: WireMessage): void {
    this.#inbox.push(message);
  }

  discard(): void {
    this.#inbox.discard();
  }

  /** The messages are over. Why is told by the client, and not to a loop. */
  end(): void {
    this.#inbox.end(undefined);
  }

  fail(error: unknown): void {
    this.#inbox.fail(error);
  }

  async #nextChecked(): Promise<Read> {
    const { schema, onInvalid } = this.#settings;
    for (;;) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- until one is valid
        const read = await this.#nextInTime();
        if (read.done === true) return END;
        if (schema === undefined) return { done: false, value: read.value };
        // oxlint-disable-next-line no-await-in-loop -- as above
        return { done: false, value: await validate(schema, read.value, 'the message') };
      } catch (error) {
        if (!isInvalid(error)) throw error;
        if (onInvalid === undefined) this.#host.refuse(error);
        if (onInvalid === undefined) throw error;
        onInvalid(error);
      }
    }
  }

  async #nextInTime(): Promise<IteratorResult<unknown, CloseReason | undefined>> {
    const { idleMs, clock } = this.#settings;
    if (idleMs === Infinity) return await this.#inbox.next();
    const timer: TimerHandle = clock.setTimeout(() => this.#host.idle(this.#silent()), idleMs);
    try {
      return await this.#inbox.next();
    } finally {
      clock.clearTimeout(timer);
    }
  }

  #silent(): TimeoutError {
    const { idleMs } = this.#settings;
    return new TimeoutError(`Cannot read on: no message has come for ${showMs(idleMs)} (idleMs)`, {
      clock: 'idleMs',
      code: 'body_timeout',
      limitMs: idleMs,
      elapsedMs: idleMs,
      phase: 'body',
      sent: 'yes',
      retryable: 'if-idempotent',
    });
  }
}

/** Whether it is a message that is wrong, and not the connection. */
function isInvalid(error: unknown): boolean {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return code === 'decode_json' || code === 'validation';
}
