import type { Recovery } from '../close-codes.ts';
import type { ReconnectSettings } from './reconnect-options.ts';

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

/** When to connect again. It counts attempts, and forgets them only after a connection that lasted. */
export class ReconnectSchedule {
  readonly #settings: ReconnectSettings;
  readonly #random: () => number;
  #attempts = 0;

  constructor(settings: ReconnectSettings, random: () => number) {
    this.#settings = settings;
    this.#random = random;
  }

  /** How many attempts there were since a connection lasted. */
  get attempts(): number {
    return this.#attempts;
  }

  /** A connection was up so long. */
  wasUp(uptimeMs: number): void {
    if (uptimeMs >= this.#settings.resetAfterMs) this.#attempts = 0;
  }

  /** How long to wait before the next attempt; `undefined` when there is to be none. */
  next({ recovery, retryAfterMs, remainingMs }: Setback): number | undefined {
    const { maxAttempts, budget } = this.#settings;
    if (recovery === 'no' || this.#attempts >= maxAttempts) return undefined;
    if (retryAfterMs !== undefined) {
      const limitMs = remainingMs === Infinity ? LONGEST_HINT_MS : remainingMs;
      if (retryAfterMs > limitMs) return undefined;
    }
    const waitMs = retryAfterMs ?? this.#backoff(recovery);
    if (waitMs >= remainingMs || budget?.take() === false) return undefined;
    this.#attempts += 1;
    return waitMs;
  }

  #backoff(recovery: Recovery): number {
    const { baseDelayMs, maxDelayMs } = this.#settings;
    if (recovery === 'later') return (maxDelayMs * (1 + this.#random())) / 2;
    return this.#random() * Math.min(maxDelayMs, baseDelayMs * 2 ** this.#attempts);
  }
}
