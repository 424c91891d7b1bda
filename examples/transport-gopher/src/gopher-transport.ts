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

/** The table of {@link GopherOptions}. */
export const gopherSettings: SettingsTable<Required<GopherOptions>, GopherOptions> = {
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

/** How far a call is, for whoever ends it. */
interface Place {
  phase: Phase;
  sent: Sent;
}

/** A call under way: what `close` ends. */
interface OpenCall {
  end(error: unknown): void;
  readonly place: Place;
}

class GopherTransport implements Transport<Uint8Array, GopherRequest> {
  readonly name = 'gopher';
  readonly capabilities = { streaming: true, upload: false, duplex: false, status: false } as const;
  readonly #server: Required<GopherOptions>;
  readonly #open = new OpenCalls<OpenCall>();
  #closing: Promise<void> | undefined;

  constructor(server: Required<GopherOptions>) {
    this.#server = server;
  }

  async connect(): Promise<void> {
    if (this.#closing !== undefined) throw closedError('no');
  }

  prepare({ selector, search }: GopherRequest): TransportRequest {
    const target = search === undefined ? selector : `${selector}\t${search}`;
    return { operation: 'GET', target };
  }

  readonly send = async (
    request: TransportRequest,
    context: CallContext,
  ): Promise<TransportResponse> => {
    if (this.#closing !== undefined) throw closedError('no');
    const bytes = encodeRequest(request);
    const place: Place = { phase: 'connect', sent: 'no' };
    const race = new HeadRace<TransportResponse>(context, place);
    const call = { place, end: (error: unknown) => race.fail(error) };
    this.#open.add(call);
    let socket: Socket | undefined;
    try {
      return await race.run(async () => {
        socket = connect(this.#server);
        return await this.#exchange(socket, bytes, place, context);
      });
    } catch (error) {
      socket?.destroy();
      throw error;
    } finally {
      this.#open.delete(call);
    }
  };

  async #exchange(
    socket: Socket,
    request: Uint8Array,
    place: Place,
    context: CallContext,
  ): Promise<TransportResponse> {
    // A socket that fails while nobody listens ends the process; whoever reads it is told as well.
    socket.on('error', () => {});
    await once(socket, 'connect').catch((cause: unknown) => {
      throw connectFailure(cause);
    });
    Object.assign(place, { phase: 'headers', sent: 'maybe' });
    socket.write(request);
    const answer = await new GopherAnswer(socket).body();
    const body = createBody(answer, context);
    const call = {
      place: { phase: 'body', sent: 'yes' } as const,
      end: (error: unknown) => body.fail(error),
    };
    this.#open.add(call);
    body.onClose(() => {
      socket.destroy();
      this.#open.delete(call);
    });
    return { headers: {}, body };
  }

  close({ drainMs = 0 }: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(drainMs: number): Promise<void> {
    await this.#open.drained(drainMs, systemClock);
    for (const { end, place } of this.#open) end(closedError(place.sent));
  }
}

function closedError(sent: Sent): ClosedError {
  return new ClosedError('Cannot get an answer: the gopher transport is closed', {
    sent,
    transport: 'gopher',
  });
}
