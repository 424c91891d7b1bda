import { type AbortListener, addAbortListener, removeAbortListener } from '@linkspan/concurrency';
import { LinkspanError, type Phase } from '../errors/linkspan-error.ts';
import { TimeoutError } from '../errors/local-errors.ts';
import type { AttemptBudget } from '../middleware/attempt-budget.ts';
import { isIdempotent } from '../middleware/is-idempotent.ts';
import { isReplayable } from '../payload.ts';
import { hideSecrets } from '../secrets/hide-secrets.ts';
import { secretValues } from '../secrets/redact-headers.ts';
import type { TransportRequest } from '../transport.ts';
import type { CallLog, OwnLimits, StopReason } from './call-log.ts';
import type { CallSettings } from './call-options.ts';
import { CallTrail, type FailureNote, noteFailure } from './call-trail.ts';

/** A call that is under way, as `client.inFlight()` tells it. It holds no secret. */
export interface CallSnapshot {
  /** Counts up within a client. */
  readonly id: number;
  readonly operation: string;
  /** The target without user, password and query. */
  readonly target: string;
  /** 1 for the first try. */
  readonly attempt: number;
  /**
   * `queue` before the transport has it and while it waits for a connection, `connect`, `headers`,
   * `body`, or `backoff` between tries.
   */
  readonly phase: Phase;
  readonly ageMs: number;
  readonly streaming: boolean;
}

/**
 * What a client knows of one call from its begin to the end of its body. It is its own abort
 * listener, so that a call costs no closure. While nothing fails, all that it keeps of its way are
 * a few numbers; the first failure turns them into a {@link CallTrail}.
 */
export class InFlightCall implements AbortListener {
  readonly id: number;
  readonly request: TransportRequest;
  readonly streaming: boolean;
  /** On the clock of the call's deadline. */
  readonly startedAt: number;
  /** How long the first event of a stream may take, counted from {@link attemptStartedAt}. */
  readonly firstEventMs: number;
  /** When the transport was given the attempt that is under way. */
  attemptStartedAt: number;
  attempt = 1;
  /** The retry budget that knows of the call: layers that share it tell it once. */
  recordedBy: AttemptBudget | undefined;
  /** The key that a layer gave the requests of the call. */
  idempotencyKey: string | undefined;
  readonly #options: CallSettings;
  readonly #log: CallLog;
  #controller: AbortController | undefined;
  #abortedWith: { readonly reason: unknown } | undefined;
  #phase: Phase = 'queue';
  #hasAttempt = false;
  /** Of the first attempt; `undefined` costs a call nothing, where a number would be a box of its own. */
  #queueAt: number | undefined;
  #connectAt: number | undefined;
  /** Where the attempt had to wait; else it was on its way when it began. */
  #headersAt: number | undefined;
  #bodyAt: number | undefined;
  #trail: CallTrail | undefined;
  #stop: StopReason | undefined;

  constructor(
    id: number,
    request: TransportRequest,
    facts: {
      readonly streaming: boolean;
      readonly startedAt: number;
      readonly firstEventMs: number;
      readonly options: CallSettings;
      readonly log: CallLog;
    },
  ) {
    this.id = id;
    this.request = request;
    this.streaming = facts.streaming;
    this.startedAt = this.attemptStartedAt = facts.startedAt;
    this.firstEventMs = facts.firstEventMs;
    this.#options = facts.options;
    this.#log = facts.log;
  }

  get phase(): Phase {
    return this.#phase;
  }

