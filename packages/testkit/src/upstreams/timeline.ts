import { type Clock, sleep } from '@linkspan/concurrency';

/** How an upstream takes its time. */
export interface Pace {
  /** From the request to the first event of a stream, or to an answer that comes at once. @default 0 */
  readonly firstEventMs?: number | undefined;
  /** From each event of a stream to the next. @default 0 */
  readonly eventMs?: number | undefined;
}

/**
 * The events of one piece of work, each at its moment. Whoever follows gets the ones of the past at
 * once, and those to come when they are due: so that a stream can be taken up where it broke.
 */
export class Timeline {
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #firstEventMs: number;
  readonly #eventMs: number;
  readonly #ended = new AbortController();
  #events: readonly string[];
  /** How many events come at their pace; those behind them were put there by an end. */
  #paced: number;

  constructor(events: readonly string[], pace: Pace, clock: Clock) {
    this.#events = events;
    this.#paced = events.length;
    this.#clock = clock;
    this.#startMs = clock.now();
    this.#firstEventMs = pace.firstEventMs ?? 0;
    this.#eventMs = pace.eventMs ?? 0;
  }

  get length(): number {
    return this.#events.length;
  }

  /** How many events have happened. */
  get passed(): number {
    let count = 0;
    while (count < this.#events.length && this.#dueInMs(count) <= 0) count += 1;
    return count;
  }

  /** The events from an index on, until the last one has happened or the signal aborts. */
  async *follow(from: number, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    for (let index = from; index < this.#events.length; index += 1) {
      // oxlint-disable-next-line no-await-in-loop -- events come one after another
      await this.#untilDue(index, signal);
      const event = this.#events[index];
      if (event !== undefined) yield event;
    }
  }

  /** Ends the work now: in the place of what has not happened yet come these events, at once. */
  end(events: readonly string[]): void {
    this.#paced = this.passed;
    this.#events = [...this.#events.slice(0, this.#paced), ...events];
    this.#ended.abort();
  }

  async #untilDue(index: number, signal: AbortSignal): Promise<void> {
    const ms = this.#dueInMs(index);
    if (ms > 0) {
      const either = AbortSignal.any([signal, this.#ended.signal]);
      await sleep(ms, { signal: either }, this.#clock).catch((error: unknown) => {
        // An end makes everything due: the wait for it is over, and nothing has failed.
        if (!this.#ended.signal.aborted) throw error;
      });
    }
    signal.throwIfAborted();
  }

  #dueInMs(index: number): number {
    if (index >= this.#paced) return 0;
    return this.#startMs + this.#firstEventMs + index * this.#eventMs - this.#clock.now();
  }
}
