import type { TimerHandle } from '@linkspan/concurrency';
import type { CallContext } from '@linkspan/core';

/** The clocks that a call can run against. */
export type RunningClock = 'queueMs' | 'attemptMs' | 'idleMs' | 'totalMs';

/**
 * The clocks of one call on one timer. A clock that is started sets the timer only when it is due
 * before the others; one that is stopped leaves the timer as it is, and the timer, when it fires,
 * looks what is due. So a call usually costs one timer, however many chunks its body has.
 *
 * A timer that fires is late when the event loop was blocked. What has arrived in the meantime is
 * read first: the clocks are looked at again behind the reading of the sockets.
 */
export abstract class CallClock {
  protected readonly context: CallContext;
  protected readonly startedAt: number;
  #timer: TimerHandle | undefined;
  #firesAt = Infinity;
  #recheck: NodeJS.Immediate | undefined;
  #queueMs = Infinity;
  #queueEndsAt = Infinity;
  #attemptEndsAt = Infinity;
  readonly #idleMs: number;
  #idleEndsAt = Infinity;

  constructor(context: CallContext) {
    this.context = context;
    this.#idleMs = context.idleMs;
    this.startedAt = context.deadline.clock.now();
    this.#attemptEndsAt = this.startedAt + context.attemptMs;
  }

  /** A clock has run out. */
  protected abstract onTimeout(clock: RunningClock, limitMs: number, elapsedMs: number): void;

  protected startQueueClock(queueMs: number): void {
    this.#queueMs = queueMs;
    this.#queueEndsAt = this.context.deadline.clock.now() + queueMs;
    this.#arm(this.#queueEndsAt);
  }

  protected stopQueueClock(): void {
    this.#queueEndsAt = Infinity;
  }

  /** Starts the clocks that run from the beginning: the attempt's and the deadline. */
  protected startClocks(): void {
    this.#arm(Math.min(this.#attemptEndsAt, this.context.deadline.at));
  }

  /** The head is there. */
  protected stopAttemptClock(): void {
    this.#attemptEndsAt = Infinity;
  }

  protected startIdleClock(now?: number): void {
    if (this.#idleMs === Infinity) return;
    this.#idleEndsAt = (now ?? this.context.deadline.clock.now()) + this.#idleMs;
    this.#arm(this.#idleEndsAt);
  }

  protected stopIdleClock(): void {
    this.#idleEndsAt = Infinity;
  }

  protected stopClocks(): void {
    this.#queueEndsAt = this.#attemptEndsAt = this.#idleEndsAt = Infinity;
    if (this.#timer !== undefined) {
      this.context.deadline.clock.clearTimeout(this.#timer);
      this.#timer = undefined;
    }
    if (this.#recheck !== undefined) {
      clearImmediate(this.#recheck);
      this.#recheck = undefined;
    }
    this.#firesAt = -Infinity;
  }

  get #nextEnd(): number {
    const { at } = this.context.deadline;
    return Math.min(this.#queueEndsAt, this.#attemptEndsAt, this.#idleEndsAt, at);
  }

  #arm(endsAt: number): void {
    if (endsAt >= this.#firesAt) return;
    const { clock } = this.context.deadline;
    if (this.#timer !== undefined) clock.clearTimeout(this.#timer);
    this.#firesAt = endsAt;
    this.#timer = clock.setTimeout(
      () => this.#fired(),
      Math.max(0, Math.ceil(endsAt - clock.now())),
    );
  }

  #fired(): void {
    this.#timer = undefined;
    this.#firesAt = Infinity;
    if (this.#nextEnd > this.context.deadline.clock.now()) this.#arm(this.#nextEnd);
    else this.#recheck = setImmediate(() => this.#look());
  }

  #look(): void {
    this.#recheck = undefined;
    const { deadline, attemptMs, idleMs } = this.context;
    const now = deadline.clock.now();
    if (this.#nextEnd > now) {
      this.#arm(this.#nextEnd);
      return;
    }
    const elapsedMs = now - this.startedAt;
    if (deadline.at <= now) {
      const startedAt = this.context.call?.startedAt ?? this.startedAt;
      this.onTimeout('totalMs', Math.max(0, deadline.at - startedAt), now - startedAt);
    } else if (this.#queueEndsAt <= now) {
      this.onTimeout('queueMs', this.#queueMs, now - (this.#queueEndsAt - this.#queueMs));
    } else if (this.#attemptEndsAt <= now) {
      this.onTimeout('attemptMs', attemptMs, elapsedMs);
    } else {
      this.onTimeout('idleMs', idleMs, now - (this.#idleEndsAt - idleMs));
    }
  }
}
