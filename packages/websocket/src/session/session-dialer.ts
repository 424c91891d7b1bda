import { ProtocolError } from '@linkspan/core';
import { type Break, Dialer } from '../client/dialer.ts';
import type { Recovery } from '../close-codes.ts';
import type { OpenedUpgrade } from '../connect/handshake.ts';
import type { LinkEnd } from '../wire/socket-link.ts';
import { SESSION_SUBPROTOCOL } from './session-frame.ts';

const UNSUPPORTED = 'ws_session_unsupported';

/** Opens the connections of a session, one after another. */
export class SessionDialer extends Dialer {
  /** @throws ProtocolError also when the server agrees to no session. */
  override async open(broke: Break | undefined): Promise<OpenedUpgrade> {
    try {
      return await super.open(broke);
    } catch (error) {
      throw asUnsupported(error);
    }
  }

  /** A clean end that no end of the session has announced is none: something between has closed. */
  protected override knownRecovery(end: LinkEnd): Recovery {
    return end.code === 1000 ? 'yes' : super.knownRecovery(end);
  }
}

/** The failure of a client that wants a session, with a server that agrees to none. */
export function unsupported(cause?: unknown): ProtocolError {
  return new ProtocolError(
    `Cannot open a session: the peer does not agree to the subprotocol ${SESSION_SUBPROTOCOL}`,
    { code: UNSUPPORTED, phase: 'headers', cause },
  );
}

/** Whether it is that failure. */
export function isUnsupported(error: unknown): boolean {
  return error instanceof ProtocolError && error.code === UNSUPPORTED;
}

/** What a failed upgrade that asked for a session is to its caller. */
export function asUnsupported(error: unknown): unknown {
  return isWithoutSubprotocol(error) ? unsupported(error) : error;
}

/** Whether an upgrade failed because the peer agreed to none of the subprotocols; ws says so in words. */
function isWithoutSubprotocol(error: unknown): boolean {
  const isHandshake = error instanceof ProtocolError && error.code === 'ws_handshake';
  return isHandshake && /subprotocol/i.test((error.cause as Error | undefined)?.message ?? '');
}
