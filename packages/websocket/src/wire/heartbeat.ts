import type { Clock, TimerHandle } from '@linkspan/concurrency';

/** What a {@link Heartbeat} asks and tells. */
export interface HeartbeatHost {
  /** Sends a ping. */
  ping(): void;
  /** Whether nothing is read now, so that silence says nothing. */
  isPaused(): boolean;
  /** The peer was silent for `elapsedMs` after a ping. */
  onDead(elapsedMs: number): void;
}

/** How often a connection is looked at. */
export interface HeartbeatSettings {
  readonly pingMs: number;
  readonly pongMs: number;
  readonly clock: Clock;
}

/**
 * Finds connections whose peer is gone without a word: a ping every `pingMs`, and something has to
 * come within `pongMs` after it, whatever it is.
 */
export class Heartbeat {
  readonly #settings: HeartbeatSettings;
  readonly #host: HeartbeatHost;
  #timer: TimerHandle | undefined;
  #recheck: NodeJS.Immediate | undefined;
  #pingedAt = 0;
  /** Set by whoever hears something: too often for a call. */
  hasHeard = false;

  constructor(settings: HeartbeatSettings, host: HeartbeatHost) {
    this.#settings = settings;
    this.#host = host;
    if (settings.pingMs !== Infinity) this.#wait(settings.pingMs, this.#onInterval);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#settings.clock.clearTimeout(this.#timer);
    if (this.#recheck !== undefined) clearImmediate(this.#recheck);
    this.#timer = undefined;
    this.#recheck = undefined;
  }

  readonly #onInterval = (): void => {
    const { clock, pongMs } = this.#settings;
    this.hasHeard = false;
    this.#pingedAt = clock.now();
    this.#host.ping();
    this.#wait(pongMs, this.#onLimit);
  };

  readonly #onLimit = (): void => {
    // What came while the event loop was blocked is read first.
    this.#recheck = setImmediate(() => {
      this.#recheck = undefined;
      const { pingMs, pongMs, clock } = this.#settings;
      if (this.hasHeard) this.#wait(Math.max(1, pingMs - pongMs), this.#onInterval);
      // The pong may be among what is not read; the next look tells.
      else if (this.#host.isPaused()) this.#wait(pongMs, this.#onLimit);
      else this.#host.onDead(clock.now() - this.#pingedAt);
    });
  };

  /** The socket keeps the process alive, and not the clock that looks at it. */
  #wait(ms: number, callback: () => void): void {
    this.#timer = this.#settings.clock.setTimeout(callback, ms);
    (this.#timer as { readonly unref?: () => void } | undefined)?.unref?.();
  }
}
