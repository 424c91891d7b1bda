import type { IncomingMessage } from 'node:http';
import { parseSettings, reportHookError, setting, type SettingsTable } from '@linkspan/core';
import type { WebSocket } from 'ws';
import { connectionSettings } from '../connect/connection-options.ts';
import { type LinkListener, type LinkSettings, SocketLink } from '../wire/socket-link.ts';
import { type FirstConnection, type SessionChannel, sessionChannel } from './session-channel.ts';
import { SESSION_SUBPROTOCOL } from './session-frame.ts';
import { type HostListener, type HostSettings, SessionHost } from './session-host.ts';
import { type SessionClocks, type SessionOptions, sessionSettings } from './session-options.ts';
import { readSubprotocol, selectSubprotocol } from './session-subprotocol.ts';
import { SESSION_CODES, type SessionWire } from './session-wire.ts';

/** How a server keeps sessions. Durations are milliseconds. */
export interface AcceptSessionsOptions extends SessionOptions, Partial<SessionClocks> {
  /** The subprotocols of the application that are agreed to. @default none: a session without one */
  readonly subprotocols?: readonly string[] | undefined;
  /** How long a session is kept whose client is away. @default 60_000 */
  readonly graceMs?: number | undefined;
  /**
   * How many sessions are kept. Where there are more, the one whose client has been away for longest
   * is lost; where none is away, the newcomer is refused with 1013. Each takes at most the memory of
   * what may be unconfirmed, of what may be unread, and of one message. @default 1_000
   */
  readonly maxSessions?: number | undefined;
  /**
   * Who a client is, by its upgrade: only the same may go on with a session. Without it, whoever knows
   * the id of a session may, which is random, and which its client tells nobody else.
   */
  readonly identify?: ((request: IncomingMessage) => string | undefined) | undefined;
  /** Takes the connections of clients that want no session. @default they are closed with 1002 */
  readonly plain?: ((webSocket: WebSocket, request: IncomingMessage) => void) | undefined;
  /** Told what a handler, or `identify`, threw: also that a session was lost. @default a process warning */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** How often a ping is sent. @default 20_000 */
  readonly pingMs?: number | undefined;
  /** How long a client may be silent after a ping. Its connection is then broken. @default 10_000 */
  readonly pongMs?: number | undefined;
}

interface AcceptSettings extends HostSettings, LinkSettings {
  readonly subprotocols: readonly string[];
  readonly identify: AcceptSessionsOptions['identify'];
  readonly plain: AcceptSessionsOptions['plain'];
  readonly onError: AcceptSessionsOptions['onError'];
}

type AcceptOptions = AcceptSessionsOptions & { readonly highWaterBytes?: number | undefined };

const { subprotocols, pingMs, pongMs, closeMs, handshakeMs, highWaterBytes, clock } =
  connectionSettings;

const acceptSettings: SettingsTable<AcceptSettings, AcceptOptions> = {
  ...sessionSettings,
  subprotocols,
  pingMs,
  pongMs,
  closeMs,
  handshakeMs,
  highWaterBytes,
  clock,
  graceMs: setting.durationMs({ default: 60_000, min: 0, finite: true }),
  maxSessions: setting.integer({ default: 1_000, min: 1 }),
  identify: setting.callback({ optional: true }) as never,
  plain: setting.callback({ optional: true }) as never,
  onError: setting.callback({ optional: true }) as never,
};

/** What a `WebSocketServer` of ws is given, to serve sessions. */
export interface SessionServer extends AsyncDisposable {
  /** For the option of this name: says which subprotocol is agreed to. */
  readonly handleProtocols: (offered: Set<string>) => string | false;
  /** For its event `connection`. */
  readonly handleConnection: (webSocket: WebSocket, request: IncomingMessage) => void;
  /** How many sessions there are, also those whose client is away. */
  readonly size: number;
  /** Ends every session with 1001, takes no new one, and waits for the clients, for `closeMs`. Idempotent. */
  close(): Promise<void>;
}

