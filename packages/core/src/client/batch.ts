import { type Clock, Deadline, parallel, parallelStream } from '@linkspan/concurrency';
import { TimeoutError } from '../errors/local-errors.ts';
import type { TransportRequest } from '../transport.ts';
import type { BatchOptions, BatchResult, BatchStreamOptions } from './batch-options.ts';
import type { CallOptions } from './call-options.ts';
import type { ClientResponse } from './client-response.ts';
import { takeWhileRunning } from './take-while-running.ts';

/** One request of a batch, alone or with options of its own. */
export type BatchItem<Init = TransportRequest> =
  | Init
  | TransportRequest
  | readonly [init: Init | TransportRequest, options: CallOptions];

/** The requests of a batch; what an iterable gives is taken as there is room. */
export type BatchItems<Init = TransportRequest> =
  | Iterable<BatchItem<Init>>
  | AsyncIterable<BatchItem<Init>>;

/** What a batch needs of its client. */
export interface BatchClient<Init> {
  readonly request: (
    init: Init | TransportRequest,
    options: CallOptions,
  ) => Promise<ClientResponse>;
  /** How long a call may take that says nothing itself. */
  readonly totalMs: number;
  readonly clock: Clock;
}

/**
 * One run of a batch: its calls, one limit on how many are under way, and one signal and deadline
 * that end them all.
 */
export class BatchRun<Init, Value> {
  readonly #client: BatchClient<Init>;
  readonly #options: BatchStreamOptions<Value>;
  readonly #stop = new AbortController();
  readonly #deadline: Deadline;
  readonly #startedAt: number;
  readonly #release: () => void;

  constructor(client: BatchClient<Init>, options: BatchStreamOptions<Value>) {
    const { signal, totalMs = Infinity } = options;
    const { clock } = client;
    this.#client = client;
    this.#options = options;
    this.#startedAt = clock.now();
    this.#deadline = Deadline.at(this.#startedAt + totalMs, clock);
    const onAbort = (): void => this.#stop.abort(signal?.reason);
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener('abort', onAbort);
    const timer =
      totalMs === Infinity
        ? undefined
        : clock.setTimeout(() => this.#stop.abort(this.#timeout(totalMs)), totalMs);
    this.#release = () => {
      signal?.removeEventListener('abort', onAbort);
      if (timer !== undefined) clock.clearTimeout(timer);
    };
  }

  /** All results, in the order of the items. */
  async collect(
    items: BatchItems<Init>,
    onError: BatchOptions<Value>['onError'],
  ): Promise<BatchResult<Value>[]> {
    let failure: { readonly error: unknown } | undefined;
    const work = async (item: BatchItem<Init>, index: number): Promise<BatchResult<Value>> => {
      const result = await this.#slot(item, index);
      if (onError === 'throw' && result.status === 'rejected') {
        failure ??= { error: result.error };
        this.#stop.abort(result.error);
      }
      return result;
    };
    try {
      const results = await parallel(
        Symbol.asyncIterator in items ? this.#whileRunning(items) : items,
        (item, _scope, index) => work(item, index),
        { concurrency: this.#options.concurrency },
      );
      this.#options.signal?.throwIfAborted();
      if (failure !== undefined) throw failure.error;
      return results;
    } finally {
      this.#release();
    }
  }

  /** The results as they come. Leaving early aborts what is under way. */
  stream(items: BatchItems<Init>): AsyncIterator<BatchResult<Value>, undefined> {
    const { concurrency, signal } = this.#options;
    const results = parallelStream(
      Array.isArray(items) ? items : this.#whileRunning(items),
      (item, _scope, index) => this.#slot(item, index),
      { concurrency, ordered: false },
    );
    const leave = async (reason?: unknown): Promise<void> => {
      this.#release();
      this.#stop.abort(reason);
      await results.return?.();
    };
    return {
      next: async () => {
        try {
          const read = await results.next();
          signal?.throwIfAborted();
          if (read.done === true) this.#release();
          return read;
        } catch (error) {
          await leave(error);
          throw error;
        }
      },
      return: async () => {
        await leave();
        return { done: true, value: undefined };
      },
    };
  }

  /** One call, from its begin to the end of its body. */
  async #slot(item: BatchItem<Init>, index: number): Promise<BatchResult<Value>> {
    if (this.#stop.signal.aborted) return { status: 'not-started', index };
    const [init, own] = isPair(item) ? item : [item, undefined];
    const options = this.#optionsFor(own);
    const deadlineOfCall = this.#client.clock.now() + (options.totalMs ?? this.#client.totalMs);
    try {
      const response = await this.#client.request(init, options);
      return { status: 'fulfilled', index, value: await this.#read(response, index) };
    } catch (error) {
      const isOurs =
        isCancelledBy(options.signal, error) ||
        (deadlineOfCall > this.#deadline.at && isDeadline(error));
      return isOurs
        ? { status: 'cancelled', index, reason: error }
        : { status: 'rejected', index, error };
    }
  }

  async #read(response: ClientResponse, index: number): Promise<Value> {
    const { read } = this.#options;
    // Without `read`, `Value` is the answer itself.
    if (read === undefined) return (await response.buffer()) as Value;
    try {
      return await read(response, index);
    } finally {
      await response.cancel();
    }
  }

  #optionsFor(own: CallOptions | undefined): CallOptions & { readonly signal: AbortSignal } {
    const options = { ...this.#options.defaults, ...own };
    const signal =
      options.signal === undefined
        ? this.#stop.signal
        : AbortSignal.any([options.signal, this.#stop.signal]);
    const deadline =
      options.deadline === undefined ? this.#deadline : options.deadline.min(this.#deadline);
    return { ...options, signal, deadline };
  }

  #whileRunning(items: BatchItems<Init>): AsyncIterable<BatchItem<Init>> {
    return takeWhileRunning(items, this.#stop.signal);
  }

  #timeout(totalMs: number): TimeoutError {
    return new TimeoutError(`Cannot finish the batch: its ${totalMs} ms (totalMs) are over`, {
      clock: 'totalMs',
      code: 'deadline',
      limitMs: totalMs,
      elapsedMs: this.#client.clock.now() - this.#startedAt,
      sent: 'maybe',
    });
  }
}

function isPair<Init>(
  item: BatchItem<Init>,
): item is readonly [init: Init | TransportRequest, options: CallOptions] {
  return Array.isArray(item);
}

function isCancelledBy(signal: AbortSignal, error: unknown): boolean {
  return signal.aborted && Object.is(error, signal.reason);
}

function isDeadline(error: unknown): boolean {
  return error instanceof TimeoutError && error.clock === 'totalMs';
}
