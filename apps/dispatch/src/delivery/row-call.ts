import { setTimeout as delay } from 'node:timers/promises';
import {
  type CallOptions,
  Deadline,
  DeserializationError,
  type LinkspanError,
  isLinkspanError,
  ProtocolError,
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
  /** For one row: all of its requests and waits. */
  readonly totalMs: number;
  readonly firstEventMs: number;
  readonly eventIdleMs: number;
}

/** The longest wait before a retry that nobody asked for. */
const LONGEST_WAIT_MS = 8_000;

/**
 * Everything that is sent for one row. The client retries what is safe, up to the head of an
 * answer. An answer that breaks off behind its head was not delivered to anybody, so that the
 * request is sent again where that is allowed. Both kinds of retries are counted together.
 */
export class RowCall {
  /** The codes of the failures that led to a retry. */
  readonly retries: string[] = [];
  /** How many exchanges were begun: one, but for conversations. */
  #exchanges = 0;
  readonly #row: Row;
  readonly #settings: SendSettings;
  readonly #signal: AbortSignal;
  readonly #deadline: Deadline;
  #timeToFirstEventMs: number | undefined;
  #usage: TokenUsage | undefined;

  constructor(row: Row, settings: SendSettings, signal: AbortSignal) {
    this.#row = row;
    this.#settings = settings;
    this.#signal = signal;
    this.#deadline = Deadline.after(settings.totalMs);
  }

  /** How many requests were sent. */
  get attempts(): number {
    return this.#exchanges + this.retries.length;
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
    for (;;) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- tries come one after another
        return await send(this.#options());
      } catch (error) {
        if (!isLinkspanError(error) || !this.#mayCure(error)) throw error;
        if (!mayRepeat && error.sent !== 'no') throw error;
        const waitMs = error.retryAfterMs ?? this.#jitter();
        if (waitMs >= this.#deadline.remainingMs) throw error;
        this.retries.push(reasonOf(error));
        // oxlint-disable-next-line no-await-in-loop -- as above
        await this.#pause(waitMs);
      }
    }
  }

  #options(): CallOptions {
    const { retries, retryBaseMs } = this.#settings;
    return {
      signal: this.#signal,
      totalMs: Infinity,
      deadline: this.#deadline,
      headers: { [ROW_HEADER]: this.#row.id },
      retry: {
        maxRetries: retries - this.retries.length,
        baseDelayMs: retryBaseMs,
        maxDelayMs: LONGEST_WAIT_MS,
        onRetry: ({ error }: RetryNotice) => {
          this.retries.push(reasonOf(error));
        },
      },
    };
  }

  /** Whether another try may bring what this one did not; the client has no retries left for it. */
  #mayCure(error: LinkspanError): boolean {
    if (this.retries.length >= this.#settings.retries || this.#deadline.expired) return false;
    if (error.retryable !== 'no') return true;
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

  #jitter(): number {
    const ceiling = this.#settings.retryBaseMs * 2 ** this.retries.length;
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
