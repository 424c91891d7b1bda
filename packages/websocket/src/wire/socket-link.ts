import type { Socket } from 'node:net';
import type { Clock, TimerHandle } from '@linkspan/concurrency';
import { type LinkspanError, TimeoutError } from '@linkspan/core';
import type { WebSocket } from 'ws';
import { checkCloseArguments } from '../close-arguments.ts';
import { closeFailure, type CloseFrame, withCloseFrame } from '../close-codes.ts';
import type { OpenSocket } from '../connect/handshake.ts';
import { toFailure } from '../errors.ts';
import { showMs } from '../show-ms.ts';
import { sizeBound } from './encode-message.ts';
import { Heartbeat } from './heartbeat.ts';
import type { MessageSource, WireMessage } from './inbox.ts';

/** The clocks and limits of an open WebSocket. */
export interface LinkSettings {
  readonly pingMs: number;
  readonly pongMs: number;
  readonly closeMs: number;
  readonly highWaterBytes: number;
  readonly clock: Clock;
}

/** How a WebSocket ended. */
export interface LinkEnd extends CloseFrame {
  /** What the end is to the reader; `undefined` when it is clean. */
  readonly error: LinkspanError | undefined;
}

/** Who is told what happens on a WebSocket. */
export interface LinkListener {
  message(message: WireMessage): void;
  /** Less than the high-water mark waits to be sent again. */
  writable(): void;
  /** A pong came to the ping that was sent behind so many messages. */
  confirmed?(count: number): void;
  /** Called once, behind the last message. */
  ended(end: LinkEnd): void;
}

/** The `readyState` in which messages are taken. */
const OPEN = 1;
/** Messages up to this size are given to the system together, one write for those of a turn. */
const SMALL_BYTES = 16 * 1024;
/** Over so many bytes that the system has not taken, a connection is broken without a farewell. */
const FAREWELL_BYTES = 64 * 1024;

/** An open WebSocket: sends, listens, looks after its peer, and ends once. */
export class SocketLink implements MessageSource {
  readonly peer: string;
  /** The subprotocol that was agreed to; `''` for none. */
  readonly protocol: string;
  /** How many messages were handed to it. */
  sentCount = 0;
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #settings: LinkSettings;
  readonly #listener: LinkListener;
  readonly #heartbeat: Heartbeat;
  #closeTimer: TimerHandle | undefined;
  #isEnded = false;
  #ending: LinkEnd | undefined;
  #isClosing = false;
  #isCorked = false;

