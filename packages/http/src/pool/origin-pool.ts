import { ClosedError, PoolExhaustedError, type Sent } from '@linkspan/core';
import { CallList } from './call-list.ts';
import { Connection, type ConnectionOwner, type ConnectionSettings } from './connection.ts';
import type { ProxyServer } from '@linkspan/core/wire';
import type { CallHost, DispatchCall } from '../call/dispatch-call.ts';

/** The state of the connections to one origin. */
export interface PoolStats {
  readonly origin: string;
  /** The most connections allowed. */
  readonly connections: number;
  /** Connections that are open. */
  readonly connected: number;
  /** Open connections that could take a call now. */
  readonly free: number;
  /** Calls that wait for a connection to be free. */
  readonly queued: number;
  /** Calls that wait for a connection: to be free, or to be made. */
  readonly pending: number;
  /** Calls whose request is on a connection, until the end of the answer. */
  readonly running: number;
  /** All the calls. */
  readonly size: number;
}

/** What a pool is made with. */
export interface PoolLimits extends ConnectionSettings {
  readonly connections: number;
  readonly maxQueue: number;
  readonly queueMs: number;
}

/**
 * The connections to one origin, and the calls that wait for one, first come, first served. The
 * connection that was used last is used next, so that those that are not needed grow old and close.
 */
export class OriginPool implements CallHost, ConnectionOwner {
  readonly origin: string;
  readonly #limits: PoolLimits;
  readonly #onRelease: () => void;
  readonly #connections = new Set<Connection>();
  readonly #free: Connection[] = [];
  readonly #queue = new CallList();
  readonly #active = new CallList();
  readonly #leaving = new Set<Promise<void>>();
  /** The connection that is being made before there is a call for it. */
  #warming: Promise<void> | undefined;
  #maxConnections: number;
  /** Until the first handshake tells whether the server speaks HTTP/2, one connection is made. */
  #isProbing: boolean;

  constructor(limits: PoolLimits, onRelease: () => void) {
    this.origin = limits.origin;
    this.#limits = limits;
    this.#onRelease = onRelease;
    this.#maxConnections = limits.connections;
    this.#isProbing = limits.http2 && limits.origin.startsWith('https:');
  }

  get isIdle(): boolean {
    return this.#active.size === 0 && this.#queue.size === 0;
  }

  get forwardProxy(): ProxyServer | undefined {
    return this.#limits.forwardProxy;
  }

  /** Opens a connection if there is none, so that the first call finds one. */
  async connect(signal: AbortSignal | undefined): Promise<void> {
    if (this.#connections.size === 0) {
      this.#warming = this.#open().warm(signal);
      this.#warming.catch(() => {}).finally(() => (this.#warming = undefined));
    }
    await this.#warming;
  }

