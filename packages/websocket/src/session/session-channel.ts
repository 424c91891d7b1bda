import type { IncomingMessage } from 'node:http';
import type { ChannelEnd, CloseReason } from '@linkspan/core';
import { encodeMessage } from '../wire/encode-message.ts';
import type { WireMessage } from '../wire/inbox.ts';
import type { Session } from './session.ts';

/** A session, as a server talks on it: one channel over all the connections of the client. */
export interface SessionChannel
  extends AsyncIterable<WireMessage, CloseReason | undefined>, AsyncDisposable {
  /** The application's own subprotocol; `''` for none. */
  readonly subprotocol: string;
  /** The upgrade of its first connection. */
  readonly request: IncomingMessage;
  /** Whether the client is connected now. */
  readonly isConnected: boolean;
  /** How many accepted messages the reader of the client has not got, as far as is known. */
  readonly unconfirmedCount: number;
  /**
   * Sends text as text, bytes as binary, other values as JSON. Resolves when the message is kept, to
   * be sent until the client has confirmed it; while too much is unconfirmed, that waits.
   *
   * @throws ClosedError when the session is closed, SerializationError for a value that is no JSON.
   */
  send(message: unknown, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Ends the session behind what was sent. Waits for the client to end its side, for `closeMs`. */
  close(code?: number, reason?: string): Promise<void>;
  /**
   * Resolves when the session is over; it never rejects. What was not confirmed by then is in its
   * `error`, a `SessionLostError`.
   */
  readonly closed: Promise<ChannelEnd>;
}

/** What the first connection of a session was. */
export interface FirstConnection {
  readonly subprotocol: string;
  readonly request: IncomingMessage;
}

/** Makes the channel of a session. */
export function sessionChannel(
  session: Session<WireMessage>,
  { subprotocol, request }: FirstConnection,
): SessionChannel {
  return {
    subprotocol,
    request,
    get isConnected() {
      return session.isAttached;
    },
    get unconfirmedCount() {
      return session.unconfirmedCount;
    },
    send: async (message, options) =>
      await session.send(encodeMessage(message), options?.signal, message),
    close: (code, reason) => session.close(code, reason),
    closed: session.closed,
    [Symbol.asyncIterator]: () => session.inbox,
    [Symbol.asyncDispose]: () => session.close(),
  };
}
