import type { Phase } from '../errors/linkspan-error.ts';
import type { AttemptBudget } from '../middleware/attempt-budget.ts';
import type { TransportRequest } from '../transport.ts';

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
 * listener, so that a call costs no closure.
 */
export class InFlightCall {
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
  phase: Phase = 'queue';
  readonly #callerSignal: AbortSignal | undefined;
  #controller: AbortController | undefined;
  #abortedWith: { readonly reason: unknown } | undefined;

  constructor(
    id: number,
    request: TransportRequest,
    facts: {
      readonly streaming: boolean;
      readonly startedAt: number;
      readonly firstEventMs: number;
      readonly signal: AbortSignal | undefined;
    },
  ) {
    this.id = id;
    this.request = request;
    this.streaming = facts.streaming;
    this.startedAt = this.attemptStartedAt = facts.startedAt;
    this.firstEventMs = facts.firstEventMs;
    this.#callerSignal = facts.signal;
  }

  /**
   * Aborts when the caller aborts, with the caller's reason, and when the client closes. It is made
   * at its first use: whoever waits on a call's behalf listens to this one.
   */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortedWith !== undefined) this.#controller.abort(this.#abortedWith.reason);
      else if (this.#callerSignal?.aborted === true) this.handleEvent();
      else this.#callerSignal?.addEventListener('abort', this);
    }
    return this.#controller.signal;
  }

  /** Ends every wait of the call with this reason. */
  abort(reason: unknown): void {
    this.#abortedWith ??= { reason };
    this.#controller?.abort(reason);
  }

  /** The call is over: nothing of it listens any more. */
  end(): void {
    if (this.#controller !== undefined) this.#callerSignal?.removeEventListener('abort', this);
  }

  handleEvent(): void {
    this.abort(this.#callerSignal?.reason);
  }
}
