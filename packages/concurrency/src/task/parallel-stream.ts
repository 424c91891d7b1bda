import { cancellation } from '../scope/abort-reason.ts';
import { CancelScope } from '../scope/cancel-scope.ts';
import { isCancelled } from '../scope/is-cancelled.ts';
import {
  checkedConcurrency,
  type ParallelFunction,
  type ParallelOptions,
} from './parallel-options.ts';
import { joinFailures } from './task-group-error.ts';

/** How {@link parallelStream} works through its items. */
export interface ParallelStreamOptions extends ParallelOptions {
  /**
   * Whether results come in the order of their items; otherwise each comes as soon as it is there.
   *
   * @default true
   */
  readonly ordered?: boolean | undefined;
  /**
   * How many results may be ready and not yet read before no further item is begun: an integer of 0
   * or more, or `Infinity`.
   *
   * @default the same as `concurrency`
   */
  readonly readAhead?: number | undefined;
}

/**
 * Works through the items, a limited number at a time, and gives the results one by one. Nothing is
 * taken from `items` before the first result is asked for, nor when the reader falls behind by more
 * than `readAhead`.
 *
 * The first failure stops it, as in {@link parallel}: the reader's loop throws when what was running
 * has cleaned up, and results that were not read by then are dropped. When the reader leaves the
 * loop, `signal` aborts and the iterator of `items` is closed.
 *
 * @throws RangeError when `concurrency` or `readAhead` is out of range.
 * @example
 * for await (const page of parallelStream(urls, load, { concurrency: 5, ordered: false })) show(page);
 */
export function parallelStream<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  fn: ParallelFunction<Item, Result>,
  options: ParallelStreamOptions = {},
): AsyncIterableIterator<Result, undefined> {
  return new ParallelStream(items, fn, options);
}

