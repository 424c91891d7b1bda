import { randomUUID } from 'node:crypto';
import type { TimerHandle } from '@linkspan/concurrency';
import { type LinkspanError, ProtocolError, TimeoutError } from '@linkspan/core';
import type { CloseFrame } from '../close-codes.ts';
import { showMs } from '../show-ms.ts';
import type { WireMessage } from '../wire/inbox.ts';
import { broken, readFrame, type WelcomeFrame, writeFrame } from './session-frame.ts';
import type { SessionClocks, SessionSettings } from './session-options.ts';
import { SESSION_CODES, type SessionWire } from './session-wire.ts';
import { Session } from './session.ts';

/** One connection of a session, as the client sees it. */
export interface SessionConnection {
  /** Whether the peer goes on with the session. */
  readonly isReady: boolean;
  /**
   * Resolves when the peer goes on with the session.
   *
   * @throws ProtocolError when it does not speak of sessions, TimeoutError after `handshakeMs`; also
   * when the connection ends before: then another one may do.
   */
  readonly ready: Promise<void>;
  /** A message came. */
  receive(data: WireMessage): void;
  /** The connection has ended. Gives whether another one can go on: `false` when the session is over. */
  end(frame: CloseFrame, error?: LinkspanError): boolean;
}

/**
 * The client's side of a session. Whoever makes the connections calls `begin` on each one that is
 * open, hands it what comes, and tells it of the end; and `session.lose()` when no more will be made.
 */
export class SessionClient<Message> {
  readonly session: Session<Message>;
  readonly #settings: SessionSettings & SessionClocks;
  /** Made here, so that a hello whose welcome was lost can be said again. */
  readonly #id: string = randomUUID();
  #isWelcome = false;

  /** @param decode makes of a message what the reader gets */
  constructor(
    settings: SessionSettings & SessionClocks,
    decode: (payload: WireMessage) => Message,
  ) {
    this.session = new Session(settings, decode);
    this.#settings = settings;
  }

  /**
   * The session goes on over a connection that is open, or begins there.
   *
   * @param peer stands in messages: `wss://api.example.com`
   */
  begin(wire: SessionWire, peer: string): SessionConnection {
    const { session } = this;
    const connection = new ClientConnection(wire, session, this.#settings, peer, (welcome) => {
      if (welcome.session !== this.#id) throw broken('it goes on with another session');
      this.#isWelcome = true;
      session.attach(wire, welcome);
    });
    wire.send(
      writeFrame({
        kind: 'hello',
        session: this.#id,
        resume: this.#isWelcome,
        ...session.tellPlace(),
      }),
    );
    return connection;
  }
}

/** What a connection does with the session that it carries. */
type CarriedSession = Pick<Session<never>, 'receive' | 'detach' | 'lose' | 'fail' | 'isOver'>;

class ClientConnection implements SessionConnection {
  readonly ready: Promise<void>;
  readonly #wire: SessionWire;
  readonly #session: CarriedSession;
  readonly #settings: SessionClocks;
  readonly #peer: string;
  readonly #onWelcome: (frame: WelcomeFrame) => void;
  readonly #timer: TimerHandle | undefined;
  isReady = false;
  #waiting: PromiseWithResolvers<void> | undefined;

  constructor(
    wire: SessionWire,
    session: CarriedSession,
    settings: SessionClocks,
    peer: string,
    onWelcome: (frame: WelcomeFrame) => void,
  ) {
    this.#wire = wire;
    this.#session = session;
    this.#settings = settings;
    this.#peer = peer;
    this.#onWelcome = onWelcome;
    this.#waiting = Promise.withResolvers();
    this.ready = this.#waiting.promise;
    // Whoever wants to know awaits it.
    this.ready.catch(() => {});
    const { handshakeMs, clock } = settings;
    if (handshakeMs !== Infinity) {
      this.#timer = clock.setTimeout(() => this.#refuse(this.#timedOut()), handshakeMs);
    }
  }

  receive(data: WireMessage): void {
    if (this.#waiting === undefined) this.#session.receive(this.#wire, data);
    else this.#begin(data);
  }

  end({ code }: CloseFrame, error?: LinkspanError): boolean {
    this.#settle(error ?? this.#failure('the connection ended before', 'ws_session_handshake'));
    this.#session.detach(this.#wire);
    if (code === SESSION_CODES.gone) {
      this.#session.lose('the peer no longer has it', error);
    } else if (code === SESSION_CODES.takenOver) {
      this.#session.lose('another connection goes on with it', error);
    } else if (code === SESSION_CODES.protocol) {
      this.#session.fail(error ?? this.#failure('we broke the protocol', 'ws_session_protocol'));
    }
    return !this.#session.isOver;
  }

  #begin(data: WireMessage): void {
    try {
      const frame = readFrame(data);
      if (frame.kind !== 'welcome') throw broken('expected a welcome');
      this.#onWelcome(frame);
      this.isReady = true;
      this.#settle(undefined);
    } catch (error) {
      this.#refuse(error as LinkspanError);
    }
  }

  /** A silent peer may speak on the next connection; one that speaks otherwise will not. */
  #refuse(error: LinkspanError): void {
    const isSilent = error instanceof TimeoutError;
    this.#settle(error);
    this.#wire.close({
      code: isSilent ? 1001 : SESSION_CODES.protocol,
      reason: 'expected the welcome of a session',
    });
    if (!isSilent) this.#session.fail(error);
  }

  #settle(error: LinkspanError | undefined): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    this.#settings.clock.clearTimeout(this.#timer);
    if (error === undefined) waiting.resolve();
    else waiting.reject(error);
  }

  #timedOut(): TimeoutError {
    const { handshakeMs } = this.#settings;
    return new TimeoutError(
      `Cannot open the session with ${this.#peer}: no welcome came within ${showMs(handshakeMs)} (handshakeMs)`,
      {
        clock: 'handshakeMs',
        code: 'ws_session_handshake',
        limitMs: handshakeMs,
        elapsedMs: handshakeMs,
        phase: 'headers',
        retryable: 'yes',
      },
    );
  }

  #failure(state: string, code: string): ProtocolError {
    return new ProtocolError(`Cannot open the session with ${this.#peer}: ${state}`, {
      code,
      phase: 'headers',
      retryable: 'yes',
    });
  }
}
