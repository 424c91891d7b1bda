import type { Clock } from '@linkspan/concurrency';
import type { CloseReason } from '../body.ts';
import { ClosedError } from '../errors/local-errors.ts';
import type {
  CallContext,
  ResponseHeaders,
  TransportRequest,
  TransportResponse,
} from '../transport.ts';
import type { OpenOptions } from './call-options.ts';
import type { Client } from './client.ts';
import type { OutgoingQueue } from './outgoing-queue.ts';

/** How long a peer may take to end its side after ours was closed. */
const CLOSE_MS = 5_000;

/** How a channel ended. */
export interface ChannelEnd extends CloseReason {
  /** `caller`: by `close()`. `peer`: the peer ended its side. `failure`: something broke. */
  readonly by: 'caller' | 'peer' | 'failure';
  readonly error?: unknown;
}

/**
 * Two directions at once: send messages, and iterate those that come. Leaving the loop early, and
 * disposal, close the channel.
 */
export interface Channel<Message = Uint8Array>
  extends AsyncIterable<Message, undefined>, AsyncDisposable {
  readonly status: number | undefined;
  readonly headers: ResponseHeaders;
  /**
   * Resolves when the message is accepted, which is at once while less than the high-water mark is
   * waiting to be sent. An abort while it waits takes the message back.
   *
   * @throws ClosedError when the channel is closed, by whichever side.
   */
  send(message: unknown, options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Sends what was accepted, closes our side, and waits up to 5 s for the peer to end its own.
   * A reader that waits at that moment gets what the peer still says; otherwise that is dropped, and
   * the iteration ends. Idempotent.
   */
  close(code?: number, reason?: string): Promise<void>;
  /** Resolves when the channel has ended. It never rejects. */
  readonly closed: Promise<ChannelEnd>;
}

/**
 * Opens a channel over the duplex transport of a client: `client.open()` as a function.
 *
 * @throws ConfigurationError when the transport is not duplex.
 */
export function openChannel<Init, Chunk>(
  client: Pick<Client<Init, Chunk>, 'open'>,
  init: Init | TransportRequest,
  options?: OpenOptions,
): Promise<Channel<Chunk>> {
  return client.open(init, options);
}

/** Makes a channel of what a duplex transport gives. */
export function createChannel<Message>(
  response: TransportResponse<Message>,
  outgoing: OutgoingQueue,
  context: CallContext,
): Channel<Message> {
  return new DuplexChannel(response, outgoing, context);
}

type Read<Message> = IteratorResult<Message, undefined>;

class DuplexChannel<Message> implements Channel<Message> {
  readonly status: number | undefined;
  readonly headers: ResponseHeaders;
  readonly closed: Promise<ChannelEnd>;
  readonly #response: TransportResponse<Message>;
  readonly #outgoing: OutgoingQueue;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  readonly #call: CallContext['call'];
  #messages: AsyncIterator<Message, CloseReason | undefined> | undefined;
  #pendingRead: Promise<Read<Message>> | undefined;
  #isDiscarding = false;
  #closing: Promise<void> | undefined;
  #end: ChannelEnd | undefined;

  constructor(
    response: TransportResponse<Message>,
    outgoing: OutgoingQueue,
    { deadline, signal, call }: CallContext,
  ) {
    this.status = response.status;
    this.headers = response.headers;
    this.#response = response;
    this.#outgoing = outgoing;
    this.#clock = deadline.clock;
    this.#signal = signal;
    this.#call = call;
    const { promise, resolve } = Promise.withResolvers<ChannelEnd>();
    this.closed = promise;
    response.body.onClose(() => {
      // The read that saw the end knows why.
      const finish = (): void => resolve(this.#ended());
      if (this.#pendingRead === undefined) finish();
      else this.#pendingRead.then(finish, finish);
    });
  }

  async send(message: unknown, options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#outgoing.push(message, options.signal);
  }

  close(code?: number, reason?: string): Promise<void> {
    this.#closing ??= this.#close({
      ...(code !== undefined && { code }),
      ...(reason !== undefined && { reason }),
    });
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  [Symbol.asyncIterator](): AsyncIterator<Message, undefined> {
    return {
      next: () => this.#next(),
      return: async () => {
        await this.close();
        return { done: true, value: undefined };
      },
    };
  }

  async #next(): Promise<Read<Message>> {
    if (!this.#isDiscarding) return await this.#read();
    await this.closed;
    return { done: true, value: undefined };
  }

  /** Reads on, and remembers that somebody waits. */
  #read(): Promise<Read<Message>> {
    const read = this.#readMessage();
    this.#pendingRead = read;
    const forget = (): void => {
      if (this.#pendingRead === read) this.#pendingRead = undefined;
    };
    read.then(forget, forget);
    return read;
  }

  async #readMessage(): Promise<Read<Message>> {
    try {
      this.#messages ??= this.#response.body[Symbol.asyncIterator]();
      const read = await this.#messages.next();
      if (read.done !== true) return read;
      this.#end ??= {
        by: this.#closing === undefined ? 'peer' : 'caller',
        ...read.value,
      };
      return { done: true, value: undefined };
    } catch (error) {
      this.#end ??= { by: 'failure', error };
      this.#call?.failed(error);
      throw error;
    }
  }

  #ended(): ChannelEnd {
    this.#end ??= this.#endUnread();
    this.#outgoing.drop(
      new ClosedError('Cannot send the message: the channel is closed', {
        cause: this.#end.error,
      }),
    );
    return this.#end;
  }

  /** The body ended while nobody was reading. */
  #endUnread(): ChannelEnd {
    if (this.#closing !== undefined) return { by: 'caller' };
    if (this.#signal?.aborted === true) {
      const error: unknown = this.#signal.reason;
      this.#call?.failed(error);
      return { by: 'failure', error };
    }
    return { by: 'peer' };
  }

  async #close(reason: CloseReason): Promise<void> {
    this.#outgoing.end(new ClosedError('Cannot send the message: the channel is closed'), reason);
    const timer = this.#clock.setTimeout(() => this.#leave(), CLOSE_MS);
    if (this.#pendingRead === undefined) void this.#discard();
    await this.closed;
    this.#clock.clearTimeout(timer);
  }

  async #discard(): Promise<void> {
    this.#isDiscarding = true;
    try {
      let read = await this.#read();
      // oxlint-disable-next-line no-await-in-loop -- messages come one after another
      while (read.done !== true) read = await this.#read();
    } catch {
      // It is told by `closed`.
    }
  }

  #leave(): void {
    // It is told by `closed`, which comes of it.
    this.#response.body.cancel().catch(() => {});
  }
}
