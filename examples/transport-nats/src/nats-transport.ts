import { systemClock } from '@linkspan/concurrency';
import {
  type CallContext,
  ClosedError,
  createBody,
  HeadRace,
  LinkspanError,
  OpenCalls,
  parseSettings,
  type Payload,
  type Phase,
  type Secret,
  type Sent,
  setting,
  type SettingsTable,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '@linkspan/core';
import { createInbox, type NatsConnection } from '@nats-io/transport-node';
import { permissionFailure, tooLarge, unsentOnLostConnection } from './errors.ts';
import { type LinkSettings, NatsLink } from './nats-link.ts';
import { encodeRequest, type NatsOperation, type OutgoingMessage } from './nats-request.ts';
import { Replies } from './replies.ts';

/** Where NATS is, and how its connection is kept. */
export interface NatsOptions {
  /** Addresses of servers of one cluster. @default ['127.0.0.1:4222'] */
  readonly servers?: readonly string[] | undefined;
  readonly user?: string | undefined;
  readonly pass?: string | Secret | undefined;
  readonly token?: string | Secret | undefined;
  /** How long a server may take to greet us, in milliseconds. @default 5,000 */
  readonly connectMs?: number | undefined;
  /**
   * How long the connection may be silent before it is tried, in milliseconds: one that is dead is
   * found within three of these. @default 20,000
   */
  readonly pingMs?: number | undefined;
  /** How many bytes may wait for the reader of one call. @default 8 MiB */
  readonly maxPendingBytes?: number | undefined;
}

/** A request as people write it. */
export interface NatsRequest {
  readonly subject: string;
  /** @default 'request' */
  readonly operation?: NatsOperation;
  readonly payload?: Payload;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether doing it twice has the effect of doing it once. @default false */
  readonly idempotent?: boolean;
}

/** {@link NatsOptions}, checked and with defaults. */
interface NatsSettings extends LinkSettings {
  readonly maxPendingBytes: number;
}

const server = setting.custom<string>({
  expected: 'an address like 127.0.0.1:4222, without credentials',
  check: (value) => (typeof value === 'string' && /^[^@\s]+$/.test(value) ? value : undefined),
});

/** The table of {@link NatsOptions}. */
export const natsSettings: SettingsTable<NatsSettings, NatsOptions> = {
  servers: setting.list(server, { default: ['127.0.0.1:4222'] }),
  user: setting.string({ optional: true }),
  pass: setting.secret({ optional: true }),
  token: setting.secret({ optional: true }),
  connectMs: setting.durationMs({ default: 5_000, min: 1 }),
  pingMs: setting.durationMs({ default: 20_000, min: 1 }),
  maxPendingBytes: setting.integer({ default: 8 * 1024 * 1024, min: 1 }),
};

/**
 * A transport for NATS: requests that one message answers, or many until an empty one, and
 * subscriptions. All calls share one connection.
 *
 * @throws ConfigurationError when an option is wrong.
 */
export function natsTransport(options: NatsOptions = {}): Transport<Uint8Array, NatsRequest> {
  return new NatsTransport(parseSettings('natsTransport()', natsSettings, options));
}

class NatsTransport implements Transport<Uint8Array, NatsRequest> {
  readonly name = 'nats';
  readonly capabilities = {
    streaming: true,
    upload: false,
    duplex: false,
    status: false,
    backpressure: false,
    sharedWire: true,
  };
  readonly #link: NatsLink;
  readonly #maxPendingBytes: number;
  /** What ends each call that is under way. */
  readonly #open = new OpenCalls<() => void>();
  #closing: Promise<void> | undefined;

  constructor({ maxPendingBytes, ...link }: NatsSettings) {
    this.#link = new NatsLink(link);
    this.#maxPendingBytes = maxPendingBytes;
  }

  prepare({ subject, operation = 'request', ...rest }: NatsRequest): TransportRequest {
    return { operation, target: subject, ...rest };
  }

  async connect(): Promise<void> {
    if (this.#closing !== undefined) throw closedError('no');
    await this.#link.connected();
    if (this.#closing !== undefined) throw closedError('no');
  }

  readonly send = async (
    request: TransportRequest,
    context: CallContext,
  ): Promise<TransportResponse> => {
    if (this.#closing !== undefined) throw closedError('no');
    const message = encodeRequest(request);
    const place: Place = { phase: 'connect', sent: 'no' };
    const race = new HeadRace<TransportResponse>(context, place);
    const end = (): void => race.fail(closedError(place.sent));
    const replies = new Replies(message.operation, this.#maxPendingBytes);
    this.#open.add(end);
    try {
      return await race.run(async ({ signal }) => {
        const connection = await this.#link.connected();
        // Nothing was written so far, and nothing is, when the race was lost meanwhile.
        signal.throwIfAborted();
        this.#write(connection, message, replies);
        Object.assign(place, { phase: 'headers', sent: 'maybe' });
        const headers = await replies.head;
        signal.throwIfAborted();
        return this.#respond(replies, headers, context);
      });
    } catch (error) {
      await replies.inbox.return();
      throw error;
    } finally {
      this.#open.delete(end);
    }
  };

  /** A round trip to the server: nobody else is asked. */
  async probe(context: CallContext): Promise<void> {
    if (this.#closing !== undefined) throw closedError('no');
    const race = new HeadRace<void>(context, { phase: 'connect', sent: 'no' });
    const end = (): void => race.fail(closedError('no'));
    this.#open.add(end);
    try {
      await race.run(async () => await flush(await this.#link.connected()));
    } finally {
      this.#open.delete(end);
    }
  }

  close({ drainMs = 0 }: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Subscribes to the answers, and sends the request with their subject. */
  #write(connection: NatsConnection, message: OutgoingMessage, replies: Replies): void {
    const { operation, subject, data, headers, bytes } = message;
    const limit = connection.info?.max_payload ?? Infinity;
    if (bytes > limit) throw tooLarge(bytes, limit);
    // An inbox of its own, and not one for all: leaving it tells the server, and a responder can see
    // that nobody listens any more.
    const inbox = operation === 'subscribe' ? subject : createInbox();
    try {
      const subscription = connection.subscribe(inbox, {
        callback: (error, reply) => {
          if (error === null) replies.take(reply);
          else replies.fail(permissionFailure(error, 'subscription'));
        },
      });
      this.#link.add(replies, subject);
      replies.inbox.onOver(() => {
        this.#link.delete(replies);
        subscription.unsubscribe();
      });
      if (operation !== 'subscribe') {
        connection.publish(subject, data, {
          reply: inbox,
          ...(headers !== undefined && { headers }),
        });
        return;
      }
    } catch (cause) {
      throw unsentOnLostConnection(cause);
    }
    // The head of a subscription is the word of the server that it has it.
    flush(connection).then(
      () => replies.begin(),
      (error: unknown) => replies.fail(error as LinkspanError),
    );
  }

  #respond(
    replies: Replies,
    headers: TransportResponse['headers'],
    context: CallContext,
  ): TransportResponse {
    const body = createBody(replies.inbox, context);
    const end = (): void => body.fail(closedError('yes'));
    this.#open.add(end);
    body.onClose(() => this.#open.delete(end));
    return { headers, body };
  }

  async #close(drainMs: number): Promise<void> {
    await this.#open.drained(drainMs, systemClock);
    for (const end of this.#open) end();
    await this.#link.close();
  }
}

/** How far a call is: what its clocks, and `close`, tell when they end it. */
interface Place {
  readonly phase: Phase;
  readonly sent: Sent;
}

/** A round trip. The client's own does not end when the connection does. */
async function flush(connection: NatsConnection): Promise<void> {
  const lost = connection.closed().then((cause) => {
    throw unsentOnLostConnection(cause ?? undefined);
  });
  try {
    await Promise.race([connection.flush(), lost]);
  } catch (cause) {
    throw cause instanceof LinkspanError ? cause : unsentOnLostConnection(cause);
  }
}

function closedError(sent: Sent): ClosedError {
  const facts = { sent, transport: 'nats' };
  return new ClosedError('Cannot get an answer: the nats transport is closed', facts);
}
