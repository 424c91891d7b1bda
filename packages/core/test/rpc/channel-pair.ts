import { ClosedError, type RpcError } from '@linkspan/core';
import type { RpcChannel } from '@linkspan/core/rpc';

type Read = IteratorResult<unknown, undefined>;

interface Reader {
  readonly resolve: (read: Read) => void;
  readonly reject: (error: unknown) => void;
}

/** One end of a channel within the process: what one end sends, the other gets. */
export class PairEnd implements RpcChannel {
  readonly closed: Promise<unknown>;
  readonly sent: unknown[] = [];
  other!: PairEnd;
  /** While it is false, `send` waits. */
  accepts = true;
  #inbox: unknown[] = [];
  #reader: Reader | undefined;
  #end: { readonly error?: unknown } | undefined;
  #onAccept: (() => void)[] = [];
  readonly #resolveClosed: (end: unknown) => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.closed = promise;
    this.#resolveClosed = resolve;
  }

  /** How many messages have come and were not read. */
  get unread(): number {
    return this.#inbox.length;
  }

  async send(message: unknown, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const { signal } = options;
    while (!this.accepts && this.#end === undefined) {
      signal?.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#onAccept.push(resolve);
        signal?.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    signal?.throwIfAborted();
    if (this.#end !== undefined) {
      throw new ClosedError('Cannot send the message: the channel is closed');
    }
    this.sent.push(message);
    this.other.deliver(message);
  }

  /** Lets those go on that wait to send. */
  accept(): void {
    this.accepts = true;
    this.#wakeSenders();
  }

  deliver(message: unknown): void {
    if (this.#end !== undefined) return;
    const reader = this.#takeReader();
    if (reader === undefined) this.#inbox.push(message);
    else reader.resolve({ done: false, value: message });
  }

  async close(): Promise<void> {
    this.end();
    this.other.end();
  }

  /** Breaks both ends. */
  drop(error: unknown = new Error('the wire was cut')): void {
    this.end({ error });
    this.other.end({ error });
  }

  end(end: { readonly error?: unknown } = {}): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#wakeSenders();
    this.#resolveClosed(end);
    const reader = this.#takeReader();
    if (reader === undefined) return;
    if ('error' in end) reader.reject(end.error);
    else reader.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown, undefined> {
    return {
      next: () => this.#next(),
      return: async () => {
        await this.close();
        return { done: true, value: undefined };
      },
    };
  }

  async #next(): Promise<Read> {
    if (this.#inbox.length > 0) return { done: false, value: this.#inbox.shift() };
    if (this.#end === undefined) {
      return await new Promise((resolve, reject) => {
        this.#reader = { resolve, reject };
      });
    }
    if ('error' in this.#end) throw this.#end.error;
    return { done: true, value: undefined };
  }

  #takeReader(): Reader | undefined {
    const reader = this.#reader;
    this.#reader = undefined;
    return reader;
  }

  #wakeSenders(): void {
    for (const wake of this.#onAccept.splice(0)) wake();
  }
}

/** Two ends of one channel. */
export function channelPair(): [PairEnd, PairEnd] {
  const pair: [PairEnd, PairEnd] = [new PairEnd(), new PairEnd()];
  [pair[0].other, pair[1].other] = [pair[1], pair[0]];
  return pair;
}

/** What a promise was rejected with. */
export async function failure(promise: Promise<unknown>): Promise<RpcError> {
  const nothing = Symbol('nothing');
  const error: unknown = await promise.then(
    () => nothing,
    (reason: unknown) => reason,
  );
  if (error === nothing) throw new Error('expected a rejection');
  return error as RpcError;
}
