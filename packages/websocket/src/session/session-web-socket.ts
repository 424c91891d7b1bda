import { Deadline, type TimerHandle } from '@linkspan/concurrency';
import {
  type ChannelEnd,
  ClosedError,
  deadlineError,
  type LinkspanError,
  reportHookError,
  type ResponseHeaders,
} from '@linkspan/core';
import type { ConnectWebSocketSettings } from '../client/connect-options.ts';
import type { WebSocketUrl } from '../client/connect-web-socket.ts';
import type { Break } from '../client/dialer.ts';
import { MessageReader } from '../client/message-reader.ts';
import { readMessage } from '../client/read-message.ts';
import { type ReconnectSettings, reconnectSetting } from '../client/reconnect-options.ts';
import type {
  WebSocketClient,
  WebSocketEnd,
  WebSocketStatus,
} from '../client/web-socket-client.ts';
import { checkCloseArguments } from '../close-arguments.ts';
import { encodeMessage } from '../wire/encode-message.ts';
import { type LinkEnd, SocketLink } from '../wire/socket-link.ts';
import { SessionClient, type SessionConnection } from './session-client.ts';
import { isUnsupported, SessionDialer, unsupported } from './session-dialer.ts';
import type { SessionClientSettings } from './session-options.ts';
import { offerSession, readSubprotocol } from './session-subprotocol.ts';
import type { Session } from './session.ts';

/** A client whose messages outlive its connections: each of them comes, once. */
export class SessionWebSocket implements WebSocketClient {
  readonly closed: Promise<WebSocketEnd>;
  readonly #settings: ConnectWebSocketSettings;
  readonly #reconnect: ReconnectSettings;
  readonly #client: SessionClient<unknown>;
  readonly #session: Session<unknown>;
  readonly #reader: MessageReader;
  readonly #dialer: SessionDialer;
  readonly #deadline: Deadline;
  readonly #startedAt: number;
  /** Ends what is being waited for, when the session is over. */
  readonly #controller = new AbortController();
  readonly #orPlain: boolean;
  #status: WebSocketStatus = 'connecting';
  #isReplaced = false;
  #headers: ResponseHeaders = {};
  #protocol = '';
  #link: SocketLink | undefined;
  #onLinkEnd: (() => void) | undefined;
  /** How the present connection has ended, if it has. */
  #lastEnd: LinkEnd | undefined;
  #openedAt = 0;
  #deadlineTimer: TimerHandle | undefined;

