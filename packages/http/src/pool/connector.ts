import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import type { Clock, TimerHandle } from '@linkspan/concurrency';
import { ClosedError, type ConnectionTimeoutError, type Phase } from '@linkspan/core';
import type { buildConnector as undiciConnector } from 'undici';
import {
  type AllowTarget,
  checkLiteral,
  ConnectFault,
  guardedLookup,
  type ProxyServer,
  safeLookup,
  type TlsConnectOptions,
} from '@linkspan/core/wire';
import { directReadOptions } from './direct-reads.ts';
import { openTunnel } from '../proxy/proxy-tunnel.ts';
import { connectTimedOut } from '../call/timeouts.ts';
import { buildConnector } from './undici-parts.ts';

/** What connections are made with. */
export interface ConnectorSettings {
  /** What the connections are for: `https://api.example.com`. */
  readonly origin: string;
  readonly clock: Clock;
  readonly connectMs: number;
  readonly http2: boolean;
  readonly tls: TlsConnectOptions<SecureContext>;
  readonly lookup: LookupFunction | undefined;
  readonly allowTarget: AllowTarget | undefined;
  /** The proxy on the way, if any. */
  readonly proxy: ProxyServer | undefined;
}

/** How long an address may be silent before the next one of the name is tried beside it. */
const NEXT_ADDRESS_MS = 250;

type Options = undiciConnector.Options;
type Callback = undiciConnector.Callback;
type Connect = (options: Options, callback: Callback) => Socket;

/** Makes connections to one origin: directly, or through a proxy. */
export class Connector {
  readonly settings: ConnectorSettings;
  /** Whether plain requests are sent to the proxy in the origin's place. */
  readonly #isTunnel: boolean;

  constructor(settings: ConnectorSettings) {
    this.settings = settings;
    this.#isTunnel = settings.proxy !== undefined && settings.origin.startsWith('https:');
  }

  /** Begins to make a connection. The callback is called once. */
  open(options: Options, callback: Callback): ConnectAttempt {
    const proxy = this.#isTunnel ? this.settings.proxy : undefined;
    return new ConnectAttempt(this.settings, options, proxy, callback);
  }
}

/** A connection that is being made. It knows how far it is, and can be given up. */
export class ConnectAttempt {
  phase: Phase = 'dns';
  readonly #settings: ConnectorSettings;
  readonly #startedAt: number;
  readonly #callback: Callback;
  #timer: TimerHandle | undefined;
  #recheck: NodeJS.Immediate | undefined;
  #stopTunnel: (() => void) | undefined;
  #socket: Socket | undefined;
  #isOver = false;

  constructor(
    settings: ConnectorSettings,
    options: Options,
    tunnel: ProxyServer | undefined,
    callback: Callback,
  ) {
    this.#settings = settings;
    this.#callback = callback;
    this.#startedAt = settings.clock.now();
    if (settings.connectMs !== Infinity) {
      this.#timer = settings.clock.setTimeout(() => {
        // A handshake that ended while the event loop was blocked is read first.
        this.#recheck = setImmediate(() => this.#fail(this.#timedOut()));
      }, settings.connectMs);
    }
    this.#begin(options, tunnel);
  }

  /** Gives up: the socket is closed at once. */
  abort(): void {
    const { origin } = this.#settings;
    this.#fail(
      new ConnectFault(() => new ClosedError(`Cannot connect to ${origin}: the pool was closed`)),
    );
  }

  #begin(options: Options, tunnel: ProxyServer | undefined): void {
    const { allowTarget } = this.#settings;
    const { hostname } = options;
    if (isIP(hostname) !== 0) this.phase = 'connect';
    if (allowTarget === undefined || isIP(hostname) === 0) {
      this.#connect(options, tunnel);
      return;
    }
    checkLiteral(allowTarget, hostname, portOf(options)).then(
      () => this.#connect(options, tunnel),
      (refusal: unknown) => this.#fail(refusal as Error),
    );
  }

  #connect(options: Options, tunnel: ProxyServer | undefined): void {
    if (this.#isOver) return;
    if (tunnel === undefined) {
      this.#connectSocket(options, portOf(options));
      return;
    }
    this.phase = 'connect';
    this.#stopTunnel = openTunnel(
      tunnel,
      `${options.hostname.includes(':') ? `[${options.hostname}]` : options.hostname}:${portOf(options)}`,
      (connectOptions, callback) => {
        const connect = connectorFor(this.#settings, tunnel.port, 'tunnel');
        this.#socket = connect(connectOptions, callback);
      },
      (error, socket) => {
        this.#stopTunnel = undefined;
        if (socket === undefined) {
          this.#fail(error);
        } else if (this.#isOver) {
          socket.destroy();
        } else {
          this.phase = 'tls';
          this.#connectSocket({ ...options, httpSocket: socket }, portOf(options));
        }
      },
    );
  }

  #connectSocket(options: Options, port: number): void {
    const connect = connectorFor(this.#settings, port, this.#settings.http2 ? 'http2' : 'http1');
    const socket = connect(options, (error, connected) => {
      if (error !== null) this.#fail(error);
      else this.#succeed(connected);
    });
    this.#socket = socket;
    socket.once('lookup', (error: Error | null) => {
      if (error === null) this.phase = 'connect';
    });
    if (options.protocol === 'https:') {
      socket.once('connect', () => {
        this.phase = 'tls';
      });
    }
  }

  #succeed(socket: Socket): void {
    if (this.#isOver) {
      socket.destroy();
      return;
    }
    this.#end();
    this.#callback(null, socket);
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#end();
    this.#stopTunnel?.();
    this.#socket?.destroy();
    this.#callback(error, null);
  }

  #end(): void {
    this.#isOver = true;
    if (this.#timer !== undefined) this.#settings.clock.clearTimeout(this.#timer);
    if (this.#recheck !== undefined) clearImmediate(this.#recheck);
  }

  #timedOut(): ConnectFault {
    const { origin, connectMs, clock } = this.#settings;
    const elapsedMs = clock.now() - this.#startedAt;
    const { phase } = this;
    return new ConnectFault((): ConnectionTimeoutError =>
      connectTimedOut(phase, { origin, limitMs: connectMs, elapsedMs }),
    );
  }
}

/** What a connection will carry. */
type Kind = 'http1' | 'http2' | 'tunnel';

/** One connector of undici for each kind of connection, which keeps the TLS sessions. */
const connectors = new WeakMap<ConnectorSettings, Map<string, Connect>>();

function connectorFor(settings: ConnectorSettings, port: number, kind: Kind): Connect {
  let known = connectors.get(settings);
  if (known === undefined) connectors.set(settings, (known = new Map()));
  const key = `${port} ${kind}`;
  let connect = known.get(key);
  if (connect === undefined) {
    const { allowTarget, tls } = settings;
    const resolve = settings.lookup === undefined ? undefined : safeLookup(settings.lookup);
    const lookup =
      allowTarget === undefined
        ? resolve
        : guardedLookup(allowTarget, port, resolve ?? systemLookup);
    connect = buildConnector({
      ...tls,
      allowH2: kind === 'http2',
      timeout: 0,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
      ...(lookup === undefined ? undefined : { lookup }),
      ...(kind === 'http1' && { onread: directReadOptions() }),
    }) as unknown as Connect;
    known.set(key, connect);
  }
  return connect;
}

function portOf({ port, protocol }: Options): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? 443 : 80;
}
