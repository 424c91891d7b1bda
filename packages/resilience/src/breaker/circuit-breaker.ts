import type { Clock } from '@linkspan/concurrency';
import { CircuitOpenError, parseSettings, reportHookError, StatusError } from '@linkspan/core';
import { memoryStore } from '../store/memory-store.ts';
import {
  type CircuitBreakerOptions,
  type CircuitBreakerSettings,
  circuitBreakerSettings,
  type CircuitState,
} from './breaker-options.ts';
import { type Judge, makeJudge } from './breaker-rule.ts';
import { saysPeerFailed } from './says-peer-failed.ts';

/**
 * Keeps calls from a peer that does not work: after failures, as its rule says, they are refused for
 * `openMs` without being sent. Then a few go through, and the circuit closes when all of them succeed.
 *
 * ```ts
 * const breaker = new CircuitBreaker('billing', { rule: { consecutive: 5 } });
 * const answer = await breaker.run(() => client.get('/invoices'));
 * ```
 */
export class CircuitBreaker {
  readonly key: string;
  readonly #settings: CircuitBreakerSettings;
  readonly #clock: Clock;
  readonly #judge: Judge;
  #state: CircuitState = 'closed';
  /** Counts the changes of state: what began before the last one says nothing about the next. */
  #era = 0;
  #openUntil = 0;
  /** Of a half-open circuit: calls that were let through, and those that succeeded. */
  #trials = 0;
  #successes = 0;

  /**
   * @param key the peer, for messages, and for the counts in the store.
   * @throws ConfigurationError for options that are not right.
   */
  constructor(key: string, options: CircuitBreakerOptions = {}) {
    const settings = parseSettings('new CircuitBreaker()', circuitBreakerSettings, options);
    const { rule, clock, store = memoryStore({ clock }) } = settings;
    this.key = key;
    this.#settings = settings;
    this.#clock = clock;
    this.#judge = makeJudge(rule, store, `circuit ${key}`);
  }

  /** How the circuit is. An open one whose time is over becomes half-open with the next call. */
  get state(): CircuitState {
    return this.#state;
  }

  /** For how long the circuit lets no call through, in milliseconds. */
  get openForMs(): number {
    return this.#state === 'open' ? Math.max(0, this.#openUntil - this.#clock.now()) : 0;
  }

  /**
   * Runs a function if the circuit lets it, and counts what becomes of it.
   *
   * @throws CircuitOpenError when it does not, as {@link enter}; else what the function throws.
   */
  async run<Value>(fn: () => Value | PromiseLike<Value>): Promise<Value> {
    const era = this.enter();
    let value: Value;
    try {
      value = await fn();
    } catch (error) {
      this.fail(era, error);
      throw error;
    }
    this.succeed(era);
    return value;
  }

  /**
   * Lets a call through, and gives what {@link succeed} or {@link fail} has to be told, once.
   *
   * @throws CircuitOpenError, whose `retryAfterMs` says for how long the circuit stays open. It is
   * undefined while a trial is under way: nobody knows how long that takes.
   */
  enter(): number {
    if (this.#state !== 'closed') this.#enterTrial();
    return this.#era;
  }

  /** The call that was let through has got its answer. */
  succeed(era: number): void {
    if (era !== this.#era) return;
    if (this.#state === 'closed') this.#judge.succeeded();
    else if ((this.#successes += 1) >= this.#settings.halfOpenCalls) this.#become('closed');
  }

  /**
   * The call that was let through has failed. A peer that refuses a request works; what says nothing
   * about the peer is not counted.
   */
  fail(era: number, error: unknown): void {
    if (era !== this.#era) return;
    if (this.#settings.isFailure?.(error) ?? saysPeerFailed(error)) {
      if (this.#state === 'half-open' || this.#judge.failed()) this.#become('open', error);
    } else if (error instanceof StatusError) this.succeed(era);
    // The call has found out nothing: where one is to find out, another may.
    else if (this.#state === 'half-open') this.#trials -= 1;
  }

  #enterTrial(): void {
    const leftMs = this.openForMs;
    if (leftMs > 0) throw this.#refusal(`is open for another ${seconds(leftMs)}`, leftMs);
    if (this.#state === 'open') this.#become('half-open');
    if (this.#trials >= this.#settings.halfOpenCalls) {
      // Whoever waited for `openMs` now would sit out the recovery, and come back with all others.
      throw this.#refusal('is half-open, and its trial is under way');
    }
    this.#trials += 1;
  }

  #refusal(state: string, leftMs?: number): CircuitOpenError {
    const peer = this.key === '' ? '' : ` for ${this.key}`;
    return new CircuitOpenError(`Cannot send the request: the circuit${peer} ${state}`, {
      retryAfterMs: leftMs === undefined ? undefined : Math.ceil(leftMs),
    });
  }

  #become(to: CircuitState, error?: unknown): void {
    const from = this.#state;
    this.#state = to;
    this.#era += 1;
    this.#trials = 0;
    this.#successes = 0;
    if (to === 'open') this.#openUntil = this.#clock.now() + this.#settings.openMs;
    if (to === 'closed') this.#judge.reset();
    try {
      this.#settings.onStateChange?.({ key: this.key, from, to, error });
    } catch (hookError) {
      reportHookError('onStateChange', hookError);
    }
  }
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`;
}
