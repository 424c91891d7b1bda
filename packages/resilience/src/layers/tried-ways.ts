import { CancelScope, Deadline, systemClock } from '@linkspan/concurrency';
import {
  deadlineError,
  parseSettings,
  reportHookError,
  setting,
  type TimeoutPlace,
} from '@linkspan/core';
import { isWorthAnotherWay } from './is-worth-another-way.ts';
import { type Way, type WayOptions, type WaySettings, waySettings } from './way-options.ts';
import { withFailuresBefore } from './with-failures-before.ts';

/**
 * The ways to get an answer, one after another: which is taken, what those before it failed with, and
 * what bounds all of them.
 */
export class TriedWays<Value> {
  /** Ends with the caller's will or at the deadline, whichever comes first. */
  readonly scope: CancelScope;
  readonly signal: AbortSignal | undefined;
  readonly deadline: Deadline;
  readonly #ways: readonly Way<Value>[];
  readonly #settings: WaySettings;
  readonly #failures: unknown[] = [];
  /** The failure that tells of the others already. */
  #last: unknown;

  /** @throws ConfigurationError for options that are not right. */
  constructor(
    subject: string,
    ways: readonly Way<Value>[],
    options: WayOptions,
    place: TimeoutPlace,
  ) {
    const table = { ...waySettings, ways: waysSetting };
    const settings = parseSettings(subject, table, { ...options, ways });
    const { signal, totalMs, deadline: given } = settings;
    const clock = given?.clock ?? systemClock;
    const startedAt = clock.now();
    const deadline = totalMs === undefined ? Deadline.never(clock) : Deadline.after(totalMs, clock);
    this.#ways = settings.ways as readonly Way<Value>[];
    this.#settings = settings;
    this.signal = signal;
    this.deadline = given === undefined ? deadline : deadline.min(given);
    this.scope = new CancelScope({
      parent: signal,
      deadline: this.deadline,
      timeoutReason: () => deadlineError({ deadline: this.deadline }, { ...place, startedAt }),
    });
  }

  /** The place of the way that is taken: 0 for the first. */
  get place(): number {
    return this.#failures.length;
  }

  /** Takes the way whose turn it is; the promise is left behind when time is over. */
  async take(signal: AbortSignal | undefined): Promise<Value> {
    this.scope.throwIfAborted();
    const way = this.#ways[this.place]!;
    return await way({ signal, deadline: this.deadline });
  }

  /**
   * Whether another way may be taken after this failure.
   *
   * @param verdict of a rule that comes before the usual one.
   */
  mayGoOn(error: unknown, verdict?: boolean): boolean {
    if (this.scope.aborted || this.place + 1 >= this.#ways.length) return false;
    return verdict ?? this.#settings.when?.(error) ?? isWorthAnotherWay(error);
  }

  /** Takes the next way, and tells of it. */
  goOn(error: unknown, events: number): void {
    this.#failures.push(error);
    try {
      this.#settings.onFallback?.({ error, way: this.place, events });
    } catch (hookError) {
      reportHookError('onFallback', hookError);
    }
  }

  /** What all of it fails with: the last failure, which tells of all, or the reason of the caller. */
  failure(error: unknown): unknown {
    if (this.signal?.aborted === true) return this.signal.reason;
    if (this.#last !== error) withFailuresBefore(error, this.#failures);
    this.#last = error;
    return error;
  }
}

const waysSetting = setting.custom<readonly Way<unknown>[]>({
  env: false,
  expected: 'a list of functions, one or more',
  check: (value) =>
    Array.isArray(value) && value.length > 0 && value.every((way) => typeof way === 'function')
      ? ([...value] as readonly Way<unknown>[])
      : undefined,
});
