import { setTimeout as delay } from 'node:timers/promises';
import {
  type AttemptBudget,
  type CallOptions,
  Deadline,
  DeserializationError,
  type LinkspanError,
  isLinkspanError,
  ProtocolError,
  QuotaExhaustedError,
  type RetryNotice,
  StatusError,
  type Usage,
} from 'linkspan';
import type { TokenUsage } from '../output/answer.ts';
import type { Row } from '../input/row.ts';
import { ROW_HEADER } from './row-header.ts';

/** How the rows of a run are sent. */
export interface SendSettings {
  readonly retries: number;
  /** The upper end of the first wait before a retry; it doubles from one to the next. */
  readonly retryBaseMs: number;
  /**
   * After what time a budget of retries that was used up is asked again, and at the latest a circuit
   * whose trial is under way.
   */
  readonly budgetWaitMs: number;
  /** For one row: all of its requests and waits. */
  readonly totalMs: number;
  readonly firstEventMs: number;
  readonly eventIdleMs: number;
}

/** Where the requests of a row go. */
export interface RowRoute {
  /** What all rows that go there take their retries from. */
  readonly budget: AttemptBudget;
  /** Whether the row can go elsewhere: it then waits for nobody. */
  readonly hasFallback: boolean;
}

/** The longest wait before a retry that nobody asked for. */
const LONGEST_WAIT_MS = 8_000;

/**
 * Everything that is sent for one row. The client retries what is safe, up to the head of an
 * answer. An answer that breaks off behind its head was not delivered to anybody, so that the
 * request is sent again where that is allowed. Both kinds of retries are counted together, and taken
 * from one budget. While the circuit of its upstream is open, a row waits, which is no retry.
 */
export class RowCall {
  /** The codes of the failures that led to a retry. */
  readonly retries: string[] = [];
  /** How many exchanges were begun: one, but for conversations and rows that went elsewhere. */
  #exchanges = 0;
  /** How many of them ended before a request was sent. */
  #unsent = 0;
  #retriesAllowed: number;
  #route: RowRoute;
  #fallback: string | undefined;
  readonly #row: Row;
  readonly #settings: SendSettings;
  readonly #signal: AbortSignal;
  readonly #deadline: Deadline;
  #timeToFirstEventMs: number | undefined;
  #usage: TokenUsage | undefined;

  constructor(row: Row, settings: SendSettings, route: RowRoute, signal: AbortSignal) {
    this.#row = row;
    this.#settings = settings;
    this.#route = route;
    this.#retriesAllowed = settings.retries;
    this.#signal = signal;
    this.#deadline = Deadline.after(settings.totalMs);
  }

  /** How many requests were sent. */
  get attempts(): number {
    return this.#exchanges - this.#unsent + this.retries.length;
  }

  /** Why the row went to the fallback: the code of the failure. */
  get fallback(): string | undefined {
    return this.#fallback;
  }

  get timeToFirstEventMs(): number | undefined {
    return this.#timeToFirstEventMs;
  }

  get usage(): TokenUsage | undefined {
    return this.#usage;
  }

  /** The clocks between the events of a stream, for its options. */
  get eventClocks(): Pick<SendSettings, 'firstEventMs' | 'eventIdleMs'> {
    const { firstEventMs, eventIdleMs } = this.#settings;
    return { firstEventMs, eventIdleMs };
  }

  /** Keeps what a stream, or an answer, tells about itself. */
  note(facts: { timeToFirstEventMs?: number | undefined; usage?: Usage | undefined }): void {
    this.#timeToFirstEventMs = facts.timeToFirstEventMs ?? this.#timeToFirstEventMs;
    if (facts.usage === undefined) return;
    this.#usage = {
      inputTokens: (this.#usage?.inputTokens ?? 0) + (facts.usage.inputTokens ?? 0),
      outputTokens: (this.#usage?.outputTokens ?? 0) + (facts.usage.outputTokens ?? 0),
    };
  }

  /**
   * Sends a request and receives its answer, as often as the settings allow.
   *
   * @param mayRepeat whether it may be sent again when it may have been processed; what was certainly
   * not sent always is.
   */
  async exchange<Value>(
    mayRepeat: boolean,
    send: (options: CallOptions) => Promise<Value>,
  ): Promise<Value> {
    this.#exchanges += 1;
    for (let isResent = false; ; isResent = true) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- tries come one after another
        return await send(this.#options(isResent));
      } catch (error) {
        if (!isLinkspanError(error)) throw error;
        // oxlint-disable-next-line no-await-in-loop -- as above
        await this.#untilNextTry(error, mayRepeat);
      }
    }
  }

