import { ClosedError, type LinkspanError, type ResponseHeaders } from '@linkspan/core';
import type { Break } from '../client/dialer.ts';
import type { OpenedUpgrade } from '../connect/handshake.ts';
import { type LinkEnd, type LinkSettings, SocketLink } from '../wire/socket-link.ts';
import type { SessionClient, SessionConnection } from './session-client.ts';
import { type SessionDialer, unsupported } from './session-dialer.ts';
import { readSubprotocol } from './session-subprotocol.ts';
import type { SessionWire } from './session-wire.ts';

/** Another connection goes on with a session. */
export interface Resumption {
  /** What broke the connection before. */
  readonly error: LinkspanError;
  /** How long there was none. */
  readonly downMs: number;
}

/** Who is told what happens to the connections of a session. */
export interface CarrierListener {
  /** A connection is open, on which the session is to begin or to go on. */
  opened?(headers: ResponseHeaders, subprotocol: string): void;
  /** A connection has ended, whatever comes of it. */
  ended?(): void;
  /** A connection that carried the session has ended, and another one is made. */
  broke?(): void;
  /** It was made. */
  resumed?(resumption: Resumption): void;
}

/** Carries a session over connections that follow one another, until it is over. */
export class SessionCarrier<Message> {
  readonly #client: SessionClient<Message>;
  readonly #dialer: SessionDialer;
  readonly #settings: LinkSettings;
  readonly #listener: CarrierListener;
  readonly #toWire: (link: SocketLink) => SessionWire;
  #link: SocketLink | undefined;
  #connection: SessionConnection | undefined;
  /** How the present connection has ended, if it has. */
  #lastEnd: LinkEnd | undefined;
  #openedAt = 0;

  /** @param toWire says how the session uses a connection: most of all, how it closes it */
  constructor(
    client: SessionClient<Message>,
    dialer: SessionDialer,
    settings: LinkSettings,
    listener: CarrierListener,
    toWire: (link: SocketLink) => SessionWire = (link) => link,
  ) {
    this.#client = client;
    this.#dialer = dialer;
    this.#settings = settings;
    this.#listener = listener;
    this.#toWire = toWire;
  }

  /** The present connection, or the last one. */
  get link(): SocketLink | undefined {
    return this.#link;
  }

  /**
   * Makes connections until one goes on with the session.
   *
   * @param broke why there is none; `undefined` for the first.
   * @throws what the last one failed with.
   */
  async goOn(broke: Break | undefined): Promise<void> {
    let last = broke;
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one connection after another
      const upgrade = await this.#dialer.open(last);
      // oxlint-disable-next-line no-await-in-loop -- as above
      await this.#throwIfOver(upgrade);
      const connection = this.begin(upgrade);
      try {
        // oxlint-disable-next-line no-await-in-loop -- as above
        await connection.ready;
        return;
      } catch (error) {
        if (this.#client.session.isOver) throw error;
        const end = this.#lastEnd;
        last = {
          error: error as LinkspanError,
          recovery: end === undefined ? 'yes' : this.#dialer.recoveryOf(end),
        };
      }
    }
  }

  /**
   * The session begins, or goes on, over a connection that is open.
   *
   * @throws ProtocolError when its peer knows of no sessions.
   */
  begin({ opened, headers }: OpenedUpgrade): SessionConnection {
    const { isSession, subprotocol } = readSubprotocol(opened.webSocket.protocol);
    const link = new SocketLink(opened, this.#settings, {
      message: (message) => connection.receive(message),
      writable: () => {},
      ended: (end) => this.#onEnded(connection, end),
    });
    if (!isSession) {
      link.leave();
      throw unsupported();
    }
    this.#link = link;
    this.#lastEnd = undefined;
    this.#openedAt = this.#settings.clock.now();
    this.#listener.opened?.(headers, subprotocol);
    const connection = this.#client.begin(this.#toWire(link), link.peer);
    this.#connection = connection;
    link.resume();
    return connection;
  }

  /** Leaves the present connection at once, also before it was welcomed. */
  leave(code: number): void {
    this.#connection?.end({ code: 1006, reason: '' });
    this.#link?.leave(code);
  }

  /** The session may have ended while a connection was made for it. */
  async #throwIfOver({ opened }: OpenedUpgrade): Promise<void> {
    const { session } = this.#client;
    if (!session.isOver) return;
    opened.socket.destroy();
    const { error } = await session.closed;
    throw error ?? new ClosedError('Cannot go on with the session: it is over');
  }

  #onEnded(connection: SessionConnection, end: LinkEnd): void {
    this.#listener.ended?.();
    this.#lastEnd = end;
    const canGoOn = connection.end(end, end.error);
    // One that was not ready yet is waited for already.
    if (!canGoOn || !connection.isReady) return;
    this.#dialer.wasUp(this.#settings.clock.now() - this.#openedAt);
    this.#listener.broke?.();
    void this.#comeBack(end);
  }

  async #comeBack(end: LinkEnd): Promise<void> {
    const { clock } = this.#settings;
    const downSince = clock.now();
    const error = end.error ?? closedBy(end, this.#link?.peer ?? '');
    try {
      await this.goOn({ error, recovery: this.#dialer.recoveryOf(end) });
    } catch (failure) {
      this.#client.session.lose('no other connection could be made', failure);
      return;
    }
    this.#listener.resumed?.({ error, downMs: clock.now() - downSince });
  }
}

/** The end of a connection that was clean and of which no end of the session has told. */
function closedBy({ code }: LinkEnd, peer: string): ClosedError {
  return new ClosedError(`Cannot read on from ${peer}: the peer closed (${code})`, { sent: 'yes' });
}
