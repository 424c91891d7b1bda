import type { TimerHandle } from '@linkspan/concurrency';
import { attemptTimeoutError, deadlineError } from './call-timeout.ts';
import type { CallContext } from '../transport.ts';

/**
 * One attempt until its head, for transports that have no clocks of their own: whatever comes
 * first, the result, the caller's abort, `attemptMs`, the deadline or a {@link fail}, ends it, and
 * timer and listener are gone.
 */
export class HeadRace<Result> {
  readonly #context: CallContext;
  readonly #discard: ((late: Result) => void) | undefined;
  #controller: AbortController | undefined;
  #reject: ((error: unknown) => void) | undefined;
  #timer: TimerHandle | undefined;
  #lost: { readonly error: unknown } | undefined;

  /** @param discard given a result that came when the race was lost, to free what it holds. */
  constructor(context: CallContext, discard?: (late: Result) => void) {
    this.#context = context;
    this.#discard = discard;
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
    if (!isThenable(result)) return result;
    return await this.#race(result, Math.min(remainingMs, this.#context.attemptMs));
  }

  /** Ends the attempt with this error, unless it has ended. */
  fail(error: unknown): void {
    if (this.#reject === undefined) return;
    const reject = this.#reject;
    this.#settle();
    this.#lost = { error };
    this.#controller?.abort(error);
    reject(error);
  }

  handleEvent(): void {
    this.fail(this.#context.signal?.reason);
  }

  #race(result: PromiseLike<Result>, limitMs: number): Promise<Result> {
    const { signal, deadline } = this.#context;
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      if (limitMs !== Infinity) this.#timer = deadline.clock.setTimeout(this.#onTimer, limitMs);
      signal?.addEventListener('abort', this);
      result.then(
        (value) => {
          if (this.#reject === undefined) {
            this.#discard?.(value);
            return;
          }
          this.#settle();
          resolve(value);
        },
        (error: unknown) => {
          this.#settle();
          reject(error as Error);
        },
      );
    });
  }

  readonly #onTimer = (): void => {
    const place = { phase: 'headers', sent: 'maybe' } as const;
    const { deadline } = this.#context;
    this.fail(
      deadline.expired
        ? deadlineError(this.#context, place)
        : attemptTimeoutError(this.#context, place),
    );
  };

  #settle(): void {
    this.#reject = undefined;
    if (this.#timer !== undefined) this.#context.deadline.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#context.signal?.removeEventListener('abort', this);
  }
}

function isThenable<Result>(value: Result | PromiseLike<Result>): value is PromiseLike<Result> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function';
}
