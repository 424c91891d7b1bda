import { nameErrorClass, StreamGapError } from '@linkspan/core';
import type { Undelivered } from './session-outbox.ts';

/**
 * A session has ended before its time: the peer no longer has it, or nobody came back to it. What it
 * had accepted and the peer has not confirmed is told, and was not repeated.
 */
export class SessionLostError extends StreamGapError {
  static {
    nameErrorClass(this, 'SessionLostError');
  }
  /** How many messages were sent and not confirmed, and how many were never sent. */
  readonly unconfirmedCount: number;
  readonly unsentCount: number;
  /**
   * What was sent and not confirmed (`sent: 'maybe'`): each of these may have reached the reader of
   * the peer, or not. As they were given to `send()`, in their order. Not printed.
   */
  declare readonly unconfirmed: readonly unknown[];
  /** What was accepted and never sent (`sent: 'no'`), in its order. Not printed. */
  declare readonly unsent: readonly unknown[];

  constructor(why: string, { unconfirmed, unsent }: Undelivered, cause?: unknown) {
    const told =
      unconfirmed.length + unsent.length === 0
        ? 'all messages of ours were confirmed'
        : `of our messages ${unconfirmed.length} were not confirmed, and ${unsent.length} not sent`;
    super(`Cannot go on with the session: ${why}; ${told}`, {
      code: 'ws_session_lost',
      // The session had begun: the peer has got it, if not all of its messages.
      sent: unconfirmed.length + unsent.length === 0 ? 'yes' : 'maybe',
      cause,
    });
    this.unconfirmedCount = unconfirmed.length;
    this.unsentCount = unsent.length;
    Object.defineProperties(this, {
      unconfirmed: { value: Object.freeze([...unconfirmed]) },
      unsent: { value: Object.freeze([...unsent]) },
    });
  }
}
