import { type ChannelEnd, ClosedError } from '@linkspan/core';
import { checkCloseArguments } from '../close-arguments.ts';
import type { CloseFrame } from '../close-codes.ts';
import { Inbox, type WireMessage } from '../wire/inbox.ts';
import {
  broken,
  type EndFrame,
  type MessageFrame,
  payloadBytes,
  readFrame,
  type SessionFrame,
  type SessionPlace,
  type SessionWindow,
  writeFrame,
} from './session-frame.ts';
import { SessionEnds } from './session-ends.ts';
import { SessionLostError } from './session-lost-error.ts';
import type { SessionClocks, SessionSettings } from './session-options.ts';
import { type ReceiptsHost, SessionReceipts } from './session-receipts.ts';
import { frameOf, SessionOutbox, type Undelivered } from './session-outbox.ts';
import { SESSION_CODES, type SessionWire } from './session-wire.ts';

/** What may wait on a wire beside the messages before acknowledgements wait too. */
const SPARE_BYTES = 64 * 1024;

/**
 * One side of a session: numbered messages both ways, which outlive the connections that carry them.
 * It is the same on both sides; who makes the connections, and says which session they are for, is
 * above it.
 *
 * A message is confirmed when the reader of the peer has got it. Until then it is kept here, and sent
 * again on the next connection from where the peer says that it is. What comes twice is dropped, so
 * that each message comes once and in its order.
 */
export class Session<Message> {
  /** What has come, for the one who reads. */
  readonly inbox: Inbox<Message>;
  /** Resolves when the session is over. It never rejects. */
  readonly closed: Promise<ChannelEnd>;
  readonly #settings: SessionSettings & SessionClocks;
  readonly #outbox: SessionOutbox;
  readonly #receipts: SessionReceipts;
  readonly #ends: SessionEnds;
  readonly #resolveClosed: (end: ChannelEnd) => void;
  #wire: SessionWire | undefined;
  #peerWindow: SessionWindow = { messages: 0, bytes: 0 };
  #hasBegun = false;
  #isDiscarding = false;
  #end: ChannelEnd | undefined;

