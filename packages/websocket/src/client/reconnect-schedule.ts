import type { TransportRequest } from '@linkspan/core';
import type { Recovery } from '../close-codes.ts';
import type { CallReconnectSettings } from './reconnect-options.ts';

/** The longest wait that a peer may ask for where there is no deadline. */
const LONGEST_HINT_MS = 5 * 60_000;

/** What broke, as far as it says when to come back. */
export interface Setback {
  readonly recovery: Recovery;
  /** How long the peer asks to wait. */
  readonly retryAfterMs?: number | undefined;
  /** How much time there is left. */
  readonly remainingMs: number;
}

/**
 * When to connect again. It counts attempts, and forgets them only after a connection that lasted.
 * What begins a count, the first attempt and the first after such a connection, is a call of its own;
 * the others are further attempts at it, which a budget may refuse.
 */
export class ReconnectSchedule {
  readonly #settings: CallReconnectSettings;
  readonly #random: () => number;
  #attempts = 0;
  #refusals = 0;
  #isCall = false;

  constructor(settings: CallReconnectSettings, random: () => number) {
    this.#settings = settings;
    this.#random = random;
  }

  /** How many attempts there were since a connection lasted, those that were refused included. */
  get attempts(): number {
    return this.#attempts;
  }

  /** How many of them the budget has refused. */
  get refusals(): number {
    return this.#refusals;
  }

  /** The next attempt is a call of its own. */
  begin(): void {
    this.#attempts = 0;
    this.#refusals = 0;
    this.#isCall = true;
  }

  /** A connection was up so long. */
  wasUp(uptimeMs: number): void {
    if (uptimeMs >= this.#settings.resetAfterMs) this.begin();
  }

  /** How long to wait before the next attempt; `undefined` when there is to be none. */
  next({ recovery, retryAfterMs, remainingMs }: Setback): number | undefined {
    if (recovery === 'no' || this.#attempts >= this.#settings.maxAttempts) return undefined;
    if (retryAfterMs !== undefined) {
      const limitMs = remainingMs === Infinity ? LONGEST_HINT_MS : remainingMs;
      if (retryAfterMs > limitMs) return undefined;
    }
    const waitMs = retryAfterMs ?? this.#backoff(recovery);
    if (waitMs >= remainingMs) return undefined;
    this.#attempts += 1;
    return waitMs;
  }

  /** Whether the attempt may be made that was waited for. The budget is told of it. */
  allows(request: TransportRequest): boolean {
    const { budget } = this.#settings;
    const isCall = this.#isCall;
    this.#isCall = false;
    if (budget === undefined || budget === false) return true;
    if (isCall) budget.record?.(request);
    if (isCall || budget.take(request)) return true;
    this.#refusals += 1;
    return false;
  }

  #backoff(recovery: Recovery): number {
    const { baseDelayMs, maxDelayMs } = this.#settings;
    if (recovery === 'later') return (maxDelayMs * (1 + this.#random())) / 2;
    return this.#random() * Math.min(maxDelayMs, baseDelayMs * 2 ** this.#attempts);
  }
}
