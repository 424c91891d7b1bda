import { Deadline, type TimerHandle } from '@linkspan/concurrency';
import {
  ClosedError,
  deadlineError,
  type LinkspanError,
  reportHookError,
  type ResponseHeaders,
} from '@linkspan/core';
import { checkCloseArguments } from '../close-arguments.ts';
import { closeFailure, isClean } from '../close-codes.ts';
import type { OpenedUpgrade, OpenSocket } from '../connect/handshake.ts';
import { encodeMessage } from '../wire/encode-message.ts';
import { type LinkEnd, SocketLink } from '../wire/socket-link.ts';
import type { ConnectWebSocketSettings } from './connect-options.ts';
import type { WebSocketUrl } from './connect-web-socket.ts';
import { Dialer } from './dialer.ts';
import { MessageReader } from './message-reader.ts';
import { SocketOpener } from './open-socket.ts';
import { Outbox } from './outbox.ts';
import type { WebSocketClient, WebSocketEnd, WebSocketStatus } from './web-socket-client.ts';
import { withOwnBudget } from './with-own-budget.ts';

/** How many messages are kept that may have been lost and that nobody was told of: the newest. */
const MOST_UNCONFIRMED = 16 * 1024;

/** How the client ends, before it is known what was not sent. */
type Ending = Omit<WebSocketEnd, 'unconfirmed' | 'unsent'>;

/** A client over connections that follow one another. */
export class ReconnectingClient implements WebSocketClient {
  readonly closed: Promise<WebSocketEnd>;
  readonly #settings: ConnectWebSocketSettings;
  readonly #dialer: Dialer;
  readonly #deadline: Deadline;
  readonly #startedAt: number;
  readonly #outbox: Outbox;
  readonly #reader: MessageReader;
  /** Ends what is being waited for, when the client ends. */
  readonly #controller = new AbortController();
  readonly #interrupted = new Set<(error: LinkspanError) => void>();
  readonly #resolveClosed: (end: WebSocketEnd) => void;
  #status: WebSocketStatus = 'connecting';
  #headers: ResponseHeaders = {};
  #link: SocketLink | undefined;
  #openedAt = 0;
  #unconfirmed: readonly unknown[] = [];
  #closing: Promise<void> | undefined;
  #deadlineTimer: TimerHandle | undefined;

