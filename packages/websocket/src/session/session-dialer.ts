import { ProtocolError } from '@linkspan/core';
import { Dialer } from '../client/dialer.ts';
import type { Recovery } from '../close-codes.ts';
import type { LinkEnd } from '../wire/socket-link.ts';

/** Opens the connections of a session, one after another. */
export class SessionDialer extends Dialer {
  /** A clean end that no end of the session has announced is none: something between has closed. */
  protected override knownRecovery(end: LinkEnd): Recovery {
    return end.code === 1000 ? 'yes' : super.knownRecovery(end);
  }
}

/** Whether an upgrade failed because the peer agreed to none of the subprotocols. */
export function isWithoutSubprotocol(error: unknown): boolean {
  const isHandshake = error instanceof ProtocolError && error.code === 'ws_handshake';
  return isHandshake && /subprotocol/i.test((error.cause as Error | undefined)?.message ?? '');
}
