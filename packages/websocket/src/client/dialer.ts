import type { Deadline } from '@linkspan/concurrency';
import {
  type CallContext,
  isLinkspanError,
  type LinkspanError,
  pause,
  reportHookError,
  type TransportRequest,
} from '@linkspan/core';
import { addToMessage } from '@linkspan/core/wire';
import { type Recovery, recoveryOf } from '../close-codes.ts';
import type { OpenedUpgrade } from '../connect/handshake.ts';
import type { LinkEnd } from '../wire/socket-link.ts';
import type { CallReconnectSettings } from './reconnect-options.ts';
import { ReconnectSchedule } from './reconnect-schedule.ts';

/** What broke, and whether to come back. */
export interface Break {
  readonly error: LinkspanError;
  readonly recovery: Recovery;
}

/** Makes one attempt at a connection. */
export interface ConnectionOpener {
  /** What the next attempt sends, with an absolute target. */
  request(): TransportRequest | Promise<TransportRequest>;
  /** @throws StatusError for an upgrade that is refused, and other failures; `signal.reason`. */
  open(request: TransportRequest, context: CallContext): Promise<OpenedUpgrade>;
}

/** Opens connections that follow one another, when the schedule says so. */
export class Dialer {
  readonly #opener: ConnectionOpener;
  readonly #reconnect: CallReconnectSettings | false;
  readonly #schedule: ReconnectSchedule | undefined;
  readonly #deadline: Deadline;
  readonly #signal: AbortSignal;

  constructor(
    opener: ConnectionOpener,
    random: () => number,
    reconnect: CallReconnectSettings | false,
    deadline: Deadline,
    signal: AbortSignal,
  ) {
    this.#opener = opener;
    this.#reconnect = reconnect;
    this.#schedule = reconnect === false ? undefined : new ReconnectSchedule(reconnect, random);
    this.#deadline = deadline;
    this.#signal = signal;
  }

  /** How many attempts there were since a connection lasted. */
  get attempts(): number {
    return this.#schedule?.attempts ?? 0;
  }

  /** What an attempt is bound by. */
  get context(): CallContext {
    return {
      signal: this.#signal,
      deadline: this.#deadline,
      attempt: this.attempts + 1,
      streaming: true,
      attemptMs: Infinity,
      idleMs: Infinity,
      acceptStatus: (status) => status < 400,
    };
  }

  /** A connection was up so long. */
  wasUp(uptimeMs: number): void {
    this.#schedule?.wasUp(uptimeMs);
  }

  /** Whether to connect again after such an end of a connection. */
  recoveryOf(end: LinkEnd): Recovery {
    const chosen = this.#reconnect === false ? undefined : this.#reconnect.codes[end.code];
    return chosen === undefined ? this.knownRecovery(end) : chosen ? 'yes' : 'no';
  }

  /** The same, where the caller has not said so. */
  protected knownRecovery({ code, error }: LinkEnd): Recovery {
    // What breaks the protocol, or is too large, would come again.
    return error?.retryable === 'no' ? 'no' : recoveryOf(code);
  }

  /**
   * Opens a connection, in as many attempts as there may be: the first at once, unless one broke.
   *
   * @throws what broke, or what the last attempt failed with; the reason of the signal.
   */
  async open(broke: Break | undefined): Promise<OpenedUpgrade> {
    let last = broke;
    if (last === undefined) this.#schedule?.begin();
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one attempt after another
      if (last !== undefined) await this.#waitAfter(last);
      try {
        // oxlint-disable-next-line no-await-in-loop -- as above
        const request = await this.#opener.request();
        if (this.#schedule?.allows(request) === false) continue;
        // oxlint-disable-next-line no-await-in-loop -- as above
        return await this.#opener.open(request, this.context);
      } catch (error) {
        if (this.#signal.aborted || !isLinkspanError(error)) throw error;
        last = { error, recovery: error.retryable === 'no' ? 'no' : 'yes' };
      }
    }
  }

  async #waitAfter({ error, recovery }: Break): Promise<void> {
    const { remainingMs } = this.#deadline;
    const { retryAfterMs } = error;
    const waitMs = this.#schedule?.next({ recovery, retryAfterMs, remainingMs });
    const { attempts } = this;
    if (waitMs === undefined) {
      const refusals = this.#schedule?.refusals ?? 0;
      error.attempts = Math.max(1, attempts - refusals);
      if (refusals > 0) addToMessage(error, `; the retry budget refused ${timesOf(refusals)}`);
      throw error;
    }
    try {
      if (this.#reconnect !== false) {
        this.#reconnect.onRetry?.({ error, attempt: attempts, waitMs });
      }
    } catch (hookError) {
      reportHookError('onRetry', hookError);
    }
    await pause(waitMs, this.context);
  }
}

function timesOf(refusals: number): string {
  return refusals === 1 ? 'another attempt' : `${refusals} attempts`;
}
