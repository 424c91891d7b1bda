import { cancellation, closedState } from '../scope/abort-reason.ts';
import { CancelScope } from '../scope/cancel-scope.ts';
import { isCancelled } from '../scope/is-cancelled.ts';
import { systemClock } from '../time/clock.ts';
import { sleep } from '../time/sleep.ts';
import { RestartLimitError } from './restart-limit-error.ts';
import type { Child, ChildContext, ChildOptions, SupervisorOptions } from './supervisor-options.ts';
import { type TaskGroup, taskGroup } from './task-group.ts';

/**
 * Keeps functions running: restarts those that fail, and gives up when they fail too often, as the
 * supervisors of Erlang/OTP do (https://www.erlang.org/doc/system/sup_princ.html).
 *
 * @example
 * await using supervisor = new Supervisor({ strategy: 'one-for-one', maxRestarts: 5 });
 * supervisor.add(({ signal }) => follow(feed, { signal }), { name: 'feed' });
 * await supervisor.closed;
 */
export class Supervisor implements AsyncDisposable {
  readonly #settings: Settings;
  readonly #onFailure: ((error: unknown, name: string) => void) | undefined;
  readonly #group: TaskGroup;
  readonly #children: Set<SupervisedChild> = new Set();
  /** When the restarts of the current window were. */
  #restartTimes: number[] = [];
  /** The restart of all children that is going on. */
  #restartingAll: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  /** @throws RangeError when a number is out of range. */
  constructor(options: SupervisorOptions = {}) {
    const { strategy = 'one-for-one', clock = systemClock, random = Math.random } = options;
    const { maxRestarts = 3, windowMs = 5_000, baseDelayMs = 0, maxDelayMs = 30_000 } = options;
    const numbers = { maxRestarts, windowMs, baseDelayMs, maxDelayMs };
    for (const [name, value] of Object.entries(numbers)) {
      if (value >= 0) continue;
      throw new RangeError(
        `Cannot make a supervisor: expected ${name} to be a number >= 0, found ${value}`,
      );
    }
    this.#settings = { strategy, clock, random, ...numbers };
    this.#onFailure = options.onFailure;
    this.#group = taskGroup({ signal: options.signal });
  }

