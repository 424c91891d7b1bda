import type { CloseReason } from '../body.ts';

type Taken = IteratorResult<unknown, CloseReason | undefined>;

interface Accepted {
  readonly message: unknown;
  readonly bytes: number;
}

/** A sender that waits for room, in a list from which each can leave at once. */
interface WaitingSender {
  readonly message: unknown;
  readonly signal: AbortSignal | undefined;
  readonly leave: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  previous: WaitingSender | undefined;
  next: WaitingSender | undefined;
}

/** How much may be accepted and not yet taken. */
export interface QueueLimits {
  readonly highWaterBytes: number;
  readonly highWaterMessages: number;
}

/**
 * What a channel has accepted and its transport has not taken yet. While it is full, senders wait,
 * in their order. The transport takes by iterating; when the channel is closed the iteration ends,
 * with the reason as its value.
 */
export class OutgoingQueue implements AsyncIterableIterator<unknown, CloseReason | undefined> {
  readonly #limits: QueueLimits;
  #messages: (Accepted | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  #firstSender: WaitingSender | undefined;
  #lastSender: WaitingSender | undefined;
  /** Who waits for a message, in their order: hardly ever more than one. */
  readonly #takers: ((taken: Taken) => void)[] = [];
  #isUntouched = true;
  #refusal: { readonly error: unknown; readonly reason: CloseReason | undefined } | undefined;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Whether nobody has asked for its first message yet. */
  get isUntouched(): boolean {
    return this.#isUntouched;
  }

  /** Resolves when the queue has accepted the message; until then an abort takes it back. */
  push(message: unknown, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal.error);
    if (!this.#isFull && this.#firstSender === undefined) {
      this.#accept(message);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const sender: WaitingSender = {
        message,
        signal,
        leave: () => {
          this.#remove(sender);
          reject(signal?.reason);
        },
        resolve,
        reject,
        previous: this.#lastSender,
        next: undefined,
      };
      if (this.#lastSender === undefined) this.#firstSender = sender;
      else this.#lastSender.next = sender;
      this.#lastSender = sender;
      signal?.addEventListener('abort', sender.leave);
    });
  }

  /** Accepts nothing more; what was accepted can still be taken, and then the end. */
  end(refusal: unknown, reason?: CloseReason): void {
    this.#refusal ??= { error: refusal, reason };
    while (this.#firstSender !== undefined) {
      const sender = this.#firstSender;
      this.#remove(sender);
      sender.reject(this.#refusal.error);
    }
    for (const taker of this.#takers.splice(0)) taker(this.#endResult());
  }

  /** Accepts nothing more, and drops what was not taken. */
  drop(refusal: unknown): void {
    this.#messages = [];
    this.#head = 0;
    this.#bytes = 0;
    this.end(refusal);
  }

  next(): Promise<Taken> {
    this.#isUntouched = false;
    const message = this.#takeFirst();
    if (message !== undefined) {
      this.#admitSenders();
      return Promise.resolve({ done: false, value: message.message });
    }
    if (this.#refusal !== undefined) return Promise.resolve(this.#endResult());
    // Takes that overlap are served one after another, as an async generator does.
    return new Promise((resolve) => {
      this.#takers.push(resolve);
    });
  }

  get #isFull(): boolean {
    return (
      this.#bytes >= this.#limits.highWaterBytes ||
      this.#messages.length - this.#head >= this.#limits.highWaterMessages
    );
  }

  #accept(message: unknown): void {
    const taker = this.#takers.shift();
    if (taker !== undefined) {
      taker({ done: false, value: message });
      return;
    }
    const bytes = sizeOf(message);
    this.#bytes += bytes;
    this.#messages.push({ message, bytes });
  }

  #takeFirst(): Accepted | undefined {
    const first = this.#messages[this.#head];
    if (first === undefined) return undefined;
    this.#messages[this.#head] = undefined;
    this.#head += 1;
    this.#bytes -= first.bytes;
    if (this.#head === this.#messages.length || this.#head >= 1024) {
      this.#messages = this.#messages.slice(this.#head);
      this.#head = 0;
    }
    return first;
  }

  #admitSenders(): void {
    while (this.#firstSender !== undefined && !this.#isFull) {
      const sender = this.#firstSender;
      this.#remove(sender);
      this.#accept(sender.message);
      sender.resolve();
    }
  }

  #remove(sender: WaitingSender): void {
    sender.signal?.removeEventListener('abort', sender.leave);
    if (sender.previous === undefined) this.#firstSender = sender.next;
    else sender.previous.next = sender.next;
    if (sender.next === undefined) this.#lastSender = sender.previous;
    else sender.next.previous = sender.previous;
  }

  #endResult(): Taken {
    return { done: true, value: this.#refusal?.reason };
  }
}

/** Values that are neither text nor bytes have no size here: the number of messages limits them. */
function sizeOf(message: unknown): number {
  if (typeof message === 'string') return message.length;
  return ArrayBuffer.isView(message) ? message.byteLength : 0;
}