  set phase(phase: Phase) {
    if (phase === this.#phase) return;
    this.#phase = phase;
    const now = this.#log.clock.now();
    if (this.#trail !== undefined) {
      this.#trail.add({ at: now, attempt: this.attempt, event: phase });
    } else if (phase === 'body') {
      this.#bodyAt = now;
    } else if (phase === 'headers') {
      this.#headersAt = now;
    } else {
      this.#headersAt = undefined;
      if (phase === 'queue') this.#queueAt = now;
      else this.#connectAt = now;
    }
  }

  /** The transport is given an attempt. */
  attemptStarts(attempt: number, now: number): void {
    // More than one: from here on, numbers do not tell the way.
    const trail = this.#hasAttempt ? this.#trailOf() : this.#trail;
    this.#hasAttempt = true;
    this.attempt = attempt;
    this.attemptStartedAt = now;
    this.#phase = 'headers';
    trail?.add({ at: now, attempt, event: 'attempt' });
  }

  /**
   * An attempt has failed, and the next one waits.
   *
   * @param isAsked whether this wait is asked for, by the peer or by the layer that refused the attempt.
   */
  waits(error: LinkspanError, waitMs: number, isAsked: boolean): void {
    const trail = this.#trailOf();
    // One that a layer refused has not come to the transport.
    const attempt = Math.max(this.attempt, error.attempts);
    const at = this.#log.clock.now();
    trail.add({ at, attempt, event: 'failed', failure: this.#note(error) });
    const asker = error.phase === 'queue' ? 'layer' : 'peer';
    trail.add({ at, attempt, event: 'backoff', waitMs, askedBy: isAsked ? asker : undefined });
    this.#phase = 'backoff';
    this.#stop = undefined;
  }

  /** A stream goes on with another answer. */
  resumed(): void {
    this.#trailOf().add({ at: this.#log.clock.now(), attempt: this.attempt, event: 'resumed' });
    this.#phase = 'body';
  }

  /** An attempt has failed, and for this reason there is no other. */
  stops(reason: StopReason): void {
    this.#stop = reason;
  }

  /** The call has failed with this, before or behind the head of its answer: `explain()` finds it. */
  failed(error: unknown): void {
    const { marks, omitted } = this.#trailOf();
    const { operation, target, payload } = this.request;
    const { signal } = this.#options;
    const isOurs = error instanceof LinkspanError;
    this.#log.keep(error, {
      id: this.id,
      operation,
      target,
      streaming: this.streaming,
      startedAt: this.startedAt,
      endedAt: this.#log.clock.now(),
      attempt: isOurs ? Math.max(this.attempt, error.attempts) : this.attempt,
      marks: [...marks],
      omitted,
      failure: this.#note(error),
      isAborted: signal?.aborted === true && Object.is(signal.reason, error),
      isIdempotent: this.idempotencyKey !== undefined || isIdempotent(this.request),
      isReplayable: isReplayable(payload),
      stop: this.#stop,
      clock:
        error instanceof TimeoutError ? { name: error.clock, limitMs: error.limitMs } : undefined,
      retryable: isOurs ? error.retryable : undefined,
      retryAfterMs: isOurs ? error.retryAfterMs : undefined,
      limits: limitsOf(this.#options),
    });
  }

  /**
   * Aborts when the caller aborts, with the caller's reason, and when the client closes. It is made
   * at its first use: whoever waits on a call's behalf listens to this one.
   */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const { signal } = this.#options;
      this.#controller = new AbortController();
      if (this.#abortedWith !== undefined) this.#controller.abort(this.#abortedWith.reason);
      else if (signal?.aborted === true) this.abort(signal.reason);
      else if (signal !== undefined) addAbortListener(signal, this);
    }
    return this.#controller.signal;
  }

  /** Whether this is the signal of the call, or of its caller. */
  owns(signal: AbortSignal): boolean {
    return signal === this.#options.signal || signal === this.#controller?.signal;
  }

  /** Ends every wait of the call with this reason. */
  abort(reason: unknown): void {
    this.#abortedWith ??= { reason };
    this.#controller?.abort(reason);
  }

  /** The call is over: nothing of it listens any more. */
  end(): void {
    const { signal } = this.#options;
    if (this.#controller !== undefined && signal !== undefined) removeAbortListener(signal, this);
  }

  onAbort(reason: unknown): void {
    this.abort(reason);
  }

  /** The trail, begun with what the numbers tell. */
  #trailOf(): CallTrail {
    if (this.#trail !== undefined) return this.#trail;
    const { attempt } = this;
    const trail = new CallTrail();
    this.#trail = trail;
    trail.add({ at: this.startedAt, attempt, event: 'queue' });
    if (this.#hasAttempt) trail.add({ at: this.attemptStartedAt, attempt, event: 'attempt' });
    const times = { queue: this.#queueAt, connect: this.#connectAt, headers: this.#headersAt };
    for (const [event, at] of Object.entries({ ...times, body: this.#bodyAt })) {
      if (at !== undefined) trail.add({ at, attempt, event: event as Phase });
    }
    return trail;
  }

  /** A peer may repeat what it was sent: what the request carries as a secret is not kept. */
  #note(error: unknown): FailureNote {
    const note = noteFailure(error);
    const secrets = secretValues(this.request.headers ?? {});
    if (secrets.length === 0) return note;
    const { message, requestId } = note;
    return {
      ...note,
      ...(message !== undefined && { message: hideSecrets(message, secrets) }),
      ...(requestId !== undefined && { requestId: hideSecrets(requestId, secrets) }),
    };
  }
}

function limitsOf(options: CallSettings): OwnLimits {
  const { totalMs, attemptMs, idleMs, deadline, retry } = options;
  const { firstEventMs, eventIdleMs } = options as Partial<OwnLimits>;
  const hasDeadline = deadline !== undefined;
  const maxRetries = retry === false ? 0 : retry?.maxRetries;
  return { totalMs, attemptMs, idleMs, firstEventMs, eventIdleMs, hasDeadline, maxRetries };
}