/**
 * Serves sessions over a `WebSocketServer` of ws: the handler is called once for each session, with a
 * channel that outlives its connections. A session whose handler throws is closed with 1011.
 *
 * ```ts
 * const sessions = acceptSessions(async (session) => {
 *   for await (const message of session) await session.send(message);
 * });
 * const server = new WebSocketServer({ port, handleProtocols: sessions.handleProtocols });
 * server.on('connection', sessions.handleConnection);
 * ```
 *
 * @throws ConfigurationError with every option that is wrong.
 */
export function acceptSessions(
  handler: (session: SessionChannel) => unknown,
  options?: AcceptSessionsOptions,
): SessionServer {
  const settings = parseSettings('acceptSessions()', acceptSettings, options);
  return new WsSessionServer(handler, settings);
}

/** What a session is closed with whose handler failed. */
const FAILED = { code: 1011, reason: 'the server failed' } as const;

class WsSessionServer implements SessionServer {
  readonly #handler: (session: SessionChannel) => unknown;
  readonly #settings: AcceptSettings;
  readonly #host: SessionHost<FirstConnection>;
  #closing: Promise<void> | undefined;

  constructor(handler: (session: SessionChannel) => unknown, settings: AcceptSettings) {
    this.#handler = handler;
    this.#settings = settings;
    this.#host = new SessionHost<FirstConnection>(settings, (session, facts) => {
      void this.#serve(sessionChannel(session, facts));
    });
  }

  get size(): number {
    return this.#host.size;
  }

  readonly handleProtocols = (offered: Set<string>): string | false => {
    const { subprotocols: known, plain } = this.#settings;
    return selectSubprotocol(offered, known, plain !== undefined);
  };

  readonly handleConnection = (webSocket: WebSocket, request: IncomingMessage): void => {
    const { isSession, subprotocol } = readSubprotocol(webSocket.protocol);
    if (isSession) this.#begin(webSocket, request, subprotocol);
    else if (this.#settings.plain !== undefined) this.#settings.plain(webSocket, request);
    else this.#refuse(webSocket, request);
  };

  close(): Promise<void> {
    this.#closing ??= this.#host.close(1001, 'the server goes away');
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #refuse(webSocket: WebSocket, request: IncomingMessage): void {
    const nobody: LinkListener = { message: () => {}, writable: () => {}, ended: () => {} };
    this.#listen(webSocket, request, nobody).leave(
      SESSION_CODES.protocol,
      `expected the subprotocol ${SESSION_SUBPROTOCOL}`,
    );
  }

  #begin(webSocket: WebSocket, request: IncomingMessage, subprotocol: string): void {
    const link = this.#listen(webSocket, request, {
      message: (message) => listener?.receive(message),
      writable: () => {},
      ended: (end) => listener?.end(end),
    });
    const listener = this.#beginOn(link, request, subprotocol);
  }

  #beginOn(
    link: SocketLink,
    request: IncomingMessage,
    subprotocol: string,
  ): HostListener | undefined {
    // A client that goes on talking is not waited for.
    const wire: SessionWire = {
      get bufferedBytes() {
        return link.bufferedBytes;
      },
      send: (frame) => link.send(frame),
      close: ({ code, reason }) => link.leave(code, reason),
    };
    try {
      const owner = this.#settings.identify?.(request);
      return this.#host.begin({ wire, owner, facts: { subprotocol, request } });
    } catch (error) {
      this.#tell(error);
      link.leave(FAILED.code, FAILED.reason);
      return undefined;
    }
  }

  #listen(webSocket: WebSocket, request: IncomingMessage, listener: LinkListener): SocketLink {
    const opened = { webSocket, socket: request.socket, peer: 'the client' };
    return new SocketLink(opened, this.#settings, listener);
  }

  async #serve(session: SessionChannel): Promise<void> {
    try {
      await this.#handler(session);
    } catch (error) {
      this.#tell(error);
      await session.close(FAILED.code, FAILED.reason);
    }
  }

  #tell(error: unknown): void {
    const { onError } = this.#settings;
    try {
      if (onError === undefined) warn(error);
      else onError(error);
    } catch (failure) {
      reportHookError('onError', failure);
    }
  }
}

function warn(cause: unknown): void {
  const warning = new Error('The handler of a session failed', { cause });
  warning.name = 'LinkspanSessionWarning';
  process.emitWarning(warning);
}
