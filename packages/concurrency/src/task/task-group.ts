import { cancellation, closedState } from '../scope/abort-reason.ts';
import { CancelScope } from '../scope/cancel-scope.ts';
import { isCancelled } from '../scope/is-cancelled.ts';
import { deadlineOf, signalOf, type Wait, type WaitOptions } from '../sync/wait-queue.ts';
import { GroupTask, type Task, type TaskContext, type TaskState } from './task.ts';
import { joinFailures } from './task-group-error.ts';

/** What a task group is limited by. */
export type TaskGroupOptions = WaitOptions;

/** What one task is called. */
export interface SpawnOptions {
  /**
   * For messages and for whoever looks at the task.
   *
   * @default the name of the function
   */
  readonly name?: string | undefined;
}

/** How long to wait for a task to say that it has started, and what it is called. */
export interface StartOptions extends SpawnOptions, WaitOptions {}

/** What the function of a task made by {@link TaskGroup.start} is given. */
export interface StartContext<T> extends TaskContext {
  /** Says that the task is ready: `start` resolves with the value, and the task goes on. */
  readonly started: (value: T) => void;
}

/**
 * A number of tasks that end together: nothing that was spawned in the group outlives it. See
 * {@link taskGroup}.
 */
export interface TaskGroup extends AsyncDisposable {
  /** Aborts when the group is cancelled, for what the host of the group does itself. */
  readonly signal: AbortSignal;
  /** How many tasks are running. */
  readonly size: number;
  /**
   * Begins a function as a task of the group, up to its first `await`. In a group that is cancelled
   * the function is not begun, and the task is `cancelled`. A task may spawn others.
   *
   * @throws DOMException `InvalidStateError` when the group has ended.
   */
  spawn<T>(fn: (context: TaskContext) => T | PromiseLike<T>, options?: SpawnOptions): Task<T>;
  /**
   * Begins a task and waits until it calls `started(value)`; the task goes on afterwards. A failure
   * before that rejects here and leaves the group as it is; one after it is the group's. When the
   * wait ends early the task is cancelled, and `start` rejects when it has cleaned up.
   *
   * @throws DOMException `InvalidStateError` when the task ends without calling `started`, or the
   * group has ended.
   */
  start<T = void>(fn: (context: StartContext<T>) => unknown, options?: StartOptions): Promise<T>;
  /** Cancels every task. The group then ends without a failure, unless a task has one. */
  cancel(reason?: unknown): void;
}

/**
 * Runs a body that spawns tasks, and resolves with its value when all of them have ended.
 *
 * The first failure, of the body or of a task, cancels the others; the promise rejects when the
 * last has cleaned up. One failure is thrown as it is, so that `catch` sees what a plain `await`
 * would have thrown; several arrive together in a {@link TaskGroupError}. A task that ends because
 * it was cancelled is no failure. When the caller's signal or the deadline stopped something, the
 * promise rejects with that reason, unchanged. So it does with the reason of `group.cancel()` where
 * that stopped the body, which then has no value to give.
 */
export function taskGroup<T>(
  body: (group: TaskGroup) => T | PromiseLike<T>,
  options?: TaskGroupOptions | AbortSignal,
): Promise<T>;
/**
 * A task group for an `await using` block: the end of the block waits for the tasks, and throws
 * what they failed with.
 *
 * The block itself is outside of the group's sight: when it throws, its end still waits for the
 * tasks, which nobody has cancelled. Where that can be, give {@link taskGroup} a body instead.
 *
 * @example
 * await using group = taskGroup();
 * group.spawn(({ signal }) => watch(queue, { signal }));
 */
export function taskGroup(options?: TaskGroupOptions | AbortSignal): TaskGroup;
export function taskGroup<T>(
  first?: ((group: TaskGroup) => T | PromiseLike<T>) | Wait,
  options?: Wait,
): TaskGroup | Promise<T> {
  if (typeof first === 'function') return new Group(options).host(first);
  return new Group(first);
}

