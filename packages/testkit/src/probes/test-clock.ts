import { ManualClock } from '@linkspan/concurrency';
import { parseSettings, setting, type SettingsTable } from '@linkspan/core';

/** Where a {@link testClock} stands when it is made. */
export interface TestClockOptions {
  /** The wall time. @default 2026-01-01T00:00:00Z */
  readonly startAt?: Date | undefined;
}

const settings: SettingsTable<{ readonly startAt: Date }, TestClockOptions> = {
  startAt: setting.custom<Date>({
    default: new Date('2026-01-01T00:00:00Z'),
    expected: 'a valid Date',
    check: (value) => (value instanceof Date && !Number.isNaN(value.getTime()) ? value : undefined),
  }),
};

/** More timers than any test sets on purpose; what goes beyond sets one from another for ever. */
const MOST_TIMERS = 10_000;
/** How many turns of the event loop work may take, between two timers, that waits for none. */
const SETTLING_TURNS = 4;

/**
 * A `ManualClock` for tests of applications: it runs the timers that are set, up to the end of a
 * call whose waits nobody knows beforehand, and it has a wall time for the dates of servers.
 */
export class TestClock extends ManualClock {
  readonly #wallStartMs: number;
  readonly #startMs: number;

  constructor(startAt: Date) {
    super();
    this.#startMs = this.now();
    this.#wallStartMs = startAt.getTime();
  }

  /** The wall time, `offsetMs` from now: it moves with the clock. */
  date(offsetMs: number = 0): Date {
    return new Date(this.#wallStartMs + this.now() - this.#startMs + offsetMs);
  }

  /** The wall time as servers write it, for `date` and `retry-after`: whole seconds, RFC 9110, 5.6.7. */
  httpDate(offsetMs?: number): string {
    return this.date(offsetMs).toUTCString();
  }

  /**
   * Fires every timer, each at its own moment, and those they set, until none is left.
   *
   * @throws Error after 10,000 timers: they set one another for ever.
   */
  async runAll(): Promise<void> {
    await this.#run(() => false);
  }

  /**
   * Fires timers, each at its own moment, until the promise has settled, and gives what it gives:
   * `await clock.runUntil(client.request(...))` goes through every retry and its pause. Meant for
   * work that waits for nothing but this clock: a real socket would be overtaken by its timeouts.
   *
   * @throws what the promise rejects with; Error when it has not settled and no timer is left that
   * it could wait for.
   */
  async runUntil<Value>(promise: PromiseLike<Value>): Promise<Value> {
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    promise.then(settle, settle);
    await this.#run(() => isSettled);
    if (!isSettled) {
      throw new Error(
        'Cannot run the clock until the promise settles: it waits, and no timer is left to fire',
      );
    }
    return await promise;
  }

  /** Fires timers until there are none, or until it is over. */
  async #run(isOver: () => boolean): Promise<void> {
    for (let fired = 0; ; fired += 1) {
      // oxlint-disable-next-line no-await-in-loop -- what a timer set off comes before the next one
      await this.#settle(isOver);
      const [dueMs] = this.dueTimes;
      if (isOver() || dueMs === undefined) return;
      if (fired === MOST_TIMERS) {
        throw new Error(`Cannot run the clock to an end: ${MOST_TIMERS} timers set one another`);
      }
      // oxlint-disable-next-line no-await-in-loop -- one timer after another
      await this.advance(Math.max(0, dueMs - this.now()));
    }
  }

  /** Lets work that takes a few turns of the event loop go on, before time does. */
  async #settle(isOver: () => boolean): Promise<void> {
    for (let turn = 0; turn < SETTLING_TURNS && !isOver(); turn += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one turn after another
      await this.advance(0);
    }
  }
}

/**
 * A clock that stands still until a test moves it, for `createClient({ clock })` and whatever else
 * takes a clock. `advance(ms)` moves it, and runs the promise jobs between the timers.
 *
 * ```ts
 * const clock = testClock();
 * const client = createClient({ transport, clock });
 * const response = await clock.runUntil(client.request({ operation: 'GET', target: '/' }));
 * ```
 *
 * @throws ConfigurationError when an option is wrong.
 */
export function testClock(options: TestClockOptions = {}): TestClock {
  return new TestClock(parseSettings('testClock()', settings, options).startAt);
}
