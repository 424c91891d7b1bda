import {
  type AbortListener,
  addAbortListener,
  removeAbortListener,
} from '../scope/abort-listeners.ts';
import { timeout } from '../scope/abort-reason.ts';
import type { TimerHandle } from '../time/clock.ts';
import type { Deadline } from '../time/deadline.ts';

/** How long to wait for something at the most. */
export interface WaitOptions {
  /** Ends the wait when it aborts: it rejects with `signal.reason`, unchanged. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the wait when it passes: it rejects with a `DOMException` named `TimeoutError`. */
  readonly deadline?: Deadline | undefined;
}

/** The limits of a wait; a signal may stand for options that hold nothing else. */
export type Wait = AbortSignal | WaitOptions;

/** The signal of a wait, however it was given. */
export function signalOf(wait: Wait | undefined): AbortSignal | undefined {
  return wait !== undefined && 'aborted' in wait ? wait : wait?.signal;
}

/** The deadline of a wait. */
export function deadlineOf(wait: Wait | undefined): Deadline | undefined {
  return wait !== undefined && 'aborted' in wait ? undefined : wait?.deadline;
}

/**
 * Refuses a wait that is over before it began, also where there is nothing to wait for, so that
 * what was cancelled does not go on by luck.
 *
 * @throws `signal.reason` or a `TimeoutError`, as the wait would.
 */
export function checkWait(wait: Wait | undefined, purpose: string): void {
  if (wait === undefined) return;
  signalOf(wait)?.throwIfAborted();
  if (deadlineOf(wait)?.expired === true) throw deadlinePassed(purpose);
}

function deadlinePassed(purpose: string): DOMException {
  return timeout(`Cannot ${purpose}: the deadline has passed`);
}

/**
 * One that waits in a queue. Who takes it out settles it at once; it can no longer be cancelled
 * then. There may be very many, so it holds no more than it needs.
 */
export abstract class Waiter {
  previous: Waiter | undefined = undefined;
  next: Waiter | undefined = undefined;
  limits: WaitLimits | undefined = undefined;

  /** Ends the wait in vain. */
  abstract reject(reason: unknown): void;
}

/** One that waits behind a promise. */
export class PromiseWaiter<T> extends Waiter {
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;

  constructor(resolve: (value: T) => void, reject: (reason: unknown) => void) {
    super();
    this.resolve = resolve;
    this.reject = reject;
  }
}

/** Waits at the end of a queue of promises. */
export function waitIn<T>(queue: WaitQueue<PromiseWaiter<T>>, wait: Wait | undefined): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    queue.add(new PromiseWaiter<T>(resolve, reject), wait);
  });
}

/**
 * Those that wait for one thing, first come first served, each able to leave at any moment in
 * constant time. A waiter is either still in the queue or was taken and settled, never between the
 * two: what is handed to it cannot get lost.
 */
export class WaitQueue<W extends Waiter> {
  /** What the waiters want, as a message says it: `acquire the lock`. */
  readonly purpose: string;
  #first: Waiter | undefined = undefined;
  #last: Waiter | undefined = undefined;
  #size = 0;

  constructor(purpose: string) {
    this.purpose = purpose;
  }

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Puts a waiter at the end. Its limits are those that {@link checkWait} has let through. */
  add(waiter: W, wait: Wait | undefined): void {
    const last = this.#last;
    waiter.previous = last;
    if (last === undefined) this.#first = waiter;
    else last.next = waiter;
    this.#last = waiter;
    this.#size += 1;
    if (wait === undefined) return;
    waiter.limits = new WaitLimits(wait, this.purpose, (reason) => {
      this.remove(waiter);
      waiter.reject(reason);
    });
  }

  /** Takes the first waiter out, for the caller to settle at once. */
  take(): W | undefined {
    const waiter = this.#first as W | undefined;
    if (waiter !== undefined) this.remove(waiter);
    return waiter;
  }

  /** Turns every waiter away. */
  rejectAll(reason: unknown): void {
    for (let waiter = this.take(); waiter; waiter = this.take()) waiter.reject(reason);
  }

  /** Takes a waiter out, wherever it stands. */
  remove(waiter: W): void {
    const { previous, next } = waiter;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    waiter.previous = undefined;
    waiter.next = undefined;
    this.#size -= 1;
    waiter.limits?.end();
  }
}

/** Heeds the limits of one wait, and lets the waiter leave its queue when one is reached. */
class WaitLimits {
  readonly #signal: AbortSignal | undefined;
  readonly #listener: AbortListener;
  readonly #deadline: Deadline | undefined;
  readonly #timer: TimerHandle;

  constructor(wait: Wait, purpose: string, leave: (reason: unknown) => void) {
    this.#signal = signalOf(wait);
    this.#listener = { onAbort: leave };
    if (this.#signal !== undefined) addAbortListener(this.#signal, this.#listener);
    const deadline = deadlineOf(wait);
    if (deadline === undefined || deadline.isUnlimited) return;
    this.#deadline = deadline;
    this.#timer = deadline.clock.setTimeout(
      () => leave(deadlinePassed(purpose)),
      deadline.remainingMs,
    );
  }

  /** Lets go of the signal and the timer. */
  end(): void {
    if (this.#signal !== undefined) removeAbortListener(this.#signal, this.#listener);
    this.#deadline?.clock.clearTimeout(this.#timer);
  }
}