  constructor(opened: OpenSocket, settings: LinkSettings, listener: LinkListener) {
    const { webSocket, socket, peer } = opened;
    this.peer = peer;
    this.protocol = webSocket.protocol;
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#settings = settings;
    this.#listener = listener;
    this.#heartbeat = new Heartbeat(settings, {
      ping: () => this.ping(),
      isPaused: () => webSocket.isPaused,
      onDead: (elapsedMs) => this.#breakOff(this.#silent(elapsedMs)),
    });
    webSocket.on('message', this.#onMessage);
    webSocket.on('pong', this.#onPong);
    webSocket.on('ping', this.#onPing);
    webSocket.on('error', (error) => {
      // ws has told the peer why by then. Whether it still answers is all the same.
      this.#finish({ code: 1006, reason: '' }, this.#toFailure(error));
      this.#hangUp();
    });
    webSocket.on('close', (code, reason) => {
      const frame = { code, reason: reason.toString() };
      this.#finish(frame, closeFailure(frame, peer));
    });
  }

  /** How many bytes the system has not taken yet. */
  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  /** Whether it takes messages: neither side has closed. */
  get isOpen(): boolean {
    return this.#webSocket.readyState === OPEN;
  }

  /** Whether it takes messages, and less than the high-water mark waits to be sent. */
  get isWritable(): boolean {
    return this.isOpen && this.#webSocket.bufferedAmount < this.#settings.highWaterBytes;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** How it ended, if it has, and was not left. */
  get end(): LinkEnd | undefined {
    return this.#ending;
  }

  /** Hands a message to the socket. `writable` is told when that made it too much, and it is no more. */
  send(message: WireMessage): void {
    this.sentCount += 1;
    const { bufferedAmount } = this.#webSocket;
    const byteCount = sizeBound(message);
    if (byteCount <= SMALL_BYTES) this.#cork();
    if (bufferedAmount + byteCount < this.#settings.highWaterBytes) {
      this.#webSocket.send(message);
    } else {
      this.#webSocket.send(message, this.#onWritten);
    }
  }

  /** Hands a message to the socket, if it takes messages and has room. */
  offer(message: WireMessage): boolean {
    if (!this.isWritable) return false;
    this.send(message);
    return true;
  }

  /** Sends a ping, whose pong confirms what was sent until now. */
  ping(): void {
    if (this.isOpen) this.#webSocket.ping(String(this.sentCount));
  }

  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    // The pong may be in what is read only now.
    if (this.#webSocket.isPaused) this.#heartbeat.hasHeard = true;
    this.#webSocket.resume();
  }

  /**
   * Says that no more is sent, with a code and reason, and waits for the peer to end its side: as long
   * as it goes on talking, or nobody listens, and then for `closeMs`.
   */
  close({ code, reason }: { readonly code?: number; readonly reason?: string } = {}): void {
    if (this.#isEnded || this.#isClosing) return;
    checkCloseArguments(code, reason);
    this.#isClosing = true;
    // Without a code, a reason has no place on the wire.
    this.#webSocket.close(code ?? 1000, reason);
    this.#heartbeat.hasHeard = false;
    this.#awaitClose();
  }

  /** Leaves at once, with a farewell where that does not have to wait. Nobody is told of the end. */
  leave(code: number = 1000, reason?: string): void {
    if (this.#isEnded) return;
    this.#end();
    if (this.#isClosing || this.#socket.writableLength > FAREWELL_BYTES) {
      this.#socket.destroy();
      return;
    }
    this.#webSocket.close(code, reason);
    this.#hangUp();
  }

  /** Breaks the connection at once, without a farewell. Nobody is told of the end. */
  terminate(): void {
    this.#end();
    this.#socket.destroy();
  }

  #cork(): void {
    // What is compressed is written when that is done, not in this turn.
    if (this.#isCorked || this.#webSocket.extensions !== '') return;
    this.#isCorked = true;
    this.#socket.cork();
    process.nextTick(this.#uncork);
  }

  readonly #uncork = (): void => {
    this.#isCorked = false;
    this.#socket.uncork();
  };

  readonly #onMessage = (data: unknown, isBinary: boolean): void => {
    this.#heartbeat.hasHeard = true;
    this.#listener.message(isBinary ? (data as Buffer) : (data as Buffer).toString());
  };

  readonly #onPing = (): void => {
    this.#heartbeat.hasHeard = true;
  };

  readonly #onPong = (data: Buffer): void => {
    this.#heartbeat.hasHeard = true;
    const count = Number(data.toString('latin1'));
    if (count <= this.sentCount) this.#listener.confirmed?.(count);
  };

  readonly #onWritten = (): void => {
    if (!this.#isEnded && this.isWritable) this.#listener.writable();
  };

  #awaitClose(): void {
    const { clock, closeMs } = this.#settings;
    this.#closeTimer = clock.setTimeout(() => {
      const isAlive = this.#heartbeat.hasHeard || this.#webSocket.isPaused;
      this.#heartbeat.hasHeard = false;
      if (isAlive) this.#awaitClose();
      else this.#socket.destroy();
    }, closeMs);
  }

  #silent(elapsedMs: number): TimeoutError {
    const { pongMs } = this.#settings;
    return new TimeoutError(
      `Cannot read on from ${this.peer}: it was silent for ${showMs(pongMs)} after a ping (pongMs)`,
      {
        clock: 'pongMs',
        code: 'ws_heartbeat_timeout',
        limitMs: pongMs,
        elapsedMs,
        phase: 'idle',
        sent: 'maybe',
        retryable: 'if-idempotent',
      },
    );
  }

  #toFailure(error: unknown): LinkspanError {
    return toFailure(error, { peer: this.peer, phase: 'body', sent: 'yes' });
  }

  #breakOff(error: LinkspanError): void {
    this.#finish({ code: 1006, reason: '' }, error);
    this.#socket.destroy();
  }

  #finish(frame: CloseFrame, error: LinkspanError | undefined): void {
    if (this.#isEnded) return;
    this.#end();
    this.#ending = { ...frame, error: error && withCloseFrame(error, frame) };
    this.#listener.ended(this.#ending);
  }

  #end(): void {
    this.#isEnded = true;
    this.#heartbeat.stop();
    if (this.#closeTimer !== undefined) this.#settings.clock.clearTimeout(this.#closeTimer);
    this.#closeTimer = undefined;
    this.#webSocket.off('message', this.#onMessage);
    this.#webSocket.off('pong', this.#onPong);
    this.#webSocket.off('ping', this.#onPing);
  }

  /** Ends the socket when what is on its way is sent, or after `closeMs` all the same. */
  #hangUp(): void {
    const { clock, closeMs } = this.#settings;
    if (this.#socket.destroyed) return;
    const timer = clock.setTimeout(() => this.#socket.destroy(), closeMs);
    this.#socket.once('close', () => clock.clearTimeout(timer));
    // What still comes has to be read, or the end of the socket is not.
    this.#webSocket.resume();
    this.#socket.destroySoon();
  }
}
