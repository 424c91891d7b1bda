import {
  attemptTimeoutError,
  type CallContext,
  ClosedError,
  type CloseReason,
  ConnectionResetError,
  createBody,
  deadlineError,
  type FailableBody,
  HeadRace,
  type Payload,
  type Send,
  type TransportRequest,
} from '@linkspan/core';
import { normalizeHeaders } from '@linkspan/core/wire';
import type { ConnectionOpener } from '../client/dialer.ts';
import { openWebSocket } from '../client/open-socket.ts';
import type { CallReconnectSettings } from '../client/reconnect-options.ts';
import { closeFailure } from '../close-codes.ts';
import type { OpenedUpgrade } from '../connect/handshake.ts';
import { mergeHeaders, SUBPROTOCOLS, type UpgradeHeaders } from '../connect/upgrade-headers.ts';
import type { WireMessage } from '../wire/inbox.ts';
import { PayloadPump } from '../wire/payload-pump.ts';
import type { LinkSettings, SocketLink } from '../wire/socket-link.ts';
import { SessionCarrier } from './session-carrier.ts';
import { SessionClient } from './session-client.ts';
import { SessionDialer } from './session-dialer.ts';
import type { SessionClientSettings, SessionClocks } from './session-options.ts';
import { offerSession } from './session-subprotocol.ts';
import { SESSION_CODES, type SessionWire } from './session-wire.ts';
import type { Session } from './session.ts';

/** What a call over a session is made with. */
interface SessionCallSettings extends LinkSettings, SessionClocks, UpgradeHeaders {
  /** How its connections are made again. */
  readonly reconnect: CallReconnectSettings;
}

/** What a call over a session is. */
export interface CallFacts {
  /** Sends an upgrade. */
  readonly send: Send;
  /** What is sent for each connection. */
  readonly upgrade: TransportRequest;
  readonly context: CallContext;
  /** Stands in messages: `wss://api.example.com` */
  readonly peer: string;
}

/** The upgrade of a call that wants a session: with the subprotocols that ask for one. */
export function offerSessionOn(
  request: TransportRequest,
  settings: UpgradeHeaders,
  orPlain: boolean,
): TransportRequest {
  const { subprotocols } = mergeHeaders(settings, request.headers);
  const offered = offerSession(subprotocols, orPlain).join(', ');
  // A name that was written otherwise must not stay beside it.
  const headers = normalizeHeaders(request.headers ?? {});
  return { ...request, headers: { ...headers, [SUBPROTOCOLS]: offered } };
}

/**
 * One call over a session: its payload is sent while its body comes, over connections that follow one
 * another. Whoever leaves the body gives the session up.
 */
export class SessionCall {
  /** Resolves when the session is over, and its body read, or left; it never rejects. */
  readonly over: Promise<void>;
  readonly #session: Session<WireMessage>;
  readonly #carrier: SessionCarrier<WireMessage>;
  readonly #context: CallContext;
  readonly #peer: string;
  readonly #mayBeginAgain: boolean;
  readonly #race: HeadRace<void>;
  /** Ends the making of a connection that nobody wants any more. */
  readonly #controller = new AbortController();
  #pump: PayloadPump | undefined;
  #body: FailableBody<WireMessage> | undefined;

