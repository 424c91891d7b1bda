import type { WireMessage } from '../wire/inbox.ts';

/** A connection, as a session uses it: `SocketLink` is one. */
export interface SessionWire {
  /** How many bytes wait to be sent. */
  readonly bufferedBytes: number;
  /** Sends a frame: text as text, bytes as binary. It never throws. */
  send(frame: WireMessage): void;
  /** Says farewell, and leaves when it is answered, or soon after. */
  close(reason: { readonly code: number; readonly reason: string }): void;
}

/** Codes that close a connection for a reason of sessions. */
export const SESSION_CODES = { protocol: 1002, takenOver: 4409, gone: 4410 } as const;
