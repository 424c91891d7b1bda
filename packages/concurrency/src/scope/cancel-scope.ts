import type { TimerHandle } from '../time/clock.ts';
import { Deadline } from '../time/deadline.ts';
import { type AbortListener, addAbortListener, removeAbortListener } from './abort-listeners.ts';
import { cancellation, closedState, timeout } from './abort-reason.ts';
import { isCancelled } from './is-cancelled.ts';

/** What a {@link CancelScope} is made of. */
export interface CancelScopeOptions {
  /** What cancels this scope too when it is cancelled or aborts. */
  readonly parent?: CancelScope | AbortSignal | undefined;
  /**
   * When the scope cancels itself.
   *
   * @default none
   */
  readonly deadline?: Deadline | undefined;
  /**
   * Whether to leave the parent out of account.
   *
   * @default false
   */
  readonly shield?: boolean | undefined;
  /**
   * Makes the reason to abort with when the deadline passes.
   *
   * @default a `DOMException` named `TimeoutError`
   */
  readonly timeoutReason?: (() => unknown) | undefined;
}

/** How a function that ran in a scope came out: with its value, or stopped by the scope. */
export type ScopeOutcome<T> =
  | { readonly cancelled: false; readonly value: T }
  | { readonly cancelled: true; readonly value: undefined };

/**
 * A stretch of work that can be cancelled as a whole: by {@link cancel}, by its deadline, or with
 * its parent. Scopes nest by being handed on; there is no ambient state. A scope is cancelled once,
 * and the first reason stays.
 *
 * Dispose of it (`using`), or {@link run} one function in it, so that its timer and its place with
 * the parent are given back.
 *
 * Modelled on the cancel scopes of trio, https://trio.readthedocs.io/en/stable/reference-core.html.
 */
export class CancelScope implements Disposable {
  readonly #parent: CancelScope | AbortSignal | undefined;
  readonly #timeoutReason: () => unknown;
  #deadline: Deadline;
  #shield: boolean;
  #timer: TimerHandle;
  #controller: AbortController | undefined;
  /** What is told of a cancellation: child scopes, and waits of {@link race}. */
  readonly #listeners: Set<AbortListener> = new Set();
  #observed = false;
  #aborted = false;
  #reason: unknown;
  /** Whether the first reason was this scope's own, and not the parent's. */
  #isOwnReason = false;
  #cancelCalled = false;
  #cancelledCaught = false;
  #ended = false;

  /** How the parent reaches this scope. */
  readonly #link: AbortListener = { onAbort: (reason) => this.#abort(reason, false) };

