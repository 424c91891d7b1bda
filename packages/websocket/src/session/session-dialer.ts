import type { Deadline } from '@linkspan/concurrency';
import {
  type CallContext,
  isLinkspanError,
  type LinkspanError,
  pause,
  ProtocolError,
  reportHookError,
} from '@linkspan/core';
import type { ReconnectSettings } from '../client/reconnect-options.ts';
import { ReconnectSchedule } from '../client/reconnect-schedule.ts';
import { SocketOpener } from '../client/open-socket.ts';
import type { WebSocketUrl } from '../client/connect-web-socket.ts';
import { type Recovery, recoveryOf } from '../close-codes.ts';
import type { ConnectionSettings } from '../connect/connection-options.ts';
import type { UpgradeResponse } from '../connect/handshake.ts';
import type { LinkEnd } from '../wire/socket-link.ts';

/** What broke, and whether to come back. */
export interface Break {
  readonly error: LinkspanError;
  readonly recovery: Recovery;
}

/** Opens the connections of a session, one after another, when the schedule says so. */
export class SessionDialer {
  readonly #opener: SocketOpener;
  readonly #reconnect: ReconnectSettings;
  readonly #schedule: ReconnectSchedule;
  readonly #deadline: Deadline;
  readonly #signal: AbortSignal;

  constructor(
    url: WebSocketUrl,
    settings: ConnectionSettings & { readonly random: () => number },
    reconnect: ReconnectSettings,
    deadline: Deadline,
    signal: AbortSignal,
  ) {
    this.#opener = new SocketOpener(url, settings);
    this.#reconnect = reconnect;
    this.#schedule = new ReconnectSchedule(reconnect, settings.random);
    this.#deadline = deadline;
    this.#signal = signal;
  }

  /** How many attempts there were since a connection lasted. */
  get attempts(): number {
    return this.#schedule.attempts;
  }

  /** What an attempt is bound by. */
  get context(): CallContext {
    return {
      signal: this.#signal,
      deadline: this.#deadline,
      attempt: this.#schedule.attempts + 1,
      streaming: true,
      attemptMs: Infinity,
      idleMs: Infinity,
      acceptStatus: (status) => status < 400,
    };
  }

  /** A connection was up so long. */
  wasUp(uptimeMs: number): void {
    this.#schedule.wasUp(uptimeMs);
  }

  /**
   * Whether a session may go on after such an end of a connection. A clean one that no end of the
   * session has announced is one too: something between has closed.
   */
  recoveryOf({ code, error }: LinkEnd): Recovery {
    const chosen = this.#reconnect.codes[code];
    if (chosen !== undefined) return chosen ? 'yes' : 'no';
    if (code === 1000) return 'yes';
    return error?.retryable === 'no' ? 'no' : recoveryOf(code);
  }

  /**
   * Opens a connection, in as many attempts as there may be: the first at once, unless one broke.
   *
   * @throws what broke, or what the last attempt failed with; the reason of the signal.
   */
  async open(broke: Break | undefined): Promise<Required<UpgradeResponse>> {
    let last = broke;
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one attempt after another
      if (last !== undefined) await this.#waitAfter(last);
      try {
        // oxlint-disable-next-line no-await-in-loop -- as above
        return await this.#opener.open(this.context);
      } catch (error) {
        if (this.#signal.aborted || !isLinkspanError(error)) throw error;
        last = { error, recovery: error.retryable === 'no' ? 'no' : 'yes' };
      }
    }
  }

  async #waitAfter({ error, recovery }: Break): Promise<void> {
    const { remainingMs } = this.#deadline;
    const { retryAfterMs } = error;
    const waitMs = this.#schedule.next({ recovery, retryAfterMs, remainingMs });
    const { attempts } = this.#schedule;
    if (waitMs === undefined) {
      error.attempts = Math.max(1, attempts);
      throw error;
    }
    try {
      this.#reconnect.onRetry?.({ error, attempt: attempts, waitMs });
    } catch (hookError) {
      reportHookError('onRetry', hookError);
    }
    await pause(waitMs, this.context);
  }
}

/** Whether an upgrade failed because the peer agreed to none of the subprotocols. */
export function isWithoutSubprotocol(error: unknown): boolean {
  const isHandshake = error instanceof ProtocolError && error.code === 'ws_handshake';
  return isHandshake && /subprotocol/i.test((error.cause as Error | undefined)?.message ?? '');
}
