import { lookup as systemLookup } from 'node:dns';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import type { Clock, TimerHandle } from '@linkspan/concurrency';
import { ConnectionTimeoutError, type Phase } from '@linkspan/core';
import {
  type AllowTarget,
  checkLiteral,
  ConnectFault,
  guardedLookup,
  type ProxyServer,
  safeLookup,
  type TlsConnectOptions,
} from '@linkspan/core/wire';
import type { ReadOptions } from './direct-reads.ts';
import { openTunnel } from './proxy-tunnel.ts';
import { showMs } from '../show-ms.ts';

/** What connections are made with. */
export interface SocketSettings {
  readonly clock: Clock;
  readonly connectMs: number;
  readonly tls: TlsConnectOptions<SecureContext>;
  readonly lookup: LookupFunction | undefined;
  readonly allowTarget: AllowTarget | undefined;
  readonly onread: ReadOptions;
}

/** Where a connection goes. */
export interface SocketTarget {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  /** `wss://api.example.com`, for messages. */
  readonly peer: string;
  readonly proxy: ProxyServer | undefined;
}

type Callback = (error: Error | null, socket: Socket | undefined) => void;

/** How long an address may be silent before the next one of the name is tried beside it. */
const NEXT_ADDRESS_MS = 250;

/**
 * A connection that is being made, through a proxy where there is one. It knows how far it is, and
 * can be given up. The callback is called once, unless it is given up.
 */
export class SocketAttempt {
  phase: Phase = 'dns';
  readonly #settings: SocketSettings;
  readonly #target: SocketTarget;
  readonly #callback: Callback;
  readonly #startedAt: number;
  #timer: TimerHandle | undefined;
  #recheck: NodeJS.Immediate | undefined;
  #stopTunnel: (() => void) | undefined;
  #socket: Socket | undefined;
  #isOver = false;

  constructor(settings: SocketSettings, target: SocketTarget, callback: Callback) {
    this.#settings = settings;
    this.#target = target;
    this.#callback = callback;
    this.#startedAt = settings.clock.now();
    if (settings.connectMs !== Infinity) {
      this.#timer = settings.clock.setTimeout(() => {
        // A handshake that ended while the event loop was blocked is read first.
        this.#recheck = setImmediate(() => this.#fail(this.#timedOut()));
      }, settings.connectMs);
    }
    this.#begin();
  }

  /** Gives up: the socket is closed at once. Does nothing when the socket was handed over. */
  abort(): void {
    if (this.#isOver) return;
    this.#end();
    this.#stopTunnel?.();
    this.#socket?.destroy();
  }

  #begin(): void {
    const { allowTarget } = this.#settings;
    const { host, port, proxy } = this.#target;
    if (isIP(host) !== 0 || proxy !== undefined) this.phase = 'connect';
    if (allowTarget === undefined || isIP(host) === 0) {
      this.#connect();
      return;
    }
    checkLiteral(allowTarget, host, port).then(
      () => this.#connect(),
      (refusal: unknown) => this.#fail(refusal as Error),
    );
  }

  #connect(): void {
    if (this.#isOver) return;
    const { host, port, isSecure, proxy } = this.#target;
    if (proxy === undefined) {
      const { onread } = this.#settings;
      const options = { host, port, onread, ...this.#addresses(port) };
      this.#follow(
        isSecure ? connectTls({ ...options, ...this.#tlsFor(host) }) : connectTcp(options),
      );
      return;
    }
    const { tls } = this.#settings;
    this.#stopTunnel = openTunnel(
      proxy,
      host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
      { ...this.#addresses(proxy.port), ...tls, servername: serverName(proxy.hostname) },
      (error, socket) => {
        this.#stopTunnel = undefined;
        if (socket === undefined) this.#fail(error ?? new Error('There is no tunnel'));
        else if (this.#isOver) socket.destroy();
        else if (isSecure) this.#follow(connectTls({ socket, host, ...this.#tlsFor(host) }));
        else this.#succeed(socket);
      },
    );
  }

  #addresses(port: number): {
    readonly lookup?: LookupFunction;
    readonly autoSelectFamily: boolean;
    readonly autoSelectFamilyAttemptTimeout: number;
  } {
    const { allowTarget } = this.#settings;
    const own = this.#settings.lookup;
    const resolve = own === undefined ? undefined : safeLookup(own);
    const lookup =
      allowTarget === undefined
        ? resolve
        : guardedLookup(allowTarget, port, resolve ?? systemLookup);
    return {
      ...(lookup === undefined ? undefined : { lookup }),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
    };
  }

  #tlsFor(host: string): TlsConnectOptions<SecureContext> {
    return { servername: serverName(host), ...this.#settings.tls };
  }

  #follow(socket: Socket): void {
    const { isSecure, proxy } = this.#target;
    this.#socket = socket;
    if (proxy !== undefined) this.phase = 'tls';
    socket.once('lookup', (error: Error | null) => {
      if (error === null) this.phase = 'connect';
    });
    socket.once('connect', () => {
      if (isSecure) this.phase = 'tls';
      else this.#succeed(socket);
    });
    if (isSecure) socket.once('secureConnect', () => this.#succeed(socket));
    socket.on('error', (error) => this.#fail(error));
    socket.once('close', () => this.#fail(brokeOff()));
  }

  #succeed(socket: Socket): void {
    if (this.#isOver) return;
    this.#end();
    this.#callback(null, socket);
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#end();
    this.#stopTunnel?.();
    this.#socket?.destroy();
    this.#callback(error, undefined);
  }

  #end(): void {
    this.#isOver = true;
    if (this.#timer !== undefined) this.#settings.clock.clearTimeout(this.#timer);
    if (this.#recheck !== undefined) clearImmediate(this.#recheck);
  }

  #timedOut(): ConnectFault {
    const { peer } = this.#target;
    const { connectMs, clock } = this.#settings;
    const { phase } = this;
    const elapsedMs = clock.now() - this.#startedAt;
    const state = waitingFor[phase] ?? 'no connection was made';
    return new ConnectFault(
      () =>
        new ConnectionTimeoutError(
          `Cannot connect to ${peer}: ${state} within ${showMs(connectMs)} (connectMs)`,
          { phase, limitMs: connectMs, elapsedMs },
        ),
    );
  }
}

/** What the making of a connection waits for in some of its phases. */
const waitingFor: Readonly<Partial<Record<Phase, string>>> = {
  dns: 'its name was not resolved',
  tls: 'the TLS handshake did not end',
};

/** RFC 6066, section 3: an address is no server name. */
function serverName(host: string): string {
  return isIP(host) === 0 ? host : '';
}

function brokeOff(): Error {
  return Object.assign(new Error('The socket was closed'), { code: 'ECONNRESET' });
}
