import { ConfigurationError, parseSettings, setting, type SettingsTable } from '@linkspan/core';
import { testAuthority } from './certificates.ts';
import { FaultExchange } from './fault-exchange.ts';
import type { Place, Play } from './fault.ts';
import { findFault, type FaultId, type FaultsById, type ListedFault } from './faults.ts';
import { PeerConnection } from './peer-connection.ts';
import { openPlaces, type Places } from './places.ts';
import { canHang } from './ports.ts';
import { readNumbers } from './read-numbers.ts';
import type { SeenRequest } from './seen-request.ts';
import { type ServerEvent, ServerLog } from './server-log.ts';

/** What {@link faultServer} takes. */
export interface FaultServerOptions {
  /**
   * Opens the port of the fault `connect-hang`, which needs a thread and a system that drops what
   * connects to a full queue: Linux.
   *
   * @default false
   */
  readonly hang?: boolean | undefined;
}

/** One step of a sequence: a fault, a fault with numbers, or a play of one's own. */
export type SequenceStep =
  | FaultId
  | { readonly [Id in FaultId]: readonly [id: Id, numbers: Partial<FaultsById[Id]>] }[FaultId]
  | Play;

/** The schemes that a URL of a fault can have. Without one it has that of its port. */
export type FaultScheme = 'http' | 'https' | 'ws' | 'wss';

/** A server on the loopback device that stumbles as it is asked to. */
export interface FaultServer extends AsyncDisposable {
  /** For clients that are to trust the server. */
  readonly tls: {
    /** The certificate of the authority, in PEM. */
    readonly authority: string;
  };
  /** Where each port of the server is: `http://127.0.0.1:40001`. */
  readonly origins: Readonly<Record<Place, string>>;
  /**
   * A URL whose every request is answered with this fault. It can be given to a client in any
   * language. A `scheme` plays it over TLS, or to a WebSocket client.
   *
   * @throws ConfigurationError for an id or a number that there is not, and for a port that is not open.
   */
  url<Id extends FaultId>(id: Id, numbers?: Partial<FaultsById[Id]>, scheme?: FaultScheme): string;
  /**
   * A URL whose requests are answered as `play` writes, and so are those below it: it can be the base
   * URL of a client. What `play` throws is thrown by `close()`.
   */
  script(play: Play, scheme?: FaultScheme): string;
  /**
   * A URL whose requests are answered with these, one after another, the last one again and again.
   *
   * @throws ConfigurationError for a fault that has a port of its own, and where there is no step.
   */
  sequence(steps: readonly SequenceStep[], scheme?: FaultScheme): string;
  /**
   * What was asked of a URL of this server, on any of its ports, in the order of arrival; of a script,
   * what is below it as well.
   */
  requests(url: string | URL): readonly SeenRequest[];
  /** Resolves when so many requests for the URL have begun, with the last of them. @default 1 */
  arrival(url: string | URL, count?: number): Promise<SeenRequest>;
  /** How many connections are open. */
  readonly connections: number;
  /** How many connections there have been. */
  readonly opened: number;
  /** Resolves when no connection is open, at once where none is. */
  idle(): Promise<void>;
  /** How many bytes of floods were given to the system. */
  readonly flooded: number;
  /** What has happened, in order. */
  readonly events: readonly ServerEvent[];
  /**
   * Ends every connection and gives back every port. May be called again.
   *
   * @throws AggregateError with what scripts threw, if any did.
   */
  close(): Promise<void>;
}

interface FaultServerSettings {
  readonly hang: boolean;
}

const table: SettingsTable<FaultServerSettings, FaultServerOptions> = {
  hang: setting.boolean({ default: false, env: false }),
};

/**
 * Starts a server on 127.0.0.1 that plays faults: over TCP, TLS and WebSocket, chosen by the URL that
 * a client is pointed at.
 *
 * @throws ConfigurationError with every option that is wrong.
 */
export async function faultServer(options?: FaultServerOptions): Promise<FaultServer> {
  const { hang } = parseSettings('faultServer()', table, options);
  if (hang && !canHang) {
    throw refuse('configure faultServer()', 'hang', 'expected false on this system, found true');
  }
  const server = new LoopbackFaultServer();
  await server.open(hang);
  return server;
}

class LoopbackFaultServer implements FaultServer {
  readonly tls: FaultServer['tls'] = { authority: testAuthority };
  readonly #log = new ServerLog();
  readonly #open = new Set<PeerConnection>();
  readonly #plays = new Map<string, Play>();
  readonly #failures: unknown[] = [];
  #idleWaiters: (() => void)[] = [];
  #places!: Places;
  #opened = 0;
  #flooded = 0;

