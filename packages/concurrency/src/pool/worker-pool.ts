import { closedState } from '../scope/abort-reason.ts';
import { CancelScope } from '../scope/cancel-scope.ts';
import { isCancelled } from '../scope/is-cancelled.ts';
import { CapacityLimiter } from '../sync/capacity-limiter.ts';
import type { Lease } from '../sync/lease.ts';
import {
  checkWait,
  deadlineOf,
  PromiseWaiter,
  signalOf,
  type Wait,
  WaitQueue,
} from '../sync/wait-queue.ts';
import { joinFailures } from '../task/task-group-error.ts';
import { type TaskGroup, taskGroup } from '../task/task-group.ts';

const purpose = 'work on the item';

/** What the work on an item is told. */
export interface WorkContext {
  /** Aborts when the pool is, or the one who submitted the item gives up. */
  readonly signal: AbortSignal;
}

/** How a {@link WorkerPool} works. */
export interface WorkerPoolOptions<Item> {
  /**
   * How many items are worked on at the same time: an integer of 1 or more.
   *
   * @default 10
   */
  readonly workers?: number | undefined;
  /**
   * How many items may wait beside those that are worked on: an integer of 0 or more, or
   * `Infinity`. Who hands over another waits for a place.
   *
   * @default 1000
   */
  readonly maxQueue?: number | undefined;
  /**
   * What a failure of the work means to the pool; whoever awaits `submit` learns of it in any case.
   * `'fail'`: it aborts the pool, and `stop` rejects with it. `'collect'`: the pool goes on, and
   * `stop` rejects with all failures together. A function: it is called, and the pool goes on.
   *
   * @default 'fail'
   */
  readonly errors?: 'fail' | 'collect' | ((error: unknown, item: Item) => void) | undefined;
  /** Aborts the pool. */
  readonly signal?: AbortSignal | undefined;
}

/** How a {@link WorkerPool} ends. */
export interface StopOptions {
  /**
   * `'drain'` works off what was accepted; `'abort'` cancels it.
   *
   * @default 'drain'
   */
  readonly mode?: 'drain' | 'abort' | undefined;
  /** What cancelled work is rejected with. */
  readonly reason?: unknown;
}

/** What a {@link WorkerPool} is doing at the moment. */
export interface WorkerPoolStats {
  readonly workers: number;
  readonly running: number;
  /** Accepted, and not begun. */
  readonly queued: number;
  /** Waiting to be accepted. */
  readonly waiting: number;
}

/**
 * A fixed number of workers that take items from a bounded queue, first come first served. The
 * workers are tasks of a group: none outlives `stop`, and no failure is only printed.
 *
 * @example
 * await using pool = new WorkerPool(save, { workers: 4 });
 * for await (const row of rows) await pool.push(row);
 */
export class WorkerPool<Item, Result = unknown> implements AsyncDisposable {
  readonly #work: (item: Item, context: WorkContext) => Result | PromiseLike<Result>;
  readonly #workers: number;
  readonly #errors: 'fail' | 'collect' | ((error: unknown, item: Item) => void);
  readonly #group: TaskGroup;
  /** One place for each item that is worked on or queued. */
  readonly #places: CapacityLimiter;
  readonly #queue: WaitQueue<Job<Item, Result>> = new WaitQueue(purpose);
  readonly #running: Set<CancelScope> = new Set();
  readonly #collected: unknown[] = [];
  /** Why nothing more is accepted. */
  #refusal: { readonly reason: unknown } | undefined;
  #stopping: Promise<void> | undefined;