  /** @param decode makes of a message what the reader gets */
  constructor(
    settings: SessionSettings & SessionClocks,
    decode: (payload: WireMessage) => Message,
  ) {
    this.#settings = settings;
    this.#outbox = new SessionOutbox({
      messages: settings.maxUnconfirmed,
      bytes: settings.maxUnconfirmedBytes,
    });
    this.#receipts = new SessionReceipts(
      {
        window: { messages: settings.maxUnread, bytes: settings.maxUnreadBytes },
        ackMs: settings.ackMs,
        clock: settings.clock,
      },
      this.#receiptsHost(),
    );
    this.#ends = new SessionEnds(settings, {
      isExcused: () => this.#wire === undefined || !this.inbox.isEmpty,
      late: () => this.#endLate(),
    });
    this.inbox = new Inbox<Message>(
      (payload) => {
        this.#onRead(payload);
        return decode(payload);
      },
      () => void this.close(),
    );
    const { promise, resolve } = Promise.withResolvers<ChannelEnd>();
    this.closed = promise;
    this.#resolveClosed = resolve;
  }

  /** Whether the session is over. */
  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /** Whether a connection carries it now. */
  get isAttached(): boolean {
    return this.#wire !== undefined;
  }

  /** How many accepted messages the reader of the peer has not got, as far as is known. */
  get unconfirmedCount(): number {
    return this.#outbox.count;
  }

  /** The bytes of these messages. */
  get unconfirmedBytes(): number {
    return this.#outbox.bytes;
  }

  /** The accepted messages that the reader of the peer has not got, as far as is known. */
  get undelivered(): Undelivered {
    return this.#outbox.undelivered;
  }

  /**
   * Resolves when the message is kept, to be sent until it is confirmed; while too much is
   * unconfirmed, that waits. An abort while it waits takes the message back.
   *
   * @param given the message before it was encoded
   * @throws ClosedError when the session is closed or over.
   */
  send(payload: WireMessage, signal?: AbortSignal, given: unknown = payload): Promise<void> {
    const kept = this.#outbox.push(payload, given, signal);
    this.#sendOn();
    return kept;
  }

  /**
   * Ends our side behind what was accepted, and waits for the peer to end its own: for `closeMs`, also
   * without a connection. What was not confirmed by then is in the `error` of what `closed` gives.
   *
   * @throws ConfigurationError for a code or reason that a WebSocket cannot be closed with.
   */
  async close(code: number = 1000, reason: string = ''): Promise<void> {
    checkCloseArguments(code, reason);
    if (!this.isOver && !this.#ends.hasBegun) this.#close({ code, reason });
    await this.closed;
  }

  /**
   * Ends our side behind what was accepted, and goes on listening, until the peer has ended its own:
   * as long as it goes on talking, and then for `closeMs`. The session fails when it does not end.
   *
   * @throws ConfigurationError for a code or reason that a WebSocket cannot be closed with.
   */
  end(code: number = 1000, reason: string = ''): void {
    checkCloseArguments(code, reason);
    if (this.isOver || this.#ends.hasBegun) return;
    this.#ends.own = { code, reason };
    this.#ends.isListening = true;
    this.#endSide(this.#ends.own);
    this.#sendOn();
  }

  /** Where this side is, for the first frame of a connection. It counts as told. */
  tellPlace(): SessionPlace {
    return this.#receipts.tellPlace();
  }

  /** A connection carries the session from now on, in the place of any other. */
  attach(wire: SessionWire, peer: SessionPlace): void {
    if (this.#end !== undefined) {
      wire.close({ code: 1000, reason: '' });
      return;
    }
    this.#wire?.close({ code: SESSION_CODES.takenOver, reason: 'another connection goes on' });
    this.#wire = wire;
    this.#hasBegun = true;
    this.#peerWindow = peer.window;
    this.#guard(() => {
      if (peer.ack > peer.last) throw broken(`it has read ${peer.ack} and received ${peer.last}`);
      this.#outbox.restart(peer.last);
      this.#outbox.confirm(peer.ack);
    });
    this.#receipts.acknowledgeSoon();
  }

  /** A frame came on a connection. Only the one that carries the session is listened to. */
  receive(wire: SessionWire, data: WireMessage): void {
    if (this.#wire === wire) this.#guard(() => this.#take(readFrame(data)));
  }

  /** A connection has ended. The session goes on without it. */
  detach(wire: SessionWire): void {
    if (this.#wire !== wire) return;
    this.#wire = undefined;
    this.#receipts.stop();
  }

  /** The session cannot go on. It fails, unless all that was to be said has been said. */
  lose(why: string, cause?: unknown): void {
    if (this.#ends.isWhole && this.#outbox.count === 0) this.#finish(this.#ends.outcome);
    else this.fail(new SessionLostError(why, this.#outbox.undelivered, cause));
  }

  /** Ends the session with a failure, which the reader gets behind what had come. The peer is told. */
  fail(error: unknown, code: number = SESSION_CODES.gone): void {
    if (this.#end !== undefined) return;
    this.inbox.fail(error);
    this.#finish({ by: 'failure', error }, code);
  }

  #close(end: CloseFrame): void {
    this.#ends.own = end;
    // A reader that waits gets what the peer still says.
    if (!this.inbox.isAwaited) this.#discard();
    if (!this.#hasBegun && this.#outbox.count === 0) {
      this.#finish(this.#ends.outcome);
      return;
    }
    this.#endSide(end);
    this.#sendOn();
  }

  #endSide({ code, reason }: CloseFrame): void {
    this.#outbox.end(code, reason, closedError('the session is closed'));
    this.#ends.wait();
  }

  #endLate(): void {
    const why = 'the peer did not end its side in time (closeMs)';
    const error = new SessionLostError(why, this.#outbox.undelivered);
    if (this.#ends.isWhole) {
      this.#finish({ ...this.#ends.outcome, ...(this.#outbox.count > 0 && { error }) });
    } else this.fail(error);
  }

  #finish(end: ChannelEnd, code: number = 1000): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#ends.stop();
    this.#receipts.stop();
    this.#outbox.refuse(closedError('the session is over', end.error));
    this.inbox.end(undefined);
    this.#wire?.close({ code, reason: '' });
    this.#wire = undefined;
    this.#resolveClosed(end);
  }

  #take(frame: SessionFrame): void {
    if (frame.kind === 'hello' || frame.kind === 'welcome') {
      throw broken('expected one beginning of a connection');
    }
    this.#ends.hasHeard = true;
    this.#outbox.confirm(frame.ack);
    if (frame.kind !== 'ack') this.#takeNumbered(frame);
  }

  #takeNumbered(frame: MessageFrame | EndFrame): void {
    const { receivedId } = this.#receipts;
    // It was sent again by a peer that did not know that it had come.
    if (frame.id <= receivedId) return;
    if (frame.id !== receivedId + 1) {
      throw broken(`expected the id ${receivedId + 1}, found ${frame.id}`);
    }
    if (this.#ends.peer !== undefined) throw broken('expected nothing behind its end');
    if (frame.kind === 'end') this.#takeEnd(frame);
    else this.#takeMessage(frame);
  }

  #takeMessage({ id, payload }: MessageFrame): void {
    this.#receipts.receive(id, payloadBytes(payload));
    if (this.#isDiscarding) this.#onRead(payload);
    else this.inbox.push(payload);
  }

  #takeEnd({ id, code, reason }: EndFrame): void {
    this.#ends.peer = { code, reason };
    this.#receipts.receiveEnd(id);
    this.inbox.end({ code, reason });
    this.#endSide({ code: 1000, reason: '' });
  }

  #onRead(payload: WireMessage): void {
    if (this.#ends.peer === undefined) this.#receipts.read(payloadBytes(payload));
  }

  #discard(): void {
    this.#isDiscarding = true;
    this.inbox.discard();
    this.#receipts.readAll();
  }

  /** Sends what the window of the peer has room for. Each message carries an acknowledgement. */
  #sendOn(): void {
    const wire = this.#wire;
    if (wire === undefined) return;
    let next = this.#outbox.next(this.#peerWindow);
    for (; next !== undefined; next = this.#outbox.next(this.#peerWindow)) {
      wire.send(writeFrame(frameOf(next, this.#receipts.tellAck())));
    }
  }

  #receiptsHost(): ReceiptsHost {
    // Headers and masks come on top of what is unconfirmed.
    const limit = 2 * (this.#settings.maxUnconfirmedBytes + SPARE_BYTES);
    return {
      canAcknowledge: () => {
        if (this.#wire === undefined) return 'never';
        return this.#wire.bufferedBytes > limit ? 'later' : 'now';
      },
      acknowledge: (ack) => this.#wire?.send(writeFrame({ kind: 'ack', ack })),
    };
  }

  /** Does what the peer asks for; a peer that breaks the protocol ends the session. */
  #guard(step: () => void): void {
    if (this.#end !== undefined) return;
    try {
      step();
    } catch (error) {
      this.fail(error, SESSION_CODES.protocol);
      return;
    }
    this.#sendOn();
    if (this.#ends.peer === undefined) return;
    this.#receipts.acknowledge();
    if (this.#outbox.isDone) this.#finish(this.#ends.outcome);
  }
}

function closedError(state: string, cause?: unknown): ClosedError {
  return new ClosedError(`Cannot send the message: ${state}`, { cause });
}