  async open(hang: boolean): Promise<void> {
    this.#places = await openPlaces((place, socket, secureContext) => {
      const connection = new PeerConnection(++this.#opened, place, socket, secureContext, {
        play: (request, peer) => this.#play(request, peer),
        onGarbage: (peer) => this.#refuseGarbage(peer),
        countFlood: (bytes) => {
          this.#flooded += bytes;
        },
      });
      this.#open.add(connection);
      this.#log.add('opened', connection);
      void connection.closed.then(() => this.#forget(connection));
      return connection;
    }, hang);
  }

  get origins(): Readonly<Record<Place, string>> {
    return this.#places.origins;
  }

  get connections(): number {
    return this.#open.size;
  }

  get opened(): number {
    return this.#opened;
  }

  get flooded(): number {
    return this.#flooded;
  }

  get events(): readonly ServerEvent[] {
    return this.#log.events;
  }

  url<Id extends FaultId>(id: Id, numbers?: Partial<FaultsById[Id]>, scheme?: FaultScheme): string {
    const fault = knownFault(id);
    readNumbers(id, fault, numbers ?? {});
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(numbers ?? {})) query.set(name, String(value));
    const search = query.size === 0 ? '' : `?${query.toString()}`;
    const url = this.#urlOf(`/faults/${id}${search}`, fault.place ?? 'plain', scheme);
    return scheme === undefined && fault.scheme !== undefined
      ? url.replace(/^https?/, fault.scheme)
      : url;
  }

  script(play: Play, scheme?: FaultScheme): string {
    if (typeof play !== 'function') {
      throw refuse('make a URL', 'play', `expected a function, found ${typeof play}`);
    }
    const path = `/scripts/${this.#plays.size + 1}`;
    this.#plays.set(path, play);
    return this.#urlOf(path, 'plain', scheme);
  }

  sequence(steps: readonly SequenceStep[], scheme?: FaultScheme): string {
    if (steps.length === 0) throw refuse('make a URL', 'steps', 'expected one or more, found none');
    const plays = steps.map((step) => playOf(step));
    return this.script(
      (exchange) => plays[Math.min(exchange.turn, plays.length - 1)]?.(exchange),
      scheme,
    );
  }

  requests(url: string | URL): readonly SeenRequest[] {
    return this.#log.requests(keyOfUrl(url));
  }

  arrival(url: string | URL, count = 1): Promise<SeenRequest> {
    return this.#log.arrival(keyOfUrl(url), count);
  }

  async idle(): Promise<void> {
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#idleWaiters.push(resolve);
    });
  }

  async close(): Promise<void> {
    const closed = this.#places.close();
    for (const connection of this.#open) connection.destroy();
    await closed;
    await this.idle();
    const failures = this.#failures.splice(0);
    if (failures.length > 0) {
      throw new AggregateError(failures, `Cannot play: ${failures.length} scripts failed`);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #urlOf(path: string, place: Place, scheme?: FaultScheme): string {
    const isSecure = scheme === 'https' || scheme === 'wss';
    const moved = place === 'plain' && isSecure ? 'tls' : place;
    const origin = this.origins[moved];
    if (origin === undefined) {
      const found = 'its port is not open; expected a server started with { hang: true }, on Linux';
      throw refuse('make a URL', 'id', `${path}: ${found}`);
    }
    const url = origin + path;
    return scheme === undefined ? url : url.replace(/^https?/, scheme);
  }

  async #play(request: SeenRequest, connection: PeerConnection): Promise<void> {
    const key = keyOf(request.target);
    const turn = this.#log.request(key, request, connection);
    const exchange = new FaultExchange(request, connection, {
      place: connection.place,
      turn,
      connectionTurn: connection.requests - 1,
      origins: this.origins,
    });
    try {
      const play = this.#plays.get(key) ?? playOfTarget(request.target);
      await play(exchange);
      this.#log.add('played', connection, request);
    } catch (error) {
      this.#failures.push(error);
      this.#log.add('failed', connection, request, error);
      connection.destroy();
    }
  }

  #refuseGarbage(connection: PeerConnection): void {
    this.#log.add('garbage', connection);
    connection.socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
  }

  #forget(connection: PeerConnection): void {
    this.#open.delete(connection);
    this.#log.add('closed', connection);
    if (this.#open.size > 0) return;
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }
}

function knownFault(id: string): ListedFault {
  const fault = findFault(id);
  if (fault !== undefined) return fault;
  throw refuse('make a URL', 'id', `expected the id of a fault, found ${JSON.stringify(id)}`);
}

/** A fault as a play, its numbers read once. */
function playOf(step: SequenceStep): Play {
  if (typeof step === 'function') return step;
  const [id, numbers] = typeof step === 'string' ? [step, {}] : step;
  const fault = knownFault(id);
  const { play } = fault;
  if (play === undefined || fault.place !== undefined) {
    throw refuse('make a URL', 'steps', `'${id}' has a port of its own and cannot be a step`);
  }
  const read = readNumbers(id, fault, numbers);
  return (exchange) => play(exchange, read);
}

/** What a client asks for in a URL, which it may have made itself. */
function playOfTarget(target: string): Play {
  const { pathname, searchParams } = new URL(target, 'http://127.0.0.1');
  const fault = findFault(pathname.replace(/^\/faults\//, ''));
  const { play } = fault ?? {};
  if (fault === undefined || play === undefined) {
    return (exchange) => exchange.answer(404, TEXT, `There is no fault at ${pathname}\n`);
  }
  try {
    const numbers = readNumbers(fault.id, fault, Object.fromEntries(searchParams));
    return (exchange) => play(exchange, numbers);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return (exchange) => exchange.answer(400, TEXT, `${error.message}\n`);
  }
}

const TEXT = { 'content-type': 'text/plain; charset=utf-8' } as const;

function keyOfUrl(url: string | URL): string {
  const { pathname, search } = new URL(url);
  return keyOf(pathname + search);
}

/** What requests are listed and counted by: a script with all that is below it, or the target. */
function keyOf(target: string): string {
  return /^\/scripts\/\d+/.exec(target)?.[0] ?? target;
}

function refuse(what: string, option: string, message: string): ConfigurationError {
  return new ConfigurationError(`Cannot ${what}: ${option}: ${message}`, {
    issues: [{ option, message }],
  });
}
