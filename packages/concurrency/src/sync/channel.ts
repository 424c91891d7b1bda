import { closedState } from '../scope/abort-reason.ts';
import { Fifo } from './fifo.ts';
import { checkWait, PromiseWaiter, type Wait, waitIn, WaitQueue } from './wait-queue.ts';

const sendPurpose = 'send to the channel';
const receivePurpose = 'receive from the channel';

/**
 * A queue between tasks that holds a bounded number of values: who sends into a full one waits, who
 * receives from an empty one waits, both first come first served. See {@link channel}.
 *
 * A wait that is cancelled has moved no value, and a value that was handed over is not taken back:
 * none is lost or doubled. Any number of tasks may send and receive.
 */
export class BoundedChannel<T> implements AsyncIterable<T>, Disposable {
  /** How many values it holds before `send` waits. */
  readonly capacity: number;
  readonly #buffer: Fifo<T> = new Fifo();
  readonly #senders: WaitQueue<Sender<T>> = new WaitQueue(sendPurpose);
  readonly #receivers: WaitQueue<PromiseWaiter<IteratorResult<T, undefined>>> = new WaitQueue(
    receivePurpose,
  );
  #end: { readonly reason: unknown } | undefined;

  constructor(capacity: number) {
    if (!(capacity === Infinity || (Number.isInteger(capacity) && capacity >= 0))) {
      throw new RangeError(
        `Cannot make a channel: expected a capacity that is an integer >= 0 or Infinity, found ${capacity}`,
      );
    }
    this.capacity = capacity;
  }

  /** How many values it holds now. */
  get size(): number {
    return this.#buffer.size;
  }

  /** Whether it was closed; values may still be left to receive. */
  get closed(): boolean {
    return this.#end !== undefined;
  }

  /**
   * Sends a value; resolves when the channel holds it or a receiver has it.
   *
   * @throws the reason of `close`, or DOMException `InvalidStateError`, when the channel is closed
   * before that; the value was not sent then.
   */
  async send(value: T, wait?: Wait): Promise<void> {
    checkWait(wait, sendPurpose);
    if (this.trySend(value)) return;
    await new Promise<void>((resolve, reject) => {
      this.#senders.add(new Sender(value, resolve, reject), wait);
    });
  }

  /** Sends a value, unless that would have to wait. @throws as `send` does on a closed channel. */
  trySend(value: T): boolean {
    if (this.#end !== undefined) throw this.#closeReason(sendPurpose);
    const receiver = this.#receivers.take();
    if (receiver !== undefined) receiver.resolve({ value, done: false });
    else if (this.#buffer.size < this.capacity) this.#buffer.push(value);
    else return false;
    return true;
  }

  /**
   * Receives the oldest value.
   *
   * @throws the reason of `close`, or DOMException `InvalidStateError`, when the channel is closed
   * and holds no more.
   */
  async receive(wait?: Wait): Promise<T> {
    const { value, done } = await this.#next(wait);
    if (done === true) throw this.#closeReason(receivePurpose);
    return value;
  }

  /** Receives the oldest value as `{ value }`, or `undefined` where none is there now. */
  tryReceive(): { readonly value: T } | undefined {
    if (this.#buffer.size > 0) {
      const value = this.#buffer.shift();
      const sender = this.#senders.take();
      if (sender !== undefined) this.#buffer.push(sender.deliver());
      return { value };
    }
    const sender = this.#senders.take();
    return sender && { value: sender.deliver() };
  }

  /**
   * Closes the channel to senders; those that wait are refused. What it holds can still be received.
   * After that receivers come to the end or, where a reason is given, fail with it. Only the first
   * call counts.
   */
  close(reason?: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = { reason };
    this.#senders.rejectAll(this.#closeReason(sendPurpose));
    if (reason !== undefined) this.#receivers.rejectAll(reason);
    for (let one = this.#receivers.take(); one; one = this.#receivers.take()) one.resolve(ended);
  }

  /** Closes the channel without a reason. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Receives until the channel is closed. Leaving the loop early leaves the channel open. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return this.values()[Symbol.asyncIterator]();
  }

  /** The same as iterating over the channel, with limits for each wait. */
  values(wait?: Wait): AsyncIterable<T> {
    return {
      [Symbol.asyncIterator]: (): AsyncIterator<T, undefined> => ({
        next: () => this.#next(wait),
      }),
    };
  }

  async #next(wait: Wait | undefined): Promise<IteratorResult<T, undefined>> {
    checkWait(wait, receivePurpose);
    const received = this.tryReceive();
    if (received !== undefined) return { value: received.value, done: false };
    if (this.#end === undefined) return await waitIn(this.#receivers, wait);
    if (this.#end.reason !== undefined) throw this.#end.reason;
    return ended;
  }

  #closeReason(purpose: string): unknown {
    return this.#end?.reason ?? closedState(`Cannot ${purpose}: it was closed`);
  }
}

/**
 * Makes a channel.
 *
 * @param capacity how many values it holds before `send` waits: an integer of 0 or more, or
 * `Infinity`. With 0 every `send` waits for a receiver.
 * @throws RangeError when the capacity is none of these.
 */
export function channel<T>(capacity: number = 0): BoundedChannel<T> {
  return new BoundedChannel(capacity);
}

const ended: IteratorResult<never, undefined> = { value: undefined, done: true };

/** One that waits for room, with what it wants to send. */
class Sender<T> extends PromiseWaiter<void> {
  readonly #value: T;

  constructor(value: T, resolve: () => void, reject: (reason: unknown) => void) {
    super(resolve, reject);
    this.#value = value;
  }

  deliver(): T {
    this.resolve();
    return this.#value;
  }
}
