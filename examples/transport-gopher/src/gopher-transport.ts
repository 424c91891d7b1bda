import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { systemClock } from '@linkspan/concurrency';
import {
  type CallContext,
  ClosedError,
  createBody,
  HeadRace,
  OpenCalls,
  parseSettings,
  type Phase,
  type Sent,
  setting,
  type SettingsTable,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '@linkspan/core';
import { connectFailure } from './errors.ts';
import { GopherAnswer } from './gopher-answer.ts';
import { encodeRequest } from './gopher-request.ts';

/** Which server is spoken to. */
export interface GopherOptions {
  /** The name or address of the server. */
  readonly host: string;
  /** @default 70 */
  readonly port?: number | undefined;
}

/** A request as people write it. */
export interface GopherRequest {
  /** The name of the item: `'/welcome'`. */
  readonly selector: string;
  /** The words to look for, where the item is a search. */
  readonly search?: string;
}

/** {@link GopherOptions}, checked and with defaults. */
interface GopherSettings {
  readonly host: string;
  readonly port: number;
}

/** The table of {@link GopherOptions}. */
export const gopherSettings: SettingsTable<GopherSettings, GopherOptions> = {
  host: setting.string(),
  port: setting.integer({ default: 70, min: 1, max: 65_535 }),
};

/**
 * A transport for Gopher+ over TCP, one connection a call.
 *
 * @throws ConfigurationError when an option is wrong.
 */
export function gopherTransport(options: GopherOptions): Transport<Uint8Array, GopherRequest> {
  return new GopherTransport(parseSettings('gopherTransport()', gopherSettings, options));
}

class GopherTransport implements Transport<Uint8Array, GopherRequest> {
  readonly name = 'gopher';
  readonly capabilities = { streaming: true, upload: false, duplex: false, status: false };
  readonly #server: GopherSettings;
  /** What ends each call that is under way. */
  readonly #open = new OpenCalls<() => void>();
  #closing: Promise<void> | undefined;

  constructor(server: GopherSettings) {
    this.#server = server;
  }

  prepare({ selector, search }: GopherRequest): TransportRequest {
    const target = search === undefined ? selector : `${selector}\t${search}`;
    return { operation: 'GET', target };
  }

  async connect(): Promise<void> {
    if (this.#closing !== undefined) throw closedError('no');
  }

  readonly send = async (
    request: TransportRequest,
    context: CallContext,
  ): Promise<TransportResponse> => {
    if (this.#closing !== undefined) throw closedError('no');
    const bytes = encodeRequest(request);
    const place: Place = { phase: 'connect', sent: 'no' };
    const race = new HeadRace<TransportResponse>(context, place);
    const end = (): void => race.fail(closedError(place.sent));
    this.#open.add(end);
    let socket: Socket | undefined;
    try {
      return await race.run(async ({ signal }) => {
        socket = connect(this.#server);
        await connected(socket);
        Object.assign(place, { phase: 'headers', sent: 'maybe' });
        socket.write(bytes);
        const chunks = await new GopherAnswer(socket).body();
        // The race may have been lost in this very turn: nobody would take the body.
        signal.throwIfAborted();
        return this.#respond(socket, chunks, context);
      });
    } catch (error) {
      socket?.destroy();
      throw error;
    } finally {
      this.#open.delete(end);
    }
  };

  #respond(
    socket: Socket,
    chunks: AsyncIterable<Uint8Array>,
    context: CallContext,
  ): TransportResponse {
    const body = createBody(chunks, context);
    const end = (): void => body.fail(closedError('yes'));
    this.#open.add(end);
    body.onClose(() => {
      socket.destroy();
      this.#open.delete(end);
    });
    return { headers: {}, body };
  }

  close({ drainMs = 0 }: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  async #close(drainMs: number): Promise<void> {
    await this.#open.drained(drainMs, systemClock);
    for (const end of this.#open) end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** How far a call is: what its clocks, and `close`, tell when they end it. */
interface Place {
  readonly phase: Phase;
  readonly sent: Sent;
}

async function connected(socket: Socket): Promise<void> {
  // An error that nobody listens to ends the process. Whoever reads the socket is told as well.
  socket.on('error', () => {});
  await once(socket, 'connect').catch((cause: unknown) => {
    throw connectFailure(cause);
  });
}

function closedError(sent: Sent): ClosedError {
  const facts = { sent, transport: 'gopher' };
  return new ClosedError('Cannot get an answer: the gopher transport is closed', facts);
}
