import {
  type AbortListener,
  addAbortListener,
  removeAbortListener,
  type TimerHandle,
} from '@linkspan/concurrency';
import { attemptTimeoutError, deadlineError, type TimeoutPlace } from './call-timeout.ts';
import type { CallContext } from '../transport.ts';

/**
 * One attempt until its head, for transports that have no clocks of their own: whatever comes
 * first, the result, the caller's abort, `attemptMs`, the deadline or a {@link fail}, ends it, and
 * timer and listener are gone.
 */
export class HeadRace<Result> implements AbortListener {
  readonly #context: CallContext;
  readonly #place: TimeoutPlace;
  #controller: AbortController | undefined;
  #reject: ((error: unknown) => void) | undefined;
  #timer: TimerHandle | undefined;
  #startedAt: number | undefined;
  #isByDeadline = false;
  #isOver = false;
  #lost: { readonly error: unknown } | undefined;

  /** @param place what a clock that runs out tells: where the attempt was, and whether it was sent. */
  constructor(context: CallContext, place: TimeoutPlace = { phase: 'headers', sent: 'maybe' }) {
    this.#context = context;
    this.#place = place;
  }

  /** Aborts when the race is lost, with the error that the call fails with. Made at its first use. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#lost !== undefined) this.#controller.abort(this.#lost.error);
    return this.#controller.signal;
  }

  /**
   * Runs the attempt. `run` should end when {@link signal} aborts; its caller does not wait for that.
   *
   * @throws the caller's `signal.reason`, TimeoutError for the deadline or `attemptMs`, and what
   * `run` throws.
   */
  async run(run: (race: this) => Result | PromiseLike<Result>): Promise<Result> {
    const { signal, deadline } = this.#context;
    if (signal?.aborted === true) throw signal.reason;
    const remainingMs = deadline.remainingMs;
    if (remainingMs === 0) {
      throw deadlineError(this.#context, { phase: 'queue', sent: 'no' });
    }
    const result = run(this);
    if (isThenable(result)) {
      this.#isByDeadline = remainingMs <= this.#context.attemptMs;
      return await this.#race(result, Math.min(remainingMs, this.#context.attemptMs));
    }
    this.#throwIfLost();
    this.#isOver = true;
    return result;
  }

  /** Ends the attempt with this error, unless it has ended. */
  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#lost = { error };
    this.#settle();
    this.#controller?.abort(error);
    this.#reject?.(error);
  }

  onAbort(reason: unknown): void {
    this.fail(reason);
  }

  #race(result: PromiseLike<Result>, limitMs: number): Promise<Result> {
    const { signal, deadline } = this.#context;
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      if (signal?.aborted === true) this.onAbort(signal.reason);
      if (this.#lost !== undefined) reject(this.#lost.error);
      if (this.#isOver) {
        // Nobody waits for it any more.
        result.then(undefined, () => {});
        return;
      }
      if (limitMs !== Infinity) {
        this.#startedAt = deadline.clock.now();
        this.#timer = deadline.clock.setTimeout(this.#onTimer, limitMs);
      }
      if (signal !== undefined) addAbortListener(signal, this);
      result.then(
        (value) => {
          this.#settle();
          resolve(value);
        },
        (error: unknown) => {
          this.#settle();
          reject(error);
        },
      );
    });
  }

  readonly #onTimer = (): void => {
    const place = { ...this.#place, startedAt: this.#startedAt };
    this.fail(
      // The clock may be a fraction short of the deadline that the timer was set for.
      this.#isByDeadline
        ? deadlineError(this.#context, place)
        : attemptTimeoutError(this.#context, place),
    );
  };

  /** An abort or a {@link fail} while the attempt was being started. */
  #throwIfLost(): void {
    const { signal } = this.#context;
    if (signal?.aborted === true) this.onAbort(signal.reason);
    if (this.#lost !== undefined) throw this.#lost.error;
  }

  #settle(): void {
    this.#isOver = true;
    if (this.#timer !== undefined) this.#context.deadline.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    const { signal } = this.#context;
    if (signal !== undefined) removeAbortListener(signal, this);
  }
}

function isThenable<Result>(value: Result | PromiseLike<Result>): value is PromiseLike<Result> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function';
}