class Group implements TaskGroup {
  readonly scope: CancelScope;
  readonly #failures: unknown[] = [];
  #size = 0;
  #isEnded = false;
  /** Whether something was stopped, or not begun, by a cancellation. */
  #wasStopped = false;
  /** Whether the cancellation is the group's own business, and not the caller's or a deadline's. */
  #isOwnCancel = false;
  #allEnded: PromiseWithResolvers<void> | undefined;
  #ending: Promise<void> | undefined;

  constructor(wait: Wait | undefined) {
    this.scope = new CancelScope({ parent: signalOf(wait), deadline: deadlineOf(wait) });
  }

  get signal(): AbortSignal {
    return this.scope.signal;
  }

  get size(): number {
    return this.#size;
  }

  spawn<T>(fn: (context: TaskContext) => T | PromiseLike<T>, options?: SpawnOptions): Task<T> {
    this.#assertOpen();
    const task = new GroupTask<T>(this, options?.name ?? fn.name);
    this.#size += 1;
    task.run(fn);
    return task;
  }

  async start<T = void>(
    fn: (context: StartContext<T>) => unknown,
    options: StartOptions = {},
  ): Promise<T> {
    this.#assertOpen();
    this.scope.throwIfAborted();
    const { signal: parent, deadline, name = fn.name } = options;
    const wait = new CancelScope({ parent, deadline });
    wait.throwIfAborted();

    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let isWaiting = true;
    const task = this.spawn(
      async (context) => {
        const started = (value: T): void => {
          // One that is cancelled while it starts is not handed over half alive.
          if (context.signal.aborted) return;
          isWaiting = false;
          resolve(value);
        };
        try {
          await fn({ name, signal: context.signal, started });
        } catch (error) {
          if (!isWaiting || isCancelled(error, context.signal)) throw error;
          reject(error);
        }
      },
      { name },
    );
    wait.signal.addEventListener('abort', () => task.cancel(wait.reason), { once: true });
    const notStarted = (): void => {
      if (wait.aborted) reject(wait.reason);
      reject(closedState(`Cannot start ${name || 'the task'}: it ended without calling started()`));
    };
    void task.then(notStarted, reject);
    try {
      return await promise;
    } finally {
      wait[Symbol.dispose]();
    }
  }

  cancel(reason: unknown = cancellation('The task group was cancelled')): void {
    if (!this.scope.aborted) this.#isOwnCancel = true;
    this.scope.cancel(reason);
  }

  async host<T>(body: (group: TaskGroup) => T | PromiseLike<T>): Promise<T> {
    let outcome: { readonly value: T } | undefined;
    try {
      this.scope.throwIfAborted();
      outcome = { value: await body(this) };
    } catch (error) {
      this.#wasStopped = true;
      if (!isCancelled(error, this.scope)) this.#fail(error);
    }
    await this.#end();
    if (outcome === undefined) throw this.scope.reason;
    return outcome.value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  taskEnded(state: TaskState, error: unknown): void {
    this.#size -= 1;
    if (state === 'failed') this.#fail(error);
    else if (state === 'cancelled') this.#wasStopped = true;
    if (this.#size === 0 && this.#allEnded !== undefined) {
      this.#isEnded = true;
      this.#allEnded.resolve();
    }
  }

  #assertOpen(): void {
    if (this.#isEnded) throw closedState('Cannot begin a task: the task group has ended');
  }

  #fail(error: unknown): void {
    this.#failures.push(error);
    this.cancel(cancellation('A task of the group failed', error));
  }

  #end(): Promise<void> {
    this.#ending ??= this.#join();
    return this.#ending;
  }

  async #join(): Promise<void> {
    if (this.#size > 0) {
      this.#allEnded = Promise.withResolvers();
      await this.#allEnded.promise;
    }
    this.#isEnded = true;
    this.scope[Symbol.dispose]();
    if (this.#failures.length > 0) throw joinFailures(this.#failures);
    if (this.#wasStopped && this.scope.aborted && !this.#isOwnCancel) throw this.scope.reason;
  }
}
