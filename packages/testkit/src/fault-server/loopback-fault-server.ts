import { testAuthority } from './certificates.ts';
import { knownFault, playOf, playOfTarget, refuse } from './choose-play.ts';
import { FaultExchange } from './fault-exchange.ts';
import type { FaultScheme, FaultServer, SequenceStep } from './fault-server.ts';
import type { Origins, Place, Play } from './fault.ts';
import type { FaultId, FaultsById } from './faults.ts';
import { PeerConnection } from './peer-connection.ts';
import { openPlaces, type Places } from './places.ts';
import { readNumbers } from './read-numbers.ts';
import type { SeenRequest } from './seen-request.ts';
import { type ServerEvent, ServerLog } from './server-log.ts';

/** The fault server: its ports, what is played on them, and what it has seen. */
export class LoopbackFaultServer implements FaultServer {
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

  get origins(): Origins {
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

function keyOfUrl(url: string | URL): string {
  const { pathname, search } = new URL(url);
  return keyOf(pathname + search);
}

/** What requests are listed and counted by: a script with all that is below it, or the target. */
function keyOf(target: string): string {
  return /^\/scripts\/\d+/.exec(target)?.[0] ?? target;
}
