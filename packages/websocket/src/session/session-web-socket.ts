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
import { MessageReader } from '../client/message-reader.ts';
import { SocketOpener } from '../client/open-socket.ts';
import { readMessage } from '../client/read-message.ts';
import { defaultReconnect, type ReconnectSettings } from '../client/reconnect-options.ts';
import type {
  WebSocketClient,
  WebSocketEnd,
  WebSocketStatus,
} from '../client/web-socket-client.ts';
import { withOwnBudget } from '../client/with-own-budget.ts';
import { checkCloseArguments } from '../close-arguments.ts';
import { encodeMessage } from '../wire/encode-message.ts';
import { type Resumption, SessionCarrier } from './session-carrier.ts';
import { SessionClient } from './session-client.ts';
import { isUnsupported, SessionDialer } from './session-dialer.ts';
import type { SessionClientSettings } from './session-options.ts';
import { offerSession } from './session-subprotocol.ts';
import type { Session } from './session.ts';

/** A client whose messages outlive its connections: each of them comes, once. */
export class SessionWebSocket implements WebSocketClient {
  readonly closed: Promise<WebSocketEnd>;
  readonly #settings: ConnectWebSocketSettings;
  readonly #reconnect: ReconnectSettings;
  readonly #session: Session<unknown>;
  readonly #reader: MessageReader;
  readonly #dialer: SessionDialer;
  readonly #carrier: SessionCarrier<unknown>;
  readonly #deadline: Deadline;
  readonly #startedAt: number;
  /** Ends what is being waited for, when the session is over. */
  readonly #controller = new AbortController();
  readonly #orPlain: boolean;
  #status: WebSocketStatus = 'connecting';
  #isReplaced = false;
  #headers: ResponseHeaders = {};
  #protocol = '';
  #onLinkEnd: (() => void) | undefined;
  #deadlineTimer: TimerHandle | undefined;

  constructor(
    url: WebSocketUrl,
    settings: ConnectWebSocketSettings,
    session: SessionClientSettings,
  ) {
    const { clock, totalMs, deadline, messages, subprotocols } = settings;
    this.#settings = settings;
    this.#orPlain = session.orPlain;
    this.#reconnect = withOwnBudget(settings.reconnect || defaultReconnect(), clock);
    this.#startedAt = clock.now();
    const own = Deadline.after(totalMs, clock);
    this.#deadline = deadline === undefined ? own : own.min(deadline);
    const client = new SessionClient({ ...settings, ...session }, readMessage[messages]);
    this.#session = client.session;
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
      new SocketOpener(url, {
        ...settings,
        subprotocols: offerSession(subprotocols, session.orPlain),
      }),
      settings.random,
      this.#reconnect,
      this.#deadline,
      this.#controller.signal,
    );
    this.#carrier = new SessionCarrier(client, this.#dialer, settings, {
      opened: (headers, subprotocol) => {
        this.#headers = headers;
        this.#protocol = subprotocol;
      },
      ended: () => this.#onLinkEnd?.(),
      broke: () => {
        if (this.#status === 'open') this.#setStatus('reconnecting');
      },
      resumed: (resumption) => void this.#onResumed(resumption),
    });
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
      await this.#carrier.goOn(undefined);
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

  async #onResumed({ error, downMs }: Resumption): Promise<void> {
    if (this.#status === 'reconnecting') this.#setStatus('open');
    try {
      await this.#reconnect.onReconnect?.({
        error,
        attempt: this.#dialer.attempts,
        downMs,
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
    const { link } = this.#carrier;
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