  /** Gives the call a connection, or a place in the queue. */
  send(call: DispatchCall): void {
    const connection = this.#queue.size === 0 ? this.#take() : undefined;
    if (connection !== undefined) {
      this.#assign(connection, call);
    } else if (this.#queue.size >= this.#limits.maxQueue) {
      call.end(this.#queueFull());
    } else {
      this.#queue.push(call);
      call.enqueue(this.#limits.queueMs);
    }
  }

  release(call: DispatchCall, isReusable: boolean): void {
    const { connection } = call;
    if (connection === undefined) {
      // One that found the queue full was never in it.
      if (call.previous !== undefined || this.#queue.first === call) this.#queue.remove(call);
    } else {
      this.#active.remove(call);
      call.connection = undefined;
      this.#giveBack(connection, isReusable);
      this.#serveQueue();
    }
    this.#onRelease();
  }

  sendAfresh(call: DispatchCall): void {
    const { connection } = call;
    if (connection !== undefined) {
      this.#active.remove(call);
      call.connection = undefined;
      this.#giveBack(connection, false);
    }
    this.#assign(this.#open(), call);
  }

  onConnected(connection: Connection): void {
    if (this.#isProbing) this.#isProbing = false;
    if (connection.inFlight < connection.limit) this.#list(connection);
    this.#serveQueue();
  }

  onDisconnected(connection: Connection): void {
    if (connection.inFlight === 0) this.#drop(connection);
  }

  get stats(): PoolStats {
    let connected = 0;
    let free = 0;
    for (const connection of this.#connections) {
      if (!connection.isConnected) continue;
      connected++;
      if (connection.inFlight < connection.limit) free++;
    }
    let running = 0;
    for (const { phase } of this.#active) {
      if (phase === 'headers' || phase === 'body') running++;
    }
    const size = this.#queue.size + this.#active.size;
    return {
      origin: this.origin,
      connections: this.#maxConnections,
      connected,
      free,
      queued: this.#queue.size,
      pending: size - running,
      running,
      size,
    };
  }

  /** Changes how many connections there may be. Those above it close when their calls are over. */
  resize(connections: number): void {
    this.#maxConnections = connections;
    while (this.#connections.size > connections && this.#free.length > 0) {
      const idle = this.#free.find(({ inFlight }) => inFlight === 0);
      if (idle === undefined) break;
      this.#drop(idle);
    }
    this.#serveQueue();
  }

  /** Ends every call with an error of its own, and closes every connection. */
  async close(): Promise<void> {
    for (const call of [...this.#queue, ...this.#active]) call.end(this.#closedError(call.sent));
    for (const connection of this.#connections) this.#drop(connection);
    await Promise.all(this.#leaving);
  }

  #assign(connection: Connection, call: DispatchCall): void {
    connection.inFlight++;
    if (connection.inFlight >= connection.limit) this.#unlist(connection);
    this.#active.push(call);
    call.assign(connection);
  }

  /** A connection that can take a call, made where there may be one more. */
  #take(): Connection | undefined {
    const { length } = this.#free;
    if (length > 0) return this.#free[length - 1];
    if (this.#connections.size >= this.#maxConnections) return undefined;
    return this.#isProbing && this.#connections.size > 0 ? undefined : this.#open();
  }

  #open(): Connection {
    const connection = new Connection(this.#limits, this);
    this.#connections.add(connection);
    return connection;
  }

  #giveBack(connection: Connection, isReusable: boolean): void {
    connection.inFlight--;
    // One that was never made tells nothing of the server: the others need not wait for the next.
    if (!isReusable && !connection.isConnected) this.#isProbing = false;
    const isTooMany = this.#connections.size > this.#maxConnections;
    // A stream of HTTP/2 that was left or failed says nothing about its connection.
    const isSound = isReusable || (connection.isShared && connection.isConnected);
    if (isSound && !(isTooMany && connection.inFlight === 0)) this.#list(connection);
    else if (connection.inFlight === 0) this.#drop(connection);
  }

  #serveQueue(): void {
    for (let call = this.#queue.first; call !== undefined; call = this.#queue.first) {
      const connection = this.#take();
      if (connection === undefined) return;
      this.#queue.remove(call);
      this.#assign(connection, call);
    }
  }

  #list(connection: Connection): void {
    if (connection.isListed || !this.#connections.has(connection)) return;
    connection.isListed = true;
    this.#free.push(connection);
  }

  #unlist(connection: Connection): void {
    if (!connection.isListed) return;
    connection.isListed = false;
    const last = this.#free.length - 1;
    if (this.#free[last] === connection) this.#free.pop();
    else this.#free.splice(this.#free.indexOf(connection), 1);
  }

  #drop(connection: Connection): void {
    this.#unlist(connection);
    this.#connections.delete(connection);
    const left = connection.discard().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }

  #queueFull(): PoolExhaustedError {
    const { maxQueue } = this.#limits;
    return new PoolExhaustedError(
      `Cannot send the request to ${this.origin}: ${maxQueue} calls wait for a connection already (maxQueue)`,
    );
  }

  #closedError(sent: Sent): ClosedError {
    return new ClosedError(`Cannot finish the call to ${this.origin}: the transport was closed`, {
      sent,
    });
  }
}
