import type { Place } from './fault.ts';
import type { PeerConnection } from './peer-connection.ts';
import type { SeenRequest } from './seen-request.ts';

/** Something that happened at the server. */
export interface ServerEvent {
  /**
   * `opened` and `closed` are of connections; `request` is a head that came, `played` the end of what
   * was played for it, `failed` a play that threw; `garbage` is what is no HTTP request.
   */
  readonly kind: 'opened' | 'request' | 'played' | 'failed' | 'garbage' | 'closed';
  /** Which connection: 1 for the first that the server took. */
  readonly connection: number;
  /** The port that took it. */
  readonly place: Place;
  /** The request, where it is about one. */
  readonly request?: SeenRequest | undefined;
  /** What a play threw. */
  readonly error?: unknown;
  /** When it happened, in milliseconds on the clock of `performance.now()`. */
  readonly atMs: number;
}

interface Waiter {
  readonly count: number;
  readonly resolve: (request: SeenRequest) => void;
}

/** What a server has seen: its requests by URL, those who wait for one, and all that happened. */
export class ServerLog {
  readonly events: ServerEvent[] = [];
  readonly #requests = new Map<string, SeenRequest[]>();
  readonly #waiters = new Map<string, Waiter[]>();

  add(
    kind: ServerEvent['kind'],
    { id, place }: PeerConnection,
    request?: SeenRequest,
    error?: unknown,
  ): void {
    const atMs = performance.now();
    this.events.push({ kind, connection: id, place, request, error, atMs });
  }

  /** Notes a request under a key, and says how many there were before under the same. */
  request(key: string, request: SeenRequest, connection: PeerConnection): number {
    this.add('request', connection, request);
    const known = this.#requests.get(key) ?? [];
    const turn = known.push(request) - 1;
    this.#requests.set(key, known);
    const waiters = this.#waiters.get(key) ?? [];
    this.#waiters.set(
      key,
      waiters.filter((waiter) => {
        if (waiter.count > known.length) return true;
        waiter.resolve(request);
        return false;
      }),
    );
    return turn;
  }

  requests(key: string): readonly SeenRequest[] {
    return this.#requests.get(key) ?? [];
  }

  arrival(key: string, count: number): Promise<SeenRequest> {
    const known = this.#requests.get(key)?.[count - 1];
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(key) ?? [];
      this.#waiters.set(key, [...waiters, { count, resolve }]);
    });
  }
}
