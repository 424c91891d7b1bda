import type { WireMessage } from '../wire/inbox.ts';
import {
  broken,
  type EndFrame,
  type MessageFrame,
  payloadBytes,
  type SessionWindow,
} from './session-frame.ts';

/** What is sent and kept until it is confirmed: a message, or the end of this side. */
export interface Unconfirmed {
  readonly id: number;
  readonly content: WireMessage | { readonly code: number; readonly reason: string };
  readonly bytes: number;
  /** The message as it was given. */
  readonly given: unknown;
}

/** What a session that ended had accepted, as it was given, in its order. */
export interface Undelivered {
  /** What was sent and not confirmed: each may have reached the reader of the peer, or not. */
  readonly unconfirmed: readonly unknown[];
  /** What was never sent. */
  readonly unsent: readonly unknown[];
}

/** A sender that waits for room. */
interface WaitingSender {
  readonly payload: WireMessage;
  readonly given: unknown;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  readonly stop: () => void;
}

/**
 * The messages of one side, numbered from 1, each kept until the peer has confirmed it. They are
 * bounded: while there are too many, senders wait, in their order.
 */
export class SessionOutbox {
  readonly #limits: SessionWindow;
  #kept: Unconfirmed[] = [];
  #head = 0;
  #bytes = 0;
  /** The id of the last that was numbered. */
  #lastId = 0;
  /** Of the last that was sent on any connection; of the last that the peer has, or is being sent. */
  #reachedId = 0;
  #sentId = 0;
  #confirmedId = 0;
  /** What there is up to `#sentId` that was not confirmed. */
  #sentBytes = 0;
  readonly #senders = new Set<WaitingSender>();
  #refusal: { readonly error: unknown } | undefined;
  #hasEnd = false;

  constructor(limits: SessionWindow) {
    this.#limits = limits;
  }

  /** Whether everything is confirmed, the end of this side included. */
  get isDone(): boolean {
    return this.#hasEnd && this.#confirmedId === this.#lastId;
  }

  /** How many messages were not confirmed, sent or not. */
  get count(): number {
    return this.#lastId - this.#confirmedId - (this.#hasEnd && !this.isDone ? 1 : 0);
  }

  /** How many bytes they have. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The messages that were not confirmed. */
  get undelivered(): Undelivered {
    const kept = this.#kept.slice(this.#head).filter(({ content }) => isPayload(content));
    const isSent = ({ id }: Unconfirmed): boolean => id <= this.#reachedId;
    return {
      unconfirmed: kept.filter((each) => isSent(each)).map(({ given }) => given),
      unsent: kept.filter((each) => !isSent(each)).map(({ given }) => given),
    };
  }

  /**
   * Resolves when the message is kept; until then an abort takes it back.
   *
   * @param given the message before it was encoded, for those who are told that it was not delivered
   */
  push(payload: WireMessage, given: unknown, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal.error);
    if (this.#senders.size === 0 && !this.#isFull) {
      this.#keep(payload, given);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#senders.delete(sender);
        sender.stop();
        reject(signal?.reason);
      };
      const stop = (): void => signal?.removeEventListener('abort', leave);
      const sender: WaitingSender = { payload, given, resolve, reject, stop };
      this.#senders.add(sender);
      signal?.addEventListener('abort', leave);
    });
  }

  /** Accepts nothing more, and puts the end of this side behind what it has. */
  end(code: number, reason: string, refusal: unknown): void {
    if (this.#hasEnd) return;
    this.#hasEnd = true;
    this.refuse(refusal);
    this.#lastId += 1;
    this.#kept.push({ id: this.#lastId, content: { code, reason }, bytes: 0, given: undefined });
  }

  /** Accepts nothing more; those who wait for room are told why. */
  refuse(error: unknown): void {
    this.#refusal ??= { error };
    for (const sender of this.#senders) {
      sender.stop();
      sender.reject(this.#refusal.error);
    }
    this.#senders.clear();
  }

  /**
   * Forgets what the reader of the peer has got, and lets waiting senders in.
   *
   * @throws ProtocolError for an id that it cannot have, or that is below an earlier one.
   */
  confirm(ack: number): void {
    if (ack > this.#sentId) {
      throw broken(`it acknowledges ${ack}, and ${this.#sentId} is the last`);
    }
    if (ack < this.#confirmedId) {
      throw broken(`it acknowledges ${ack} after ${this.#confirmedId}`);
    }
    for (; this.#confirmedId < ack; this.#confirmedId += 1) {
      const { bytes } = this.#kept[this.#head]!;
      this.#head += 1;
      this.#bytes -= bytes;
      this.#sentBytes -= bytes;
    }
    if (this.#head > 512 || this.#head === this.#kept.length) {
      this.#kept = this.#kept.slice(this.#head);
      this.#head = 0;
    }
    this.#admit();
  }

  /**
   * Begins a connection: what the peer has received is not sent again.
   *
   * @throws ProtocolError for an id that was never sent, or was confirmed long ago.
   */
  restart(last: number): void {
    if (last > this.#reachedId || last < this.#confirmedId) {
      throw broken(`it has received ${last}, of ${this.#confirmedId} to ${this.#reachedId}`);
    }
    this.#sentId = last;
    this.#sentBytes = this.#kept
      .slice(this.#head)
      .reduce((sum, { id, bytes }) => (id <= last ? sum + bytes : sum), 0);
  }

  /** What to send next on this connection, if the window of the peer has room. */
  next(window: SessionWindow): Unconfirmed | undefined {
    const next = this.#kept[this.#head + this.#sentId - this.#confirmedId];
    if (next === undefined) return undefined;
    const isMessage = isPayload(next.content);
    if (isMessage && this.#sentId - this.#confirmedId >= window.messages) return undefined;
    if (isMessage && this.#sentBytes >= window.bytes) return undefined;
    this.#sentId = next.id;
    this.#reachedId = Math.max(this.#reachedId, next.id);
    this.#sentBytes += next.bytes;
    return next;
  }

  get #isFull(): boolean {
    return (
      this.#lastId - this.#confirmedId >= this.#limits.messages || this.#bytes >= this.#limits.bytes
    );
  }

  #keep(payload: WireMessage, given: unknown): void {
    const bytes = payloadBytes(payload);
    this.#lastId += 1;
    this.#bytes += bytes;
    // The caller's bytes are the caller's, and may have to be sent again.
    const content = typeof payload === 'string' ? payload : Buffer.from(payload);
    this.#kept.push({ id: this.#lastId, content, bytes, given });
  }

  #admit(): void {
    for (const sender of this.#senders) {
      if (this.#isFull) return;
      this.#senders.delete(sender);
      sender.stop();
      this.#keep(sender.payload, sender.given);
      sender.resolve();
    }
  }
}

/** What it travels as, with an acknowledgement. */
export function frameOf({ id, content }: Unconfirmed, ack: number): MessageFrame | EndFrame {
  return isPayload(content)
    ? { kind: 'message', id, ack, payload: content }
    : { kind: 'end', id, ack, ...content };
}

/** Whether it is a message, and not an end. */
function isPayload(content: Unconfirmed['content']): content is WireMessage {
  return typeof content === 'string' || content instanceof Uint8Array;
}