class ParallelStream<Item, Result> implements AsyncIterableIterator<Result, undefined> {
  readonly #items: Iterable<Item> | AsyncIterable<Item>;
  readonly #fn: ParallelFunction<Item, Result>;
  readonly #options: ParallelStreamOptions;
  readonly #concurrency: number;
  /** How many items may be begun and not yet read. */
  readonly #window: number;
  /** What is ready, by its place in the order of reading. */
  readonly #ready: Map<number, Result> = new Map();
  readonly #failures: unknown[] = [];
  #scope: CancelScope | undefined;
  #source: Iterator<Item> | AsyncIterator<Item> | undefined;
  #taken = 0;
  #running = 0;
  #finished = 0;
  #read = 0;
  #isPulling = false;
  #isExhausted = false;
  #isDone = false;
  /** Resolves at the next change; made when a reader or the end waits for one. */
  #change: PromiseWithResolvers<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    items: Iterable<Item> | AsyncIterable<Item>,
    fn: ParallelFunction<Item, Result>,
    options: ParallelStreamOptions,
  ) {
    this.#items = items;
    this.#fn = fn;
    this.#options = options;
    this.#concurrency = checkedConcurrency(options.concurrency);
    this.#window = this.#concurrency + checkedReadAhead(options.readAhead ?? this.#concurrency);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Result, undefined>> {
    while (!this.#isDone) {
      const scope = this.#begin();
      this.#pump(scope);
      if (scope.aborted) {
        await this.#close(scope);
        if (this.#isDone) break;
        throw this.#end() ?? scope.reason;
      }
      if (this.#ready.has(this.#read)) return { value: this.#take(scope), done: false };
      if (this.#isExhausted && this.#running === 0) this.#end();
      else await this.#nextChange();
    }
    return { value: undefined, done: true };
  }

  async return(): Promise<IteratorResult<Result, undefined>> {
    if (this.#scope !== undefined && !this.#isDone) {
      this.#scope.cancel(cancellation('The reader has left'));
      await this.#close(this.#scope);
      const failure = this.#end();
      if (failure !== undefined) throw failure;
    }
    this.#isDone = true;
    return { value: undefined, done: true };
  }

  /** Starts with the first read: a stream that is never read has no timer and no listener. */
  #begin(): CancelScope {
    if (this.#scope === undefined) {
      const { signal: parent, deadline } = this.#options;
      this.#scope = new CancelScope({ parent, deadline });
      // Not through its signal: asking for that would look as if an item could hear.
      this.#scope.race(new Promise<never>(() => {})).catch(() => this.#changed());
    }
    return this.#scope;
  }

  #take(scope: CancelScope): Result {
    const result = this.#ready.get(this.#read) as Result;
    this.#ready.delete(this.#read);
    this.#read += 1;
    this.#pump(scope);
    return result;
  }

  /** Begins as many items as there is room for. */
  #pump(scope: CancelScope): void {
    while (
      !this.#isExhausted &&
      !this.#isPulling &&
      !scope.aborted &&
      this.#running < this.#concurrency &&
      this.#taken - this.#read < this.#window
    ) {
      this.#pull(scope);
    }
  }

  #pull(scope: CancelScope): void {
    try {
      this.#source ??= iteratorOf(this.#items);
      const pulled = this.#source.next();
      if ('then' in pulled) void this.#arrive(pulled, scope);
      else this.#accept(pulled, scope);
    } catch (error) {
      this.#sourceFailed(error, scope);
    }
  }

  async #arrive(pulled: Promise<IteratorResult<Item>>, scope: CancelScope): Promise<void> {
    this.#isPulling = true;
    try {
      const result = await pulled;
      // What arrives for a reader that has left meanwhile is not begun.
      if (!scope.aborted) this.#accept(result, scope);
    } catch (error) {
      this.#sourceFailed(error, scope);
    }
    this.#isPulling = false;
    this.#pump(scope);
    this.#changed();
  }

  #accept(result: IteratorResult<Item>, scope: CancelScope): void {
    if (result.done === true) this.#isExhausted = true;
    else void this.#work(result.value, scope);
  }

  async #work(item: Item, scope: CancelScope): Promise<void> {
    const index = this.#taken;
    this.#taken += 1;
    this.#running += 1;
    try {
      const result = await this.#fn(item, scope, index);
      this.#ready.set(this.#options.ordered === false ? this.#finished : index, result);
      this.#finished += 1;
    } catch (error) {
      this.#fail(error, scope);
    }
    this.#running -= 1;
    this.#pump(scope);
    this.#changed();
  }

  #sourceFailed(error: unknown, scope: CancelScope): void {
    this.#isExhausted = true;
    this.#fail(error, scope);
  }

  #fail(error: unknown, scope: CancelScope): void {
    if (isCancelled(error, scope)) return;
    this.#failures.push(error);
    scope.cancel(cancellation('Another item failed', error));
  }

  #close(scope: CancelScope): Promise<void> {
    this.#closing ??= this.#closeSource(scope);
    return this.#closing;
  }

  /** Closes the source and waits for what still runs and can be told to stop. */
  async #closeSource(scope: CancelScope): Promise<void> {
    while (this.#running > 0 && scope.observed) await this.#nextChange();
    if (this.#isExhausted || this.#source === undefined) return;
    this.#isExhausted = true;
    const source = this.#source;
    const closing = (async () => await source.return?.())();
    const noteFailure = (error: unknown): void => void this.#failures.push(error);
    // A generator returns only after the item that is on its way, which may never come.
    if (this.#isPulling) closing.catch(noteFailure);
    else await closing.catch(noteFailure);
  }

  /** Ends the stream, and gives what it failed with. */
  #end(): unknown {
    this.#isDone = true;
    this.#ready.clear();
    this.#scope?.[Symbol.dispose]();
    const failures = this.#failures.splice(0);
    return failures.length > 0 ? joinFailures(failures) : undefined;
  }

  #nextChange(): Promise<void> {
    this.#change ??= Promise.withResolvers();
    return this.#change.promise;
  }

  #changed(): void {
    this.#change?.resolve();
    this.#change = undefined;
  }
}

function iteratorOf<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
): Iterator<Item> | AsyncIterator<Item> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}

function checkedReadAhead(readAhead: number): number {
  if (readAhead === Infinity || (Number.isInteger(readAhead) && readAhead >= 0)) return readAhead;
  throw new RangeError(
    `Cannot run in parallel: expected a readAhead that is an integer >= 0 or Infinity, found ${readAhead}`,
  );
}
