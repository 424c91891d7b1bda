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

/**
 * The two clocks of a stream's events: `firstEventMs` until the first, `eventIdleMs` from one sign
 * of progress to the next. They run only while the reader waits, so a slow reader is never blamed
 * on the peer. One timer serves a whole stream: it is not set anew for each event, it looks when it
 * fires how long the wait has really been. They begin anew with each wire that the stream goes on with.
 */
export class StreamClocks {
  readonly #clock: Clock;
  readonly #limits: StreamClockLimits;
  /** The limit that holds. */
  #limitMs: number;
  #hasWire = true;
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
    this.#limits = limits;
    this.#limitMs = limits.firstEventMs;
    this.#waitedMs = waitedMs;
    this.#onTimeout = onTimeout;
  }

  /** The stream has no wire: nobody can be late. */
  stop(): void {
    this.#hasWire = false;
    this.#waiting = false;
    this.#changeLimit();
  }

  /** The stream goes on with another wire, whose head was waited for so long. */
  restart(waitedMs: number): void {
    this.#hasWire = true;
    this.#isFirst = true;
    this.#waitedMs = waitedMs;
    this.#changeLimit();
  }

  /** The reader waits from now on. Gives the time, where it had to be looked up. */
  waitStarts(): number | undefined {
    if (this.#limitMs === Infinity) return undefined;
    const now = this.#clock.now();
    this.#waiting = true;
    this.#waitStart = now;
    if (this.#timer === undefined) this.#arm(this.#limitMs - this.#waitedMs, now);
    return now;
  }

  /**
   * The reader got an event. One without progress does not rewind the clock. Behind the terminator,
   * what may still follow gets a moment, not `eventIdleMs`.
   */
  gotEvent(progress: boolean, mayEnd: boolean): void {
    if (progress) this.#waitedMs = 0;
    else if (this.#waiting) this.#waitedMs += this.#clock.now() - this.#waitStart;
    this.#waiting = false;
    if (!this.#isFirst && this.#mayEnd === mayEnd) return;
    this.#isFirst = false;
    this.#mayEnd = mayEnd;
    this.#changeLimit();
  }

  /** Takes the timer back. */
  close(): void {
    if (this.#timer === undefined) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** A timer that was set for another limit is taken back; the next wait sets it anew. */
  #changeLimit(): void {
    const { firstEventMs, eventIdleMs } = this.#limits;
    let limitMs = this.#isFirst ? firstEventMs : eventIdleMs;
    if (this.#mayEnd) limitMs = Math.min(eventIdleMs, LAST_WORDS_MS);
    if (!this.#hasWire) limitMs = Infinity;
    if (limitMs === this.#limitMs) return;
    this.#limitMs = limitMs;
    this.close();
  }

  #arm(delayMs: number, now: number): void {
    const delay = Math.max(0, delayMs);
    this.#timerDue = now + delay;
    this.#timer = this.#clock.setTimeout(() => this.#onTimer(), delay);
  }

  #onTimer(): void {
    this.#timer = undefined;
    if (!this.#waiting) return;
    const now = this.#clock.now();
    const elapsedMs = this.#waitedMs + now - this.#waitStart;
    const leftMs = this.#limitMs - elapsedMs;
    if (leftMs > 0) return this.#arm(leftMs, now);
    if (now - this.#timerDue > LATE_MS) return this.#arm(1, now);
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
