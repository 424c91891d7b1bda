import type { Clock, TimerHandle } from '@linkspan/concurrency';
import type { ChannelEnd } from '@linkspan/core';
import type { CloseFrame } from '../close-codes.ts';

/** What {@link SessionEnds} asks and tells. */
export interface EndsHost {
  /** Whether the peer cannot be blamed for its silence. */
  isExcused(): boolean;
  /** The peer did not end its side in time. */
  late(): void;
}

/** How both sides of a session have ended, and the clock of the one that is waited for. */
export class SessionEnds {
  readonly #settings: { readonly closeMs: number; readonly clock: Clock };
  readonly #host: EndsHost;
  #timer: TimerHandle | undefined;
  /** How our side was ended by its owner. */
  own: CloseFrame | undefined;
  peer: CloseFrame | undefined;
  /** Whether the peer may go on talking behind our end, and is waited for as long as it does. */
  isListening = false;
  /** Set by whoever hears something. */
  hasHeard = false;

  constructor(settings: { readonly closeMs: number; readonly clock: Clock }, host: EndsHost) {
    this.#settings = settings;
    this.#host = host;
  }

  /** Whether a side has ended. */
  get hasBegun(): boolean {
    return this.own !== undefined || this.peer !== undefined;
  }

  /** Whether everything has come that anybody waits for. */
  get isWhole(): boolean {
    return this.peer !== undefined || (this.own !== undefined && !this.isListening);
  }

  /** What the session ends with, when it ends well. */
  get outcome(): ChannelEnd {
    if (this.own !== undefined) return { by: 'caller', ...this.own };
    return { by: 'peer', ...this.peer };
  }

  /** Waits for the end of the peer for `closeMs`; while it is listened to, for so much silence. */
  wait(): void {
    this.#timer ??= this.#settings.clock.setTimeout(() => {
      this.#timer = undefined;
      const isPatient = this.isListening && this.peer === undefined;
      const isAlive = isPatient && (this.hasHeard || this.#host.isExcused());
      this.hasHeard = false;
      if (isAlive) this.wait();
      else this.#host.late();
    }, this.#settings.closeMs);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#settings.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