  constructor(settings: SessionCallSettings, session: SessionClientSettings, facts: CallFacts) {
    const { send, upgrade, context, peer } = facts;
    const client = new SessionClient({ ...settings, ...session }, (message) => message);
    const opener: ConnectionOpener = {
      request: () => upgrade,
      open: (request, each) => openWebSocket(send, request, each, peer),
    };
    const { signal } = this.#controller;
    this.#session = client.session;
    this.#context = context;
    this.#peer = peer;
    this.#mayBeginAgain = upgrade.idempotent !== false;
    // The clock of the attempt has begun with the upgrade.
    this.#race = new HeadRace({ ...context, attemptMs: Infinity });
    this.#carrier = new SessionCarrier(
      client,
      new SessionDialer(opener, Math.random, settings.reconnect, context.deadline, signal),
      settings,
      {},
      toWire,
    );
    this.over = this.#session.closed.then(({ error }) => {
      this.#pump?.stop();
      this.#controller.abort(error ?? gaveUp());
      return new Promise((resolve) => {
        if (this.#body === undefined) resolve();
        else this.#body.onClose(resolve);
      });
    });
  }

  /**
   * Begins the session on the first connection.
   *
   * @param startedAt when the attempt began, on the clock of its deadline
   * @throws ProtocolError when the peer knows of no sessions, what ended the connection before it was
   * welcome, TimeoutError for a clock, the caller's `signal.reason`.
   */
  async begin(opened: OpenedUpgrade, startedAt: number): Promise<void> {
    const { attemptMs, deadline } = this.#context;
    const { clock } = deadline;
    const timer =
      attemptMs === Infinity
        ? undefined
        : clock.setTimeout(
            () => {
              const place = { phase: 'headers', sent: 'maybe', startedAt } as const;
              this.#race.fail(attemptTimeoutError(this.#context, place));
            },
            Math.max(0, attemptMs - (clock.now() - startedAt)),
          );
    try {
      const { ready } = this.#carrier.begin(opened);
      if (deadline.remainingMs === 0) {
        throw deadlineError(this.#context, { phase: 'headers', sent: 'maybe', startedAt });
      }
      await this.#race.run(() => ready);
    } catch (error) {
      this.#giveUp(error);
      throw this.#isWorthAnother(error) ? brokeBefore(this.#peer, error) : error;
    } finally {
      if (timer !== undefined) clock.clearTimeout(timer);
    }
  }

  /** Nothing but a hello was sent: another session does no harm, unless the caller knows better. */
  #isWorthAnother(error: unknown): boolean {
    const isBroken = error instanceof ConnectionResetError && error.retryable === 'if-idempotent';
    return isBroken && this.#mayBeginAgain;
  }

  /** Ends the wait for the welcome, or the body, with this error, and leaves at once. */
  fail(error: unknown): void {
    this.#race.fail(error);
    this.#body?.fail(error);
    this.#giveUp(error);
  }

  /** Begins to send the payload. Gives what the peer says meanwhile. */
  converse(payload: Payload | undefined): FailableBody<WireMessage> {
    const session = this.#session;
    const { inbox } = session;
    const source: AsyncIterableIterator<WireMessage, CloseReason | undefined> = {
      [Symbol.asyncIterator]: () => source,
      next: async () => {
        const read = await inbox.next();
        if (read.done !== true || read.value?.code === undefined) return read;
        const { code, reason = '' } = read.value;
        const failure = closeFailure({ code, reason }, this.#carrier.link?.peer ?? '');
        if (failure !== undefined) throw failure;
        return read;
      },
      return: async () => {
        this.#leave();
        return { done: true, value: undefined };
      },
    };
    const body = createBody<WireMessage>(source, this.#context);
    const pump = new PayloadPump({
      isWritable: true,
      send: async (message, given) => {
        try {
          await session.send(message, undefined, given);
        } catch {
          // The session takes nothing more: the body tells why.
          pump.stop();
        }
      },
      payloadEnded: (reason) => session.end(reason?.code, reason?.reason),
      payloadFailed: (error) => {
        // The peer must not take what it has for the whole.
        this.#giveUp(error);
        body.fail(error);
      },
    });
    this.#pump = pump;
    this.#body = body;
    void pump.start(payload);
    return body;
  }

  /** Leaves at once, behind a farewell: nobody reads any more. */
  #leave(): void {
    this.#pump?.stop();
    if (this.#session.isOver) return;
    void this.#session.inbox.return();
    this.#giveUp(gaveUp());
  }

  #giveUp(error: unknown): void {
    this.#session.fail(error);
    this.#carrier.leave(SESSION_CODES.gone);
  }
}

function brokeBefore(peer: string, cause: unknown): ConnectionResetError {
  const message = `Cannot open the session with ${peer}: the connection broke before the peer agreed`;
  return new ConnectionResetError(message, {
    code: 'ws_abnormal',
    phase: 'headers',
    sent: 'maybe',
    retryable: 'yes',
    cause,
  });
}

function gaveUp(): ClosedError {
  return new ClosedError('Cannot go on with the session: it was given up');
}

/** A peer that goes on talking is not waited for. */
function toWire(link: SocketLink): SessionWire {
  return {
    get bufferedBytes() {
      return link.bufferedBytes;
    },
    send: (frame) => link.send(frame),
    close: ({ code, reason }) => link.leave(code, reason),
  };
}
