import { createSecureContext, type SecureContext } from 'node:tls';
import { ConfigurationError, PoolExhaustedError } from '@linkspan/core';
import { Connector } from './connector.ts';
import type { HttpTransportSettings, PoolSettings } from '../options.ts';
import { OriginPool, type PoolStats } from './origin-pool.ts';
import { prepareTls, proxyFor, type TlsConnectOptions } from '@linkspan/core/wire';

/** The name of the limits for origins that have none of their own. */
const DEFAULT = 'default';

/** The pools of a transport, one for each origin. */
export class OriginPools {
  readonly #settings: HttpTransportSettings;
  readonly #tls: TlsConnectOptions<SecureContext>;
  readonly #onRelease: () => void;
  readonly #pools = new Map<string, OriginPool>();
  /** What was asked for after the start, by origin; `undefined` stands for all. */
  readonly #resized = new Map<string | undefined, number>();
  /** What the option `pools` says, by origin. */
  readonly #limits: ReadonlyMap<string, PoolSettings>;
  #latest: OriginPool | undefined;

  /** @throws ConfigurationError when TLS settings or the names of pools make no sense. */
  constructor(settings: HttpTransportSettings, onRelease: () => void) {
    this.#settings = settings;
    this.#tls = prepareTls(settings.tls, createSecureContext as never);
    this.#onRelease = onRelease;
    this.#limits = new Map(
      Object.entries(settings.pools).map(([name, limits]) => [originOf(name), limits]),
    );
  }

  /** @throws PoolExhaustedError when there are too many origins, each with calls under way. */
  get(origin: string): OriginPool {
    if (this.#latest?.origin === origin) return this.#latest;
    let pool = this.#pools.get(origin);
    if (pool === undefined) {
      this.#makeRoom(origin);
      pool = this.#create(origin);
      this.#pools.set(origin, pool);
    }
    this.#latest = pool;
    return pool;
  }

  get stats(): readonly PoolStats[] {
    return [...this.#pools.values()].map(({ stats }) => stats);
  }

  /** Changes the number of connections for one origin, or for all, those to come included. */
  resize(connections: number, url: string | undefined): void {
    const origin = url === undefined ? undefined : originOf(url);
    if (origin === undefined) this.#resized.clear();
    this.#resized.set(origin, connections);
    for (const pool of this.#pools.values()) {
      if (origin === undefined || pool.origin === origin) pool.resize(connections);
    }
  }

  async close(): Promise<void> {
    this.#latest = undefined;
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
    this.#pools.clear();
  }

  #create(origin: string): OriginPool {
    const settings = this.#settings;
    const { clock, connectMs, http2, lookup, allowTarget } = settings;
    const proxy = proxyFor(settings.proxy, origin);
    const limits = this.#limits.get(origin) ?? this.#limits.get(DEFAULT);
    return new OriginPool(
      {
        origin,
        connector: new Connector({
          origin,
          clock,
          connectMs,
          http2,
          tls: this.#tls,
          lookup,
          allowTarget,
          proxy,
        }),
        forwardProxy: origin.startsWith('https:') ? undefined : proxy,
        connections: this.#connectionsFor(origin, limits),
        pipelining: limits?.pipelining ?? settings.pipelining,
        keepAliveTimeoutMs: settings.keepAliveTimeoutMs,
        clock: settings.clock,
        maxHeaderBytes: settings.maxHeaderBytes,
        http2,
        maxQueue: settings.maxQueue,
        queueMs: settings.queueMs,
      },
      this.#onRelease,
    );
  }

  #connectionsFor(origin: string, limits: PoolSettings | undefined): number {
    const asked = this.#resized.get(origin) ?? this.#resized.get(undefined);
    return asked ?? (limits?.connections ?? this.#settings.connections) * (limits?.count ?? 1);
  }

  /** Closes the pool that has had no call for the longest time, if there are too many. */
  #makeRoom(origin: string): void {
    const { maxOrigins } = this.#settings;
    if (this.#pools.size < maxOrigins) return;
    for (const pool of this.#pools.values()) {
      if (!pool.isIdle) continue;
      this.#pools.delete(pool.origin);
      if (this.#latest === pool) this.#latest = undefined;
      void pool.close();
      return;
    }
    throw new PoolExhaustedError(
      `Cannot send the request to ${origin}: calls to ${maxOrigins} other origins are under way (maxOrigins)`,
      { code: 'too_many_origins' },
    );
  }
}

function originOf(name: string): string {
  if (name === DEFAULT) return name;
  const url = URL.canParse(name) ? new URL(name) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.origin;
  const message = `expected 'default' or the URL of an origin as a name, found ${JSON.stringify(name)}`;
  throw new ConfigurationError(`Cannot configure the pools: ${message}`, {
    issues: [{ option: 'pools', message }],
  });
}