  constructor(options: CancelScopeOptions = {}) {
    this.#parent = options.parent;
    this.#shield = options.shield ?? false;
    this.#deadline = options.deadline ?? Deadline.unlimited;
    this.#timeoutReason = options.timeoutReason ?? defaultTimeoutReason;
    if (!this.#shield) this.#follow();
    this.#arm();
  }

  /**
   * The signal for what runs in the scope, to hand to whatever takes one. It is made when it is
   * asked for; a scope that nobody asks costs no signal.
   */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#observed = true;
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Whether the scope is cancelled, by itself or by its parent. */
  get aborted(): boolean {
    return this.#aborted;
  }

  /** What the scope was cancelled with; `undefined` until then. */
  get reason(): unknown {
    return this.#reason;
  }

  /**
   * Whether what runs in the scope can be told of a cancellation: somebody asked for the signal, or
   * nested a scope.
   */
  get observed(): boolean {
    return this.#observed;
  }

  /** @throws the reason, when the scope is cancelled. */
  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  /** Whether {@link cancel} was called here or the deadline passed; the parent does not count. */
  get cancelCalled(): boolean {
    return this.#cancelCalled;
  }

  /** Whether {@link run} was stopped by this scope's own cancellation, which ended there. */
  get cancelledCaught(): boolean {
    return this.#cancelledCaught;
  }

  /** When the scope cancels itself. It may be moved, or taken away, while the work goes on. */
  get deadline(): Deadline {
    return this.#deadline;
  }

  set deadline(deadline: Deadline) {
    this.#disarm();
    this.#deadline = deadline;
    this.#arm();
  }

  /** Whether the parent is left out of account. Taking it away lets an earlier abort through. */
  get shield(): boolean {
    return this.#shield;
  }

  set shield(shield: boolean) {
    if (shield === this.#shield) return;
    this.#shield = shield;
    if (shield) this.#unfollow();
    else if (!this.#ended) this.#follow();
  }

  /** Cancels what runs in the scope. A second call, or one after the end, changes nothing. */
  cancel(reason: unknown = cancellation('The scope was cancelled')): void {
    this.#cancelCalled = true;
    this.#abort(reason, true);
  }

  /**
   * Runs one function in the scope and ends the scope with it. The function is not called when the
   * scope is cancelled already. When it is stopped by the scope's own cancellation the outcome says
   * so; when the parent's stops it, `run` rejects with the parent's reason, unchanged; any other
   * failure, that of a cleanup too, is thrown as it is.
   *
   * On a cancellation `run` waits for the function to clean up. A function that takes no parameter
   * cannot be told, if nobody asked for {@link signal} either: it is left behind, and what becomes
   * of it is ignored.
   *
   * @throws DOMException `InvalidStateError` when the scope has ended.
   */
  async run<T>(fn: (scope: CancelScope) => T | PromiseLike<T>): Promise<ScopeOutcome<T>> {
    if (this.#ended) throw closedState('Cannot run a function in the scope: it has ended');
    try {
      this.throwIfAborted();
      const value = await (fn.length > 0 ? fn(this) : this.#runUntold(fn));
      return { cancelled: false, value };
    } catch (error) {
      if (!isCancelled(error, this)) throw error;
      if (!this.#isOwnReason) throw this.#reason;
      this.#cancelledCaught = true;
      return { cancelled: true, value: undefined };
    } finally {
      this[Symbol.dispose]();
    }
  }

  /** The promise, or the scope's reason as soon as it is cancelled; the promise is left behind then. */
  async race<T>(promise: PromiseLike<T>): Promise<T> {
    return await this.#raceIf(promise, () => true);
  }

  /** Ends the scope: it lets go of its parent and its timer, and can no longer be cancelled. */
  [Symbol.dispose](): void {
    this.#ended = true;
    this.#disarm();
    this.#unfollow();
  }

  async #runUntold<T>(fn: (scope: CancelScope) => T | PromiseLike<T>): Promise<T> {
    const promise = (async () => await fn(this))();
    return await this.#raceIf(promise, () => !this.#observed);
  }

  async #raceIf<T>(promise: PromiseLike<T>, mayLeave: () => boolean): Promise<T> {
    const { promise: left, reject } = Promise.withResolvers<never>();
    const listener: AbortListener = {
      onAbort(reason) {
        if (mayLeave()) reject(reason);
      },
    };
    if (this.#aborted) listener.onAbort(this.#reason);
    else this.#listeners.add(listener);
    try {
      return await Promise.race([promise, left]);
    } finally {
      this.#listeners.delete(listener);
    }
  }

  #abort(reason: unknown, isOwn: boolean): void {
    if (this.#aborted || this.#ended) return;
    this.#aborted = true;
    this.#isOwnReason = isOwn;
    this.#reason = reason;
    this.#disarm();
    this.#unfollow();
    for (const listener of this.#listeners) listener.onAbort(reason);
    this.#controller?.abort(reason);
  }

  #follow(): void {
    const parent = this.#parent;
    if (parent === undefined || this.#aborted) return;
    if (parent.aborted) {
      this.#abort(parent.reason, false);
    } else if (parent instanceof CancelScope) {
      parent.#listeners.add(this.#link);
      parent.#observed = true;
    } else {
      addAbortListener(parent, this.#link);
    }
  }

  #unfollow(): void {
    const parent = this.#parent;
    if (parent instanceof CancelScope) {
      parent.#listeners.delete(this.#link);
    } else if (parent !== undefined) {
      removeAbortListener(parent, this.#link);
    }
  }

  #arm(): void {
    const deadline = this.#deadline;
    if (deadline.isUnlimited || this.#aborted || this.#ended) return;
    if (deadline.expired) this.#expire();
    else this.#timer = deadline.clock.setTimeout(() => this.#expire(), deadline.remainingMs);
  }

  #disarm(): void {
    if (this.#timer === undefined) return;
    this.#deadline.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #expire(): void {
    this.#cancelCalled = true;
    this.#abort(this.#timeoutReason(), true);
  }
}

function defaultTimeoutReason(): DOMException {
  return timeout('The deadline of the scope has passed');
}
