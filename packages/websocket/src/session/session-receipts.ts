import type { Clock, TimerHandle } from '@linkspan/concurrency';
import { broken, type SessionPlace, type SessionWindow } from './session-frame.ts';

/** How acknowledgements are sent. */
export interface ReceiptsHost {
  /**
   * Whether one can be sent: not without a connection, and not while a peer that reads nothing has so
   * much waiting for it.
   */
  canAcknowledge(): 'now' | 'later' | 'never';
  /** Sends one that no message carries. */
  acknowledge(ack: number): void;
}

interface ReceiptsSettings {
  readonly window: SessionWindow;
  readonly ackMs: number;
  readonly clock: Clock;
}

/**
 * What one side has received: counted by id and bytes, held to the window that the peer was told, and
 * acknowledged when the reader has got it. An acknowledgement waits `ackMs` for a message that carries
 * it, unless the peer has used half of the window.
 */
export class SessionReceipts {
  readonly #settings: ReceiptsSettings;
  readonly #host: ReceiptsHost;
  /** Ids of what has come, of what the reader has got, and of what the peer was told of. */
  #receivedId = 0;
  #readId = 0;
  #ackedId = 0;
  /** The bytes behind `#ackedId`: of all that has come, and of what the reader has got. */
  #heldBytes = 0;
  #readBytes = 0;
  #timer: TimerHandle | undefined;

  constructor(settings: ReceiptsSettings, host: ReceiptsHost) {
    this.#settings = settings;
    this.#host = host;
  }

  /** The id of the last message that has come. */
  get receivedId(): number {
    return this.#receivedId;
  }

  /** Where this side is. It counts as told. */
  tellPlace(): SessionPlace {
    return { last: this.#receivedId, ack: this.tellAck(), window: this.#settings.window };
  }

  /** The acknowledgement that a frame carries. It counts as told. */
  tellAck(): number {
    this.stop();
    this.#ackedId = this.#readId;
    this.#heldBytes -= this.#readBytes;
    this.#readBytes = 0;
    return this.#readId;
  }

  /** @throws ProtocolError when the window had no room for the message. */
  receive(id: number, bytes: number): void {
    const { messages, bytes: maxBytes } = this.#settings.window;
    if (id - this.#ackedId > messages || this.#heldBytes >= maxBytes) {
      throw broken('it sends more than its window has room for');
    }
    this.#receivedId = id;
    this.#heldBytes += bytes;
  }

  /** The end of the peer has come: what is not read yet need not hold it up. */
  receiveEnd(id: number): void {
    this.#receivedId = id;
    this.readAll();
  }

  /** The reader has got the next message. */
  read(bytes: number): void {
    this.#readId += 1;
    this.#readBytes += bytes;
    this.acknowledgeSoon();
  }

  /** Nobody will read what has come. */
  readAll(): void {
    this.#readId = this.#receivedId;
    this.#readBytes = this.#heldBytes;
    this.acknowledgeSoon();
  }

  acknowledgeSoon(): void {
    if (this.#readId === this.#ackedId || this.#host.canAcknowledge() === 'never') return;
    const { window } = this.#settings;
    const isMuch =
      2 * (this.#readId - this.#ackedId) >= window.messages || 2 * this.#readBytes >= window.bytes;
    if (isMuch) this.acknowledge();
    else this.#wait();
  }

  acknowledge(): void {
    const can = this.#readId === this.#ackedId ? 'never' : this.#host.canAcknowledge();
    if (can === 'now') this.#host.acknowledge(this.tellAck());
    else if (can === 'later') this.#wait();
  }

  #wait(): void {
    const { clock, ackMs } = this.#settings;
    this.#timer ??= clock.setTimeout(() => {
      this.#timer = undefined;
      this.acknowledge();
    }, ackMs);
  }

  /** Forgets an acknowledgement that waits: there is nobody to send it to. */
  stop(): void {
    if (this.#timer !== undefined) this.#settings.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
