import { sizeOf } from '../wire/encode-message.ts';
import type { WireMessage } from '../wire/inbox.ts';

/** A connection, as an {@link Outbox} uses it. */
export interface OutgoingLink {
  /** Whether it takes messages at all. */
  readonly isOpen: boolean;
  /** How many messages it has taken. */
  readonly sentCount: number;
  send(message: WireMessage): void;
  /** Takes a message, if it is open and less than the high-water mark waits in it. */
  offer(message: WireMessage): boolean;
  ping(): void;
}

/** How much may wait while there is no connection. */
export interface OutboxLimits {
  readonly highWaterBytes: number;
  readonly highWaterMessages: number;
}

/** A message, as it was given and as it is sent. */
interface Item {
  readonly message: unknown;
  readonly data: WireMessage;
}

interface WaitingSender extends Item {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal | undefined;
  readonly leave: () => void;
}

/** What a sender is given who need not wait. */
const ACCEPTED: Promise<void> = Promise.resolve();

/** After so much, a ping is sent: its pong confirms what was sent before. */
const CONFIRM_BYTES = 256 * 1024;
const CONFIRM_COUNT = 256;
/** How much may be on its way without a confirmation. */
const UNCONFIRMED_BYTES = 16 * 1024 * 1024;
const UNCONFIRMED_COUNT = 16 * 1024;

/**
 * The messages on their way out, of connections that follow one another: those that wait for one, and
 * those that one has taken and not confirmed. While it is full, senders wait, in their order.
 *
 * A pong tells that the peer has read what was sent before its ping (RFC 6455, section 5.5.3): what
 * no pong stands behind may have been lost with the connection.
 */
export class Outbox {
  readonly #limits: OutboxLimits;
  readonly #waiting = new Set<WaitingSender>();
  #queue: Item[] = [];
  #queuedBytes = 0;
  #link: OutgoingLink | undefined;
  /** What the link has taken and not confirmed, from `#unconfirmedHead` on. */
  #unconfirmed: (Item | undefined)[] = [];
  #unconfirmedHead = 0;
  #unconfirmedBytes = 0;
  #confirmedCount = 0;
  #bytesSincePing = 0;
  #countSincePing = 0;
  #refusal: { readonly error: unknown } | undefined;

  constructor(limits: OutboxLimits) {
    this.#limits = limits;
  }

  /** How many bytes wait for a connection. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Resolves when the message is accepted; until then an abort takes it back. */
  push(message: unknown, data: WireMessage, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal.error);
    if (this.#waiting.size === 0 && this.#takes({ message, data })) return ACCEPTED;
    return new Promise((resolve, reject) => {
      const sender: WaitingSender = {
        message,
        data,
        resolve,
        reject,
        signal,
        leave: () => {
          this.#waiting.delete(sender);
          reject(signal?.reason);
        },
      };
      this.#waiting.add(sender);
      signal?.addEventListener('abort', sender.leave, { once: true });
    });
  }

  /** Sends on this connection from now on: first what waits. */
  attach(link: OutgoingLink): void {
    this.#link = link;
    this.#confirmedCount = link.sentCount;
    const queue = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    for (const item of queue) this.#pass(item, link);
    this.admit();
  }

  /** The connection is gone. Gives what it has taken and not confirmed. */
  detach(): readonly unknown[] {
    this.#link = undefined;
    const items = this.#unconfirmed.slice(this.#unconfirmedHead);
    this.#unconfirmed = [];
    this.#unconfirmedHead = 0;
    this.#unconfirmedBytes = 0;
    this.#bytesSincePing = 0;
    this.#countSincePing = 0;
    return items.map((item) => item?.message);
  }

  /** The peer has read the first `count` messages that the connection took. */
  confirm(count: number): void {
    while (this.#confirmedCount < count) {
      const item = this.#unconfirmed[this.#unconfirmedHead];
      if (item === undefined) return;
      this.#unconfirmed[this.#unconfirmedHead] = undefined;
      this.#unconfirmedHead += 1;
      this.#unconfirmedBytes -= sizeOf(item.data);
      this.#confirmedCount += 1;
    }
    this.#unconfirmed = this.#unconfirmed.slice(this.#unconfirmedHead);
    this.#unconfirmedHead = 0;
    this.admit();
  }

  /** Lets senders go on, as far as there is room. */
  admit(): void {
    for (const sender of this.#waiting) {
      if (!this.#takes(sender)) return;
      this.#forget(sender);
      sender.resolve();
    }
  }

  /** Accepts nothing more: senders that wait are told. */
  refuse(error: unknown): void {
    this.#refusal ??= { error };
    for (const sender of this.#waiting) {
      this.#forget(sender);
      sender.reject(error);
    }
  }

  /** Takes what was accepted and never sent. */
  takeUnsent(): readonly unknown[] {
    const unsent = this.#queue.map(({ message }) => message);
    this.#queue = [];
    this.#queuedBytes = 0;
    return unsent;
  }

  /** Accepts a message, if there is room for it. */
  #takes(item: Item): boolean {
    const link = this.#link;
    if (link?.isOpen === true) {
      const isKept =
        this.#unconfirmedBytes < UNCONFIRMED_BYTES &&
        this.#unconfirmed.length - this.#unconfirmedHead < UNCONFIRMED_COUNT;
      if (!isKept || !link.offer(item.data)) return false;
      this.#remember(item, link);
      return true;
    }
    const { highWaterBytes, highWaterMessages } = this.#limits;
    if (this.#queuedBytes >= highWaterBytes || this.#queue.length >= highWaterMessages)
      return false;
    this.#enqueue(item);
    return true;
  }

  /** Hands on what was accepted before: there need be no room for it. */
  #pass(item: Item, link: OutgoingLink): void {
    if (!link.isOpen) {
      this.#enqueue(item);
      return;
    }
    link.send(item.data);
    this.#remember(item, link);
  }

  #enqueue(item: Item): void {
    this.#queue.push(item);
    this.#queuedBytes += sizeOf(item.data);
  }

  /** Keeps a message until it is confirmed, and asks for that now and then. */
  #remember(item: Item, link: OutgoingLink): void {
    const bytes = sizeOf(item.data);
    this.#unconfirmed.push(item);
    this.#unconfirmedBytes += bytes;
    this.#bytesSincePing += bytes;
    this.#countSincePing += 1;
    if (this.#bytesSincePing < CONFIRM_BYTES && this.#countSincePing < CONFIRM_COUNT) return;
    this.#bytesSincePing = 0;
    this.#countSincePing = 0;
    link.ping();
  }

  #forget(sender: WaitingSender): void {
    this.#waiting.delete(sender);
    sender.signal?.removeEventListener('abort', sender.leave);
  }
}