  constructor(url: WebSocketUrl, settings: ConnectWebSocketSettings) {
    const { clock, totalMs, deadline, reconnect } = settings;
    this.#settings = settings;
    this.#startedAt = clock.now();
    const own = Deadline.after(totalMs, clock);
    this.#deadline = deadline === undefined ? own : own.min(deadline);
    this.#outbox = new Outbox(settings);
    this.#reader = new MessageReader(settings, {
      leave: () => this.close(),
      refuse: (error) => this.#breakOff(error, 1007),
      idle: (error) => this.#breakOff(error, 1000),
    });
    const { signal } = this.#controller;
    const opener = new SocketOpener(url, settings);
    const budgeted = reconnect && withOwnBudget(reconnect, clock);
    this.#dialer = new Dialer(opener, settings.random, budgeted, this.#deadline, signal);
    const { promise, resolve } = Promise.withResolvers<WebSocketEnd>();
    this.closed = promise;
    this.#resolveClosed = resolve;
  }

  get status(): WebSocketStatus {
    return this.#status;
  }

  get protocol(): string {
    return this.#link?.protocol ?? '';
  }

  get headers(): ResponseHeaders {
    return this.#headers;
  }

  get bufferedBytes(): number {
    return this.#outbox.queuedBytes + (this.#link?.bufferedBytes ?? 0);
  }

  /** Makes the first connection. */
  async connect(): Promise<void> {
    const { signal } = this.#settings;
    signal?.throwIfAborted();
    signal?.addEventListener('abort', this.#onAbort);
    if (!this.#deadline.isUnlimited) {
      this.#deadlineTimer = this.#deadline.clock.setTimeout(() => {
        const place = { phase: 'body', sent: 'maybe', startedAt: this.#startedAt } as const;
        this.#breakOff(deadlineError(this.#dialer.context, place), 1000);
      }, this.#deadline.remainingMs);
    }
    try {
      const opened = await this.#dialer.open(undefined);
      this.#serve(opened);
      this.#outbox.attach(this.#link!);
      this.#setStatus('open');
    } catch (error) {
      this.#finish({ by: 'failure', code: 1006, reason: '', error });
      throw error;
    }
  }

  send(message: unknown, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    try {
      return this.#outbox.push(message, encodeMessage(message), options.signal);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async close(code: number = 1000, reason: string = ''): Promise<void> {
    checkCloseArguments(code, reason);
    this.#closing ??= this.#close(code, reason);
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown, undefined> {
    return this.#reader;
  }

  onInterrupt(listener: (error: LinkspanError) => void): () => void {
    this.#interrupted.add(listener);
    return () => this.#interrupted.delete(listener);
  }

  readonly #onAbort = (): void => this.#breakOff(this.#settings.signal?.reason, 1000);

  async #close(code: number, reason: string): Promise<void> {
    if (this.#status === 'closed') return;
    const isOpen = this.#status === 'open' || this.#link?.isEnded === false;
    this.#setStatus('closing');
    this.#outbox.refuse(new ClosedError('Cannot send the message: the WebSocket is closed'));
    this.#controller.abort(new ClosedError('Cannot go on: the WebSocket was closed'));
    if (!isOpen) {
      this.#finish({ by: 'caller', code, reason });
      return;
    }
    if (!this.#reader.isAwaited) this.#reader.discard();
    const { clock, closeMs } = this.#settings;
    this.#link?.close({ code, reason });
    const timer = clock.setTimeout(() => {
      this.#link?.terminate();
      this.#finish({ by: 'caller', code: 1006, reason: '' });
    }, closeMs);
    await this.closed;
    clock.clearTimeout(timer);
  }

  /** Ends at once, with an error. */
  #breakOff(error: unknown, code: number): void {
    if (this.#status === 'closed') return;
    this.#keepUnconfirmed();
    this.#link?.leave(code);
    this.#finish({ by: 'failure', code: 1006, reason: '', error });
  }

  /** Listens and sends on a connection. */
  #serve({ opened, headers }: OpenedUpgrade): void {
    this.#headers = headers;
    this.#openedAt = this.#settings.clock.now();
    const link = this.#listen(opened);
    this.#link = link;
    this.#reader.attach(link);
  }

  #listen(opened: OpenSocket): SocketLink {
    return new SocketLink(opened, this.#settings, {
      message: (message) => this.#reader.push(message),
      writable: () => this.#outbox.admit(),
      confirmed: (count) => this.#outbox.confirm(count),
      ended: (end) => this.#onEnded(end),
    });
  }

  #onEnded({ code, reason, error }: LinkEnd): void {
    if (this.#status === 'reconnecting') return;
    this.#keepUnconfirmed();
    if (this.#closing !== undefined) {
      this.#finish({ by: 'caller', code, reason });
      return;
    }
    const { clock, reconnect } = this.#settings;
    this.#dialer.wasUp(clock.now() - this.#openedAt);
    if (reconnect === false || (error === undefined && code === 1000)) {
      this.#finish(
        error === undefined ? { by: 'peer', code, reason } : { by: 'failure', code, reason, error },
      );
      return;
    }
    this.#setStatus('reconnecting');
    const failure = failureOf({ code, reason, error }, this.#link?.peer ?? '');
    for (const tell of this.#interrupted) tell(failure);
    void this.#comeBack({ code, reason, error });
  }

  #keepUnconfirmed(): void {
    this.#unconfirmed = [...this.#unconfirmed, ...this.#outbox.detach()].slice(-MOST_UNCONFIRMED);
  }

  /** From a connection that broke to the next one, or to the end. */
  async #comeBack(end: LinkEnd): Promise<void> {
    const { clock, reconnect } = this.#settings;
    const downSince = clock.now();
    let setback: LinkEnd | undefined = end;
    try {
      while (setback !== undefined) {
        const error = failureOf(setback, this.#link?.peer ?? '');
        // oxlint-disable-next-line no-await-in-loop -- one connection after another
        this.#serve(await this.#dialer.open({ error, recovery: this.#dialer.recoveryOf(setback) }));
        const link = this.#link!;
        if (reconnect !== false) {
          // oxlint-disable-next-line no-await-in-loop -- as above
          await reconnect.onReconnect?.({
            error,
            attempt: this.#dialer.attempts,
            downMs: clock.now() - downSince,
            unconfirmed: this.#unconfirmed,
            send: (message) => link.send(encodeMessage(message)),
          });
        }
        if (this.#closing !== undefined || this.#isClosed) return;
        setback = link.end;
      }
      // Where nobody was told, it is told at the end.
      if (reconnect !== false && reconnect.onReconnect !== undefined) this.#unconfirmed = [];
      this.#setStatus('open');
      this.#outbox.attach(this.#link!);
    } catch (error) {
      this.#link?.leave(1011);
      this.#finish({ by: 'failure', code: end.code, reason: end.reason, error });
    }
  }

  get #isClosed(): boolean {
    return this.#status === 'closed';
  }

  #setStatus(status: WebSocketStatus): void {
    this.#status = status;
    try {
      this.#settings.onStatus?.(status);
    } catch (error) {
      reportHookError('onStatus', error);
    }
  }

  #finish(ending: Ending): void {
    if (this.#isClosed) return;
    const { error } = ending;
    const { clock, signal } = this.#settings;
    signal?.removeEventListener('abort', this.#onAbort);
    if (this.#deadlineTimer !== undefined) clock.clearTimeout(this.#deadlineTimer);
    this.#controller.abort(error);
    this.#setStatus('closed');
    this.#outbox.refuse(
      new ClosedError('Cannot send the message: the WebSocket is closed', { cause: error }),
    );
    if (ending.by === 'failure') this.#reader.fail(error);
    else this.#reader.end();
    this.#resolveClosed({
      ...ending,
      unconfirmed: this.#unconfirmed,
      unsent: this.#outbox.takeUnsent(),
    });
  }
}

/** What a connection ended with, as a failure also where its end was clean. */
function failureOf({ code, reason, error }: LinkEnd, peer: string): LinkspanError {
  if (error !== undefined) return error;
  return isClean(code)
    ? new ClosedError(`Cannot read on from ${peer}: the peer closed (${code})`, { sent: 'yes' })
    : closeFailure({ code, reason }, peer)!;
}
