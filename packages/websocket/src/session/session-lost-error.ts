import { nameErrorClass, StreamGapError } from '@linkspan/core';
import type { WireMessage } from '../wire/inbox.ts';

/**
 * A session has ended before its time: the peer no longer has it, or nobody came back to it. Whether
 * the messages that were sent and not confirmed have reached the reader of the peer is not known.
 */
export class SessionLostError extends StreamGapError {
  static {
    nameErrorClass(this, 'SessionLostError');
  }
  /** How many messages were sent and not confirmed. */
  readonly unconfirmedCount: number;
  /** These messages, in their order, text and bytes as they were to be sent. Not printed. */
  declare readonly unconfirmed: readonly WireMessage[];

  constructor(why: string, unconfirmed: readonly WireMessage[], cause?: unknown) {
    const { length } = unconfirmed;
    const told =
      length === 0
        ? 'every message of ours was confirmed'
        : `${length} ${length === 1 ? 'message of ours was' : 'messages of ours were'} not confirmed`;
    super(`Cannot go on with the session: ${why}; ${told}`, {
      code: 'ws_session_lost',
      sent: length === 0 ? 'no' : 'maybe',
      cause,
    });
    this.unconfirmedCount = length;
    Object.defineProperty(this, 'unconfirmed', { value: Object.freeze([...unconfirmed]) });
  }
}
