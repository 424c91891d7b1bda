import type { ClientState } from './client-status.ts';

/** How many times in a row something must be said before it is believed. */
export interface Thresholds {
  readonly downAfter: number;
  readonly upAfter: number;
}

/**
 * What the state of a client is, given what its checks and calls say, with hysteresis: a state that
 * is known gets worse only after `downAfter` bad signs in a row, and better after `upAfter` good ones.
 * The first sign of an idle client, and the outcome of a connect, are believed at once.
 *
 * Calls tell whether there is an answer, and not how fast it ought to come: they count for and
 * against `error`, and have no say in `degraded`.
 */
export class HealthState {
  state: ClientState = 'idle';
  /** Failures of checks and calls since the last success. */
  consecutiveFailures = 0;
  readonly #thresholds: Thresholds;
  /** Successes of checks and calls since the last failure. */
  #successes = 0;
  /** Checks in a row that were good; and that were not, failed or slow. */
  #goodChecks = 0;
  #poorChecks = 0;

  constructor(thresholds: Thresholds) {
    this.#thresholds = thresholds;
  }

  /** Whether a call that succeeds would change anything. */
  get isSettled(): boolean {
    return (
      this.consecutiveFailures === 0 && (this.state === 'connected' || this.state === 'degraded')
    );
  }

  beginConnect(): void {
    if (this.state === 'idle' || this.state === 'error') this.state = 'connecting';
  }

  connected(): void {
    // It may have been closed in the very turn in which it was connected.
    if (this.state === 'disconnected') return;
    if (this.state !== 'degraded') this.#become('connected');
    this.consecutiveFailures = 0;
  }

  connectFailed(): void {
    this.#fail();
    this.#become('error');
  }

  checked(result: 'good' | 'slow' | 'failed'): void {
    if (result === 'good') {
      this.#goodChecks += 1;
      this.#poorChecks = 0;
    } else {
      this.#goodChecks = 0;
      this.#poorChecks += 1;
    }
    if (result === 'failed') this.#fail();
    else this.#succeed(result === 'good' ? 'connected' : 'degraded');
    const { downAfter, upAfter } = this.#thresholds;
    if (this.state === 'connected' && this.#poorChecks >= downAfter) this.#become('degraded');
    if (this.state === 'degraded' && this.#goodChecks >= upAfter) this.#become('connected');
  }

  called(hasAnswer: boolean): void {
    if (hasAnswer) this.#succeed('connected');
    else this.#fail();
  }

  close(): void {
    this.state = 'disconnected';
  }

  #fail(): void {
    this.consecutiveFailures += 1;
    this.#successes = 0;
    const isDown = this.consecutiveFailures >= this.#thresholds.downAfter;
    // While it connects, the connect says what becomes of it.
    if (this.state === 'idle' || (isDown && this.state !== 'connecting')) this.#become('error');
  }

  #succeed(state: 'connected' | 'degraded'): void {
    this.consecutiveFailures = 0;
    this.#successes += 1;
    const isUp = this.state === 'error' && this.#successes >= this.#thresholds.upAfter;
    if (this.state === 'idle' || isUp) this.#become(state);
  }

  #become(state: ClientState): void {
    if (this.state === state) return;
    this.state = state;
    this.#successes = 0;
    this.#goodChecks = 0;
    this.#poorChecks = 0;
  }
}