  /** @throws RangeError when a number is out of range. */
  constructor(
    work: (item: Item, context: WorkContext) => Result | PromiseLike<Result>,
    options: WorkerPoolOptions<Item> = {},
  ) {
    const { workers = 10, maxQueue = 1000, errors = 'fail', signal } = options;
    checkCount('workers', workers, 1);
    checkCount('maxQueue', maxQueue, 0);
    this.#work = work;
    this.#workers = workers;
    this.#errors = errors;
    this.#places = new CapacityLimiter(workers + maxQueue);
    this.#group = taskGroup({ signal });
    if (this.#group.signal.aborted) this.#abort();
    else this.#group.signal.addEventListener('abort', () => this.#abort(), { once: true });
  }

  /**
   * Hands over an item and gives the result of the work on it. `wait` limits all of it: the wait
   * for a place, the queue, and the work, whose `signal` aborts.
   *
   * @throws what the work throws; DOMException `InvalidStateError` when the pool is stopped.
   */
  submit(item: Item, wait?: Wait): Promise<Result> {
    const result: Promise<Result> = this.#submit(item, wait, () => {
      // From here on a failure reaches the pool, whether somebody awaits this promise or not.
      result.catch(() => {});
    });
    return result;
  }

  /**
   * Hands over an item without waiting for the work on it: resolves when the pool has accepted it.
   * `wait` limits the wait for a place. A failure of the work goes where `errors` says.
   *
   * @throws DOMException `InvalidStateError` when the pool is stopped.
   */
  async push(item: Item, wait?: Wait): Promise<void> {
    checkWait(wait, purpose);
    const place = this.#places.tryAcquire() ?? (await this.#places.acquire(wait));
    this.#accept(item, undefined, place).catch(() => {});
  }

  /** What the pool is doing now. */
  stats(): WorkerPoolStats {
    return {
      workers: this.#workers,
      running: this.#running.size,
      queued: this.#queue.size,
      waiting: this.#places.waiting,
    };
  }

  /**
   * Stops the pool and resolves when the last worker has ended. Items that were not accepted yet
   * are refused. A pool that drains may still be aborted by a second call.
   *
   * @throws the failures of the work, as `errors` says; the reason of the pool's signal, when that
   * cut work off.
   */
  stop(options: StopOptions = {}): Promise<void> {
    const refusal = closedState('Cannot work on the item: the worker pool was stopped');
    this.#refuse(refusal);
    if (options.mode === 'abort') this.#group.cancel(options.reason ?? refusal);
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  /** Drains and stops the pool. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #submit(item: Item, wait: Wait | undefined, onAccept: () => void): Promise<Result> {
    checkWait(wait, purpose);
    // Without an await where there is room: a pool that is stopped in the next line still takes it.
    const place = this.#places.tryAcquire() ?? (await this.#places.acquire(wait));
    const accepted = this.#accept(item, wait, place);
    // A moment later, when the promise is there that it marks.
    queueMicrotask(onAccept);
    return await accepted;
  }

  async #accept(item: Item, wait: Wait | undefined, place: Lease): Promise<Result> {
    if (this.#refusal !== undefined) {
      place.release();
      throw this.#refusal.reason;
    }
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const job = new Job<Item, Result>(item, wait, place, resolve, reject);
    this.#queue.add(job, wait);
    // Each worker ends with the queue; while it is not empty, there are as many as there may be.
    if (this.#group.size < this.#workers) this.#group.spawn(() => this.#runWorker());
    return await promise;
  }

  async #runWorker(): Promise<void> {
    for (let job = this.#queue.take(); job; job = this.#queue.take()) {
      // oxlint-disable-next-line no-await-in-loop -- a worker does one thing at a time
      await this.#run(job);
    }
  }

  async #run(job: Job<Item, Result>): Promise<void> {
    const { item, wait } = job;
    const scope = new CancelScope({ parent: signalOf(wait), deadline: deadlineOf(wait) });
    this.#running.add(scope);
    const work = (async () => await this.#work(item, scope))();
    // Who gives up is told at once; the worker stays with the work until it has stopped.
    scope.race(work).then(job.resolve, job.fail);
    try {
      await work;
    } catch (error) {
      if (!isCancelled(error, scope)) this.#noteFailure(error, item);
      // What the abort of the pool cut off makes its worker a task that was cancelled.
      else if (this.#group.signal.aborted) throw error;
    } finally {
      this.#running.delete(scope);
      scope[Symbol.dispose]();
      job.place.release();
    }
  }

  #noteFailure(error: unknown, item: Item): void {
    if (this.#errors === 'fail') throw error;
    if (this.#errors === 'collect') this.#collected.push(error);
    else this.#errors(error, item);
  }

  #abort(): void {
    const { reason } = this.#group.signal;
    this.#refuse(reason);
    this.#queue.rejectAll(reason);
    for (const scope of this.#running) scope.cancel(reason);
  }

  #refuse(reason: unknown): void {
    this.#refusal ??= { reason };
    this.#places.close(reason);
  }

  async #end(): Promise<void> {
    await this.#group[Symbol.asyncDispose]();
    if (this.#collected.length > 0) throw joinFailures(this.#collected);
  }
}

/** An item in the queue; its place is free again when it leaves the queue without being worked on. */
class Job<Item, Result> extends PromiseWaiter<Result> {
  readonly item: Item;
  readonly wait: Wait | undefined;
  readonly place: Lease;
  /** Rejects an item that is worked on: its worker keeps the place until the work has stopped. */
  readonly fail: (reason: unknown) => void;

  constructor(
    item: Item,
    wait: Wait | undefined,
    place: Lease,
    resolve: (value: Result) => void,
    reject: (reason: unknown) => void,
  ) {
    super(resolve, (reason) => {
      place.release();
      reject(reason);
    });
    this.fail = reject;
    this.item = item;
    this.wait = wait;
    this.place = place;
  }
}

function checkCount(name: string, count: number, min: number): void {
  if (count === Infinity || (Number.isInteger(count) && count >= min)) return;
  throw new RangeError(
    `Cannot make a worker pool: expected ${name} to be an integer >= ${min}, found ${count}`,
  );
}
