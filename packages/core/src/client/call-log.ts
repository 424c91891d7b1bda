import type { Clock } from '@linkspan/concurrency';
import type { CallMark, FailureNote } from './call-trail.ts';

/** Why a call that might have been tried again was not. */
export type StopReason = 'retries' | 'wait' | 'budget';

/** The limits that a call brought along, by the names of their options. */
export interface OwnLimits {
  readonly totalMs?: number | undefined;
  readonly attemptMs?: number | undefined;
  readonly idleMs?: number | undefined;
  readonly firstEventMs?: number | undefined;
  readonly eventIdleMs?: number | undefined;
  readonly hasDeadline: boolean;
  readonly maxRetries?: number | undefined;
}

/** What is kept of a call that failed: nothing of its request but what it was for. */
export interface CallRecord {
  readonly id: number;
  readonly operation: string;
  readonly target: string;
  readonly streaming: boolean;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attempt: number;
  readonly marks: readonly CallMark[];
  readonly omitted: number;
  readonly failure: FailureNote;
  /** Whether it failed with the reason of its caller's signal. */
  readonly isAborted: boolean;
  /** Whether the request may go twice: by its kind, and by its payload. */
  readonly isIdempotent: boolean;
  readonly isReplayable: boolean;
  readonly stop: StopReason | undefined;
  /** The limit of the clock that ran out, in milliseconds. */
  readonly clock: { readonly name: string; readonly limitMs: number } | undefined;
  readonly retryable: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly limits: OwnLimits;
}

/** How many causes are looked through for a failure of a call. */
const LONGEST_CHAIN = 8;

/**
 * The calls of a client that failed, by what they failed with. A record lives as long as its error
 * does: nothing is kept for failures that nobody holds any more.
 */
export class CallLog {
  readonly clock: Clock;
  readonly #records = new WeakMap<object, CallRecord>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Keeps the record of a call. What several calls failed with tells of the last of them. */
  keep(error: unknown, record: CallRecord): void {
    if (isKey(error)) this.#records.set(error, record);
  }

  /** The record of the call that failed with this, or with what caused it. */
  find(error: unknown): CallRecord | undefined {
    let next = error;
    for (let depth = 0; depth < LONGEST_CHAIN && isKey(next); depth += 1) {
      const record = this.#records.get(next);
      if (record !== undefined) return record;
      next = (next as { readonly cause?: unknown }).cause;
    }
    return undefined;
  }
}

function isKey(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
