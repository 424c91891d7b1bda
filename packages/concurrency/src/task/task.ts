import { CancelScope } from '../scope/cancel-scope.ts';
import { isCancelled } from '../scope/is-cancelled.ts';

/** How a task is doing. A task that its group or its own `cancel` stopped is `cancelled`. */
export type TaskState = 'running' | 'done' | 'failed' | 'cancelled';

/** What the function of a task is given. */
export interface TaskContext {
  /** The name given to `spawn`, or that of the function. */
  readonly name: string;
  /** Aborts when the task or its group is cancelled. Hand it to whatever takes a signal. */
  readonly signal: AbortSignal;
}

/**
 * A function that runs in a task group. Awaiting it gives the value, or rejects with the failure,
 * or with the reason of the cancellation. Nobody has to: a failure reaches the group in any case.
 */
export interface Task<T> extends PromiseLike<T> {
  readonly name: string;
  readonly state: TaskState;
  /** Cancels this task and no other. It ends when its function does. */
  cancel(reason?: unknown): void;
}

/** What a task tells the group that owns it. */
export interface TaskOwner {
  readonly scope: CancelScope;
  /** Called once for each task, when its function has ended or was not begun. */
  taskEnded(state: TaskState, error: unknown): void;
}

/** The one kind of task there is; also the context of its function. */
export class GroupTask<T> implements Task<T>, TaskContext {
  readonly name: string;
  state: TaskState = 'running';
  readonly #owner: TaskOwner;
  /** The value, the failure or the reason, by the state. */
  #result: unknown;
  /** Made only for a task that is asked for its signal or cancelled by itself. */
  #scope: CancelScope | undefined;
  /** Made only for a task that is awaited. */
  #outcome: PromiseWithResolvers<T> | undefined;

  constructor(owner: TaskOwner, name: string) {
    this.#owner = owner;
    this.name = name;
  }

  get signal(): AbortSignal {
    return this.#ownScope().signal;
  }

  cancel(reason?: unknown): void {
    if (this.state === 'running') this.#ownScope().cancel(reason);
  }

  /** Runs the function, unless the group is cancelled already. */
  run(fn: (context: TaskContext) => T | PromiseLike<T>): void {
    if (this.#owner.scope.aborted) {
      this.#end('cancelled', this.#owner.scope.reason);
      return;
    }
    let promise: Promise<T>;
    try {
      promise = Promise.resolve(fn(this));
    } catch (error) {
      this.#endWith(error);
      return;
    }
    // Not an async function: its frame would double what a pending task holds.
    promise.then(
      (value) => this.#end('done', value),
      (error: unknown) => this.#endWith(error),
    );
  }

  // oxlint-disable-next-line unicorn/no-thenable -- a task is awaited like a promise, and makes one only then
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (this.#outcome === undefined) {
      this.#outcome = Promise.withResolvers();
      this.#settle();
    }
    return this.#outcome.promise.then(onFulfilled, onRejected);
  }

  #ownScope(): CancelScope {
    if (this.#scope === undefined) {
      this.#scope = new CancelScope({ parent: this.#owner.scope });
      if (this.state !== 'running') this.#scope[Symbol.dispose]();
    }
    return this.#scope;
  }

  #endWith(error: unknown): void {
    const scopes = [this.#scope, this.#owner.scope];
    const cancelled = scopes.find((scope) => scope !== undefined && isCancelled(error, scope));
    if (cancelled === undefined) this.#end('failed', error);
    else this.#end('cancelled', cancelled.reason);
  }

  #end(state: TaskState, result: unknown): void {
    this.state = state;
    this.#result = result;
    this.#scope?.[Symbol.dispose]();
    this.#settle();
    this.#owner.taskEnded(state, result);
  }

  #settle(): void {
    if (this.state === 'done') this.#outcome?.resolve(this.#result as T);
    else if (this.state !== 'running') this.#outcome?.reject(this.#result);
  }
}