  constructor(
    url: WebSocketUrl,
    settings: ConnectWebSocketSettings,
    session: SessionClientSettings,
  ) {
    const { clock, totalMs, deadline, messages, subprotocols } = settings;
    this.#settings = settings;
    this.#orPlain = session.orPlain;
    this.#reconnect = settings.reconnect || defaultReconnect();
    this.#startedAt = clock.now();
    const own = Deadline.after(totalMs, clock);
    this.#deadline = deadline === undefined ? own : own.min(deadline);
    this.#client = new SessionClient({ ...settings, ...session }, readMessage[messages]);
    this.#session = this.#client.session;
    this.#reader = new MessageReader(
      settings,
      {
        leave: () => this.close(),
        refuse: (error) => this.#session.fail(error),
        idle: (error) => this.#session.fail(error),
      },
      this.#session.inbox,
    );
    this.#dialer = new SessionDialer(
      url,
      { ...settings, subprotocols: offerSession(subprotocols, session.orPlain) },
      this.#reconnect,
      this.#deadline,
      this.#controller.signal,
    );
    this.closed = this.#session.closed.then((end) => this.#finish(end));
  }

  /** Whether the server knows of no sessions, and a plain connection will do. */
  get isReplaced(): boolean {
    return this.#isReplaced;
  }

  get status(): WebSocketStatus {
    return this.#status;
  }

  get protocol(): string {
    return this.#protocol;
  }

  get headers(): ResponseHeaders {
    return this.#headers;
  }

  get bufferedBytes(): number {
    return this.#session.unconfirmedBytes;
  }

  /** Makes the first connection. */
  async connect(): Promise<void> {
    const { signal } = this.#settings;
    signal?.throwIfAborted();
    signal?.addEventListener('abort', this.#onAbort);
    if (!this.#deadline.isUnlimited) {
      this.#deadlineTimer = this.#deadline.clock.setTimeout(
        () => this.#session.fail(this.#tooLate()),
        this.#deadline.remainingMs,
      );
    }
    try {
      await this.#goOn(undefined);
      this.#setStatus('open');
    } catch (error) {
      this.#isReplaced = this.#orPlain && isUnsupported(error);
      this.#session.fail(error);
      await this.closed;
      throw error;
    }
  }

  async send(message: unknown, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#session.send(encodeMessage(message), options.signal, message);
  }

  async close(code: number = 1000, reason: string = ''): Promise<void> {
    checkCloseArguments(code, reason);
    if (!this.#session.isOver && this.#status !== 'closing') this.#setStatus('closing');
    await this.#session.close(code, reason);
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown, undefined> {
    return this.#reader;
  }

  readonly #onAbort = (): void => this.#session.fail(this.#settings.signal?.reason);

  /** Makes connections until one goes on with the session. */
  async #goOn(broke: Break | undefined): Promise<void> {
    let last = broke;
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one connection after another
      const connection = await this.#open(last);
      try {
        // oxlint-disable-next-line no-await-in-loop -- as above
        await connection.ready;
        return;
      } catch (error) {
        if (this.#session.isOver) throw error;
        const end = this.#lastEnd;
        last = {
          error: error as LinkspanError,
          recovery: end === undefined ? 'yes' : this.#dialer.recoveryOf(end),
        };
      }
    }
  }

  async #open(broke: Break | undefined): Promise<SessionConnection> {
    const { opened, headers } = await this.#dialer.open(broke);
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
    this.#headers = headers;
    this.#protocol = subprotocol;
    this.#link = link;
    this.#lastEnd = undefined;
    this.#openedAt = this.#settings.clock.now();
    const connection = this.#client.begin(link, link.peer);
    link.resume();
    return connection;
  }

  #onEnded(connection: SessionConnection, end: LinkEnd): void {
    this.#onLinkEnd?.();
    this.#lastEnd = end;
    const canGoOn = connection.end(end, end.error);
    // One that was not ready yet is waited for already.
    if (!canGoOn || !connection.isReady) return;
    this.#dialer.wasUp(this.#settings.clock.now() - this.#openedAt);
    if (this.#status === 'open') this.#setStatus('reconnecting');
    void this.#comeBack(end);
  }

  async #comeBack(end: LinkEnd): Promise<void> {
    const { clock } = this.#settings;
    const downSince = clock.now();
    const error = end.error ?? closedBy(end, this.#link?.peer ?? '');
    try {
      await this.#goOn({ error, recovery: this.#dialer.recoveryOf(end) });
    } catch (failure) {
      this.#session.lose('no other connection could be made', failure);
      return;
    }
    if (this.#status === 'reconnecting') this.#setStatus('open');
    try {
      await this.#reconnect.onReconnect?.({
        error,
        attempt: this.#dialer.attempts,
        downMs: clock.now() - downSince,
        unconfirmed: [],
        // Why it is not kept, if it is not, is told by the end of the session.
        send: (message) => void this.send(message).catch(() => {}),
      });
    } catch (failure) {
      this.#session.fail(failure);
    }
  }

  async #finish({ by, code, reason = '', error }: ChannelEnd): Promise<WebSocketEnd> {
    const { clock, signal } = this.#settings;
    signal?.removeEventListener('abort', this.#onAbort);
    if (this.#deadlineTimer !== undefined) clock.clearTimeout(this.#deadlineTimer);
    this.#controller.abort(error ?? new ClosedError('Cannot go on: the WebSocket was closed'));
    await this.#linkEnd();
    this.#setStatus('closed');
    return {
      by,
      code: code ?? 1006,
      reason,
      ...(error !== undefined && { error }),
      ...this.#session.undelivered,
    };
  }

  /** Waits until the last connection has ended, and breaks it after `closeMs`. */
  async #linkEnd(): Promise<void> {
    const link = this.#link;
    if (link === undefined || link.isEnded) return;
    link.close();
    const { clock, closeMs } = this.#settings;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimeout(() => {
        link.terminate();
        resolve();
      }, closeMs);
      this.#onLinkEnd = () => {
        clock.clearTimeout(timer);
        resolve();
      };
    });
  }

  #setStatus(status: WebSocketStatus): void {
    this.#status = status;
    if (this.#isReplaced) return;
    try {
      this.#settings.onStatus?.(status);
    } catch (error) {
      reportHookError('onStatus', error);
    }
  }

  #tooLate(): LinkspanError {
    return deadlineError(this.#dialer.context, {
      phase: 'body',
      sent: 'maybe',
      startedAt: this.#startedAt,
    });
  }
}

/** A session is there to be gone on with. */
function defaultReconnect(): ReconnectSettings {
  return reconnectSetting.read(true, () => {}) as ReconnectSettings;
}

/** The end of a connection that was clean and of which no end of the session has told. */
function closedBy({ code }: LinkEnd, peer: string): ClosedError {
  return new ClosedError(`Cannot read on from ${peer}: the peer closed (${code})`, { sent: 'yes' });
}