  /**
   * Begins a function and keeps it running. A child that ends for good is forgotten.
   *
   * @throws DOMException `InvalidStateError` when the supervisor is closed or has given up.
   */
  add(fn: (context: ChildContext) => unknown, options: ChildOptions = {}): Child {
    if (this.#group.signal.aborted) {
      throw closedState('Cannot add a child: the supervisor has ended');
    }
    const child = new SupervisedChild(fn, options, this.#group.signal);
    this.#children.add(child);
    child.ended = this.#supervise(child);
    this.#group.spawn(() => child.ended, { name: child.name });
    return child;
  }

  /** What is supervised at the moment. */
  get children(): readonly Child[] {
    return [...this.#children];
  }

  /**
   * Settles when the supervisor has ended and all children with it.
   *
   * @throws RestartLimitError when it gave up; its `cause` is the last failure.
   */
  get closed(): Promise<void> {
    this.#closed ??= this.#untilClosed();
    return this.#closed;
  }

  /** Stops every child and resolves when the last has ended. @throws as {@link closed} does. */
  async close(reason: unknown = cancellation('The supervisor was closed')): Promise<void> {
    this.#group.cancel(reason);
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #supervise(child: SupervisedChild): Promise<void> {
    try {
      while (!child.life.aborted) {
        // oxlint-disable-next-line no-await-in-loop -- a run follows the end of the one before
        const failure = await child.run();
        if (failure !== undefined) this.#onFailure?.(failure.error, child.name);
        if (child.life.aborted || !this.#wantsRestart(child, failure !== undefined)) return;
        child.state = 'waiting';
        if (this.#restartingAll === undefined) this.#beginRestart(child, failure?.error);
        // oxlint-disable-next-line no-await-in-loop -- as above
        await child.life.race(this.#restartingAll ?? this.#pause(child.life.signal));
        child.restarts += 1;
      }
    } catch (error) {
      if (!isCancelled(error, child.life)) throw error;
    } finally {
      child.state = 'ended';
      child.life[Symbol.dispose]();
      this.#children.delete(child);
    }
  }

  #wantsRestart(child: SupervisedChild, hasFailed: boolean): boolean {
    if (child.restart === 'temporary') return false;
    return hasFailed || child.restart === 'permanent' || this.#restartingAll !== undefined;
  }

  /** Counts a restart, and stops the other children where they are restarted too. */
  #beginRestart(child: SupervisedChild, cause: unknown): void {
    const { clock, maxRestarts, windowMs, strategy } = this.#settings;
    const nowMs = clock.now();
    this.#restartTimes = this.#restartTimes.filter((timeMs) => timeMs > nowMs - windowMs);
    if (this.#restartTimes.length >= maxRestarts) {
      throw new RestartLimitError(child.name, maxRestarts, windowMs, cause);
    }
    this.#restartTimes.push(nowMs);
    if (strategy === 'one-for-all') this.#restartingAll = this.#restartAll();
  }

  async #restartAll(): Promise<void> {
    try {
      for (const child of this.#children) child.interrupt();
      await Promise.all([...this.#children].map((child) => child.running));
      await this.#pause(this.#group.signal);
    } finally {
      this.#restartingAll = undefined;
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const { baseDelayMs, maxDelayMs, random, clock } = this.#settings;
    const longestMs = Math.min(maxDelayMs, baseDelayMs * 2 ** (this.#restartTimes.length - 1));
    // Without a pause too, so that a child that fails at once does not keep others from running.
    await sleep(random() * longestMs, signal, clock);
  }

  async #untilClosed(): Promise<void> {
    const { signal } = this.#group;
    if (!signal.aborted) {
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    await this.#group[Symbol.asyncDispose]();
  }
}

/** The options with their defaults, without what the supervisor gives to others at once. */
type Settings = {
  readonly [Name in Exclude<keyof SupervisorOptions, 'signal' | 'onFailure'>]-?: NonNullable<
    SupervisorOptions[Name]
  >;
};

class SupervisedChild implements Child {
  readonly name: string;
  readonly restart: 'permanent' | 'transient' | 'temporary';
  /** All runs together, and the pauses between. */
  readonly life: CancelScope;
  state: 'running' | 'waiting' | 'ended' = 'running';
  restarts = 0;
  /** The run that is going on, or the last. */
  running: Promise<unknown> = Promise.resolve();
  /** Settles with the last run; rejects when the supervisor gives up because of this child. */
  ended: Promise<void> = Promise.resolve();
  readonly #fn: (context: ChildContext) => unknown;
  #scope: CancelScope | undefined;

  constructor(fn: (context: ChildContext) => unknown, options: ChildOptions, parent: AbortSignal) {
    this.name = options.name ?? fn.name;
    this.restart = options.restart ?? 'transient';
    this.life = new CancelScope({ parent });
    this.#fn = fn;
  }

  async stop(): Promise<void> {
    this.life.cancel();
    // A failure is for the supervisor to report.
    await this.ended.catch(() => {});
  }

  /** Stops this run, and not the child. */
  interrupt(): void {
    this.#scope?.cancel(cancellation('Another child has failed, and all are restarted'));
  }

  /** Runs the function once; resolves with its failure, if it is one of its own. */
  run(): Promise<{ readonly error: unknown } | undefined> {
    this.state = 'running';
    const run = this.#run();
    this.running = run;
    return run;
  }

  async #run(): Promise<{ readonly error: unknown } | undefined> {
    const scope = new CancelScope({ parent: this.life });
    this.#scope = scope;
    try {
      await this.#fn({ name: this.name, restarts: this.restarts, signal: scope.signal });
      return undefined;
    } catch (error) {
      return isCancelled(error, scope) ? undefined : { error };
    } finally {
      scope[Symbol.dispose]();
    }
  }
}