  /**
   * Whether another upstream may help against a failure: this one is down, or refuses.
   *
   * @param mayRepeat as in {@link exchange}.
   */
  fallsBack(error: unknown, mayRepeat: boolean): error is LinkspanError {
    if (!isLinkspanError(error) || this.#signal.aborted || this.#deadline.expired) return false;
    if (!isOfUpstream(error) && !(error instanceof QuotaExhaustedError)) return false;
    return mayRepeat || error.sent === 'no' || error.retryable === 'yes';
  }

  /** Has what is sent from now on go another way, with retries of its own. */
  turnTo(route: RowRoute, error: LinkspanError): void {
    this.#route = route;
    this.#retriesAllowed = this.retries.length + this.#settings.retries;
    this.#fallback = reasonOf(error);
  }

  /** @throws the failure, when there is to be no other try. */
  async #untilNextTry(error: LinkspanError, mayRepeat: boolean): Promise<void> {
    const { budget, hasFallback } = this.#route;
    if (isHeldBack(error)) {
      // Each row comes back at its own time when a trial is over, for which there is no hint.
      const { kind, retryAfterMs = Math.random() * this.#settings.budgetWaitMs } = error;
      if (kind === 'circuit-open' && !hasFallback && retryAfterMs < this.#deadline.remainingMs) {
        return await this.#pause(retryAfterMs);
      }
      this.#unsent += 1;
      throw error;
    }
    if (this.retries.length >= this.#retriesAllowed || this.#deadline.expired) throw error;
    if (!isOfUpstream(error) || (!mayRepeat && error.sent !== 'no')) throw error;
    const waitMs = error.retryAfterMs ?? this.#jitter();
    if (waitMs >= this.#deadline.remainingMs) throw error;
    await this.#pause(waitMs);
    const { budgetWaitMs } = this.#settings;
    while (!budget.take()) {
      if (hasFallback || budgetWaitMs >= this.#deadline.remainingMs) throw error;
      // oxlint-disable-next-line no-await-in-loop -- it waits until the budget has one
      await this.#pause(budgetWaitMs);
    }
    this.retries.push(reasonOf(error));
  }

  /** @param isResent whether the budget knows of the call already: what is sent again earns nothing. */
  #options(isResent: boolean): CallOptions {
    const { retryBaseMs } = this.#settings;
    const { budget } = this.#route;
    return {
      signal: this.#signal,
      totalMs: Infinity,
      deadline: this.#deadline,
      headers: { [ROW_HEADER]: this.#row.id },
      retry: {
        maxRetries: this.#retriesAllowed - this.retries.length,
        baseDelayMs: retryBaseMs,
        maxDelayMs: LONGEST_WAIT_MS,
        budget: isResent ? { take: () => budget.take() } : budget,
        onRetry: ({ error }: RetryNotice) => {
          this.retries.push(reasonOf(error));
        },
      },
    };
  }

  #jitter(): number {
    const { retries, retryBaseMs } = this.#settings;
    const ofThisRoute = this.retries.length - (this.#retriesAllowed - retries);
    const ceiling = retryBaseMs * 2 ** ofThisRoute;
    return Math.random() * Math.min(LONGEST_WAIT_MS, ceiling);
  }

  async #pause(waitMs: number): Promise<void> {
    try {
      await delay(waitMs, undefined, { signal: this.#signal });
    } catch {
      this.#signal.throwIfAborted();
    }
  }
}

/** Whether nothing was sent: the circuit is open, or the limits have no place before the deadline. */
function isHeldBack({ kind }: LinkspanError): boolean {
  return kind === 'circuit-open' || kind === 'rate-limit';
}

/** Whether a failure is one of the upstream, so that another try, or another upstream, may help. */
function isOfUpstream(error: LinkspanError): boolean {
  if (error.retryable !== 'no' || error.kind === 'circuit-open') return true;
  if (error.sent === 'no') return false;
  switch (error.kind) {
    case 'stream-incomplete':
    case 'network':
    case 'timeout':
      return true;
    default:
      // A page of something between (a proxy, a sign-in) in place of the answer.
      return error instanceof DeserializationError || error instanceof ProtocolError;
  }
}

/**
 * What a server can tell a repeated request by, where it looks: the same for every attempt, also of
 * a run that goes on after a crash.
 */
export function idempotencyKey({ requestHash }: Row): string {
  return `dispatch-${requestHash}`;
}

/** Why a request failed, in one word: the failure's code, or the status where that says more. */
export function reasonOf(error: LinkspanError): string {
  return error instanceof StatusError && error.code === 'http_status'
    ? `status_${error.status}`
    : error.code;
}
