import {
  type CloseReason,
  isLinkspanError,
  type LinkspanError,
  type Payload,
  SerializationError,
} from '@linkspan/core';
import { encodeMessage } from './encode-message.ts';
import type { WireMessage } from './inbox.ts';

/** What a {@link PayloadPump} sends to, and tells. */
export interface PumpTarget {
  readonly isWritable: boolean;
  /** A promise is waited for. @param given the message before it was encoded */
  send(message: WireMessage, given: unknown): void | Promise<void>;
  /** The payload was a stream, and has ended. */
  payloadEnded(reason: CloseReason | undefined): void;
  payloadFailed(error: LinkspanError): void;
}

/**
 * Sends a payload, each message when there is room for it. A stream that ends closes our side: a
 * WebSocket has no other way to say so. It can be stopped at any time, also while its source is
 * silent, which is told then.
 */
export class PayloadPump {
  readonly #target: PumpTarget;
  #room: (() => void) | undefined;
  #source: AsyncIterator<unknown, unknown> | undefined;
  #isOver = false;

  constructor(target: PumpTarget) {
    this.#target = target;
  }

  /** Begins. It never rejects: what happens is told to the target. */
  async start(payload: Payload | undefined): Promise<void> {
    if (payload === undefined) return;
    try {
      if (payload.kind === 'value') {
        await this.#target.send(encodeMessage(payload.value), payload.value);
      } else if (payload.kind === 'bytes') await this.#target.send(payload.bytes, payload.bytes);
      else await this.#pump(payload);
    } catch (cause) {
      if (this.#isOver) return;
      this.stop();
      this.#target.payloadFailed(unreadable(cause));
    }
  }

  /** There is room again. */
  resume(): void {
    this.#room?.();
  }

  /** Sends nothing more, and leaves the source. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#room?.();
    this.#leave(this.#source);
  }

  async #pump(payload: Exclude<Payload, { readonly kind: 'value' | 'bytes' }>): Promise<void> {
    const stream = payload.kind === 'stream' ? payload.stream : await payload.open();
    const source = stream[Symbol.asyncIterator]();
    if (this.#isOver) {
      this.#leave(source);
      return;
    }
    this.#source = source;
    while (!this.#isOver) {
      // oxlint-disable-next-line no-await-in-loop -- one message after another
      const read = await source.next();
      if (this.#isOver) return;
      if (read.done === true) {
        this.#target.payloadEnded(read.value as CloseReason | undefined);
        this.#isOver = true;
        return;
      }
      const message = encodeMessage(read.value);
      // oxlint-disable-next-line no-await-in-loop -- as above
      if (!this.#target.isWritable) await this.#untilWritable();
      if (this.#isOver) return;
      const kept = this.#target.send(message, read.value);
      // oxlint-disable-next-line no-await-in-loop -- as above
      if (kept !== undefined) await kept;
    }
  }

  #untilWritable(): Promise<void> {
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }

  /** A source that fails while it is left has nobody left to tell. */
  #leave(source: AsyncIterator<unknown, unknown> | undefined): void {
    try {
      source?.return?.()?.then(undefined, () => {});
    } catch {
      // As above.
    }
  }
}

function unreadable(cause: unknown): LinkspanError {
  if (isLinkspanError(cause)) return cause;
  return new SerializationError('Cannot send the messages: their source failed', {
    code: 'body_source',
    sent: 'maybe',
    cause,
  });
}
