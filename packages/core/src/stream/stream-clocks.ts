import type { Clock, TimerHandle } from '@linkspan/concurrency';
import { TimeoutError } from '../errors/local-errors.ts';

/** A timer this late was held up by a busy process: what has arrived meanwhile is looked at first. */
const LATE_MS = 20;

/**
 * How long a stream whose terminator was seen is waited for. OpenAI's usage follows the finish
 * reason at once; servers that hold the socket open without `[DONE]` would be waited for in vain.
 */
const LAST_WORDS_MS = 5_000;

/** The limits between events, in milliseconds; `Infinity` for none. */
export interface StreamClockLimits {
  readonly firstEventMs: number;
  readonly eventIdleMs: number;
}

const NO_LIMITS: StreamClockLimits = { firstEventMs: Infinity, eventIdleMs: Infinity };

/**
 * The two clocks of a stream's events: `firstEventMs` until the first, `eventIdleMs` from one sign
 * of progress to the next. They run only while the reader waits, so a slow reader is never blamed
 * on the peer. One timer serves a whole stream: it is not set anew for each event, it looks when it
 * fires how long the wait has really been. They begin anew with each wire that the stream goes on with.
 */
export class StreamClocks {
  readonly #clock: Clock;
  readonly #limits: StreamClockLimits;
  /** The limits that hold; none while the stream has no wire. */
  #held: StreamClockLimits;
  readonly #onTimeout: (error: TimeoutError) => void;
  #isFirst = true;
  #mayEnd = false;
  #waiting = false;
  /** The waits since the last progress that are over, together. */
  #waitedMs: number;
  #waitStart = 0;
  #timer: TimerHandle | undefined;
  #timerDue = 0;

  /** @param waitedMs how much of the time to the first event was spent on waiting for the head. */
  constructor(
    clock: Clock,
    limits: StreamClockLimits,
    waitedMs: number,
    onTimeout: (error: TimeoutError) => void,
  ) {
    this.#clock = clock;
    this.#limits = this.#held = limits;
    this.#waitedMs = waitedMs;
    this.#onTimeout = onTimeout;
  }

  /** The stream has no wire: nobody can be late. */
  stop(): void {
    this.#held = NO_LIMITS;
    this.#waiting = false;
    this.close();
  }

  /** The stream goes on with another wire, whose head was waited for so long. */
  restart(waitedMs: number): void {
    this.#held = this.#limits;
    this.#isFirst = true;
    this.#waitedMs = waitedMs;
  }

  /** The reader waits from now on. */
  waitStarts(): void {
    const limitMs = this.#limitMs;
    if (limitMs === Infinity) return;
    this.#waiting = true;
    this.#waitStart = this.#clock.now();
    if (this.#timer === undefined) this.#arm(limitMs - this.#waitedMs);
  }

  /** The reader got an event; one without progress does not rewind the clock. */
  waitEnds(progress: boolean): void {
    if (this.#waiting) {
      this.#waiting = false;
      if (!progress) this.#waitedMs += this.#clock.now() - this.#waitStart;
    }
    if (progress) this.#waitedMs = 0;
  }

  /** The first event is there: from now on `eventIdleMs` holds. */
  firstEvent(): void {
    if (!this.#isFirst) return;
    this.#isFirst = false;
    const { firstEventMs, eventIdleMs } = this.#limits;
    if (firstEventMs !== eventIdleMs) this.close();
  }

  /** Whether the terminator was seen: what may still follow it gets a moment, not `eventIdleMs`. */
  mayEnd(mayEnd: boolean): void {
    if (this.#mayEnd === mayEnd) return;
    this.#mayEnd = mayEnd;
    this.close();
  }

  /** Takes the timer back. */
  close(): void {
    if (this.#timer === undefined) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  get #limitMs(): number {
    const { firstEventMs, eventIdleMs } = this.#held;
    if (this.#mayEnd && this.#held !== NO_LIMITS) return Math.min(eventIdleMs, LAST_WORDS_MS);
    return this.#isFirst ? firstEventMs : eventIdleMs;
  }

  #arm(delayMs: number): void {
    const delay = Math.max(0, delayMs);
    this.#timerDue = this.#clock.now() + delay;
    this.#timer = this.#clock.setTimeout(() => this.#onTimer(), delay);
  }

  #onTimer(): void {
    this.#timer = undefined;
    if (!this.#waiting) return;
    const now = this.#clock.now();
    const elapsedMs = this.#waitedMs + now - this.#waitStart;
    const leftMs = this.#limitMs - elapsedMs;
    if (leftMs > 0) return this.#arm(leftMs);
    if (now - this.#timerDue > LATE_MS) return this.#arm(1);
    this.#waiting = false;
    this.#onTimeout(this.#timeout(elapsedMs));
  }

  #timeout(elapsedMs: number): TimeoutError {
    const limitMs = this.#limitMs;
    const facts = { limitMs, elapsedMs, sent: 'yes' } as const;
    return this.#isFirst
      ? new TimeoutError(`Cannot read the stream: no first event within ${limitMs} ms`, {
          ...facts,
          clock: 'firstEventMs',
          code: 'first_event_timeout',
          phase: 'body',
        })
      : new TimeoutError(`Cannot read the stream: no progress for ${limitMs} ms`, {
          ...facts,
          clock: 'eventIdleMs',
          code: 'idle_timeout',
          phase: 'idle',
        });
  }
}
