import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ManualClock } from '@linkspan/concurrency';
import { connectWebSocket } from '@linkspan/websocket';
import { WebSocketServer } from 'ws';
import { mostWithin, type Return } from './crowd.ts';
import { randomFrom } from './random-from.ts';

const RESTART_MS = 20_000;
const STEP_MS = 10;

export interface WebSocketReturnOptions {
  readonly connections: number;
  /** How long the peer is down. */
  readonly downMs: number;
  readonly seed?: number;
}

/** A server on a port of its own, which can be away for a while. */
class Server {
  #port = 0;
  #server: WebSocketServer | undefined;

  get url(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    this.#server = new WebSocketServer({ host: '127.0.0.1', port: this.#port, backlog: 1024 });
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    const closed = once(server, 'close');
    for (const socket of server.clients) socket.terminate();
    server.close();
    await closed;
  }
}

/** The attempts of one client, as it tells them. */
class Attempts {
  readonly moments: number[] = [];
  #next = Infinity;

  /** It will try again then. */
  plan(moment: number): void {
    this.#next = moment;
    this.moments.push(moment);
  }

  /** What it has tried has come to an end. */
  isOver(): void {
    this.#next = Infinity;
  }

  /** Whether one is under way, on a clock that waits for it. */
  isUnderWay(now: number): boolean {
    return this.#next <= now;
  }
}

/**
 * Connections of as many clients over real sockets, all broken at the same moment, which are made
 * again as they are by default. Time stands still while sockets are at work, so that what is measured
 * is when attempts are made, and not how fast this machine is.
 */
export async function webSocketReturn(options: WebSocketReturnOptions): Promise<Return> {
  const { connections, downMs, seed = 1 } = options;
  const clock = new ManualClock();
  const random = randomFrom(seed);
  const server = new Server();
  await server.start();
  const left = new AbortController();
  const all: Attempts[] = [];
  const backAt: number[] = [];
  for (let each = 0; each < connections; each += 1) {
    const attempts = new Attempts();
    all.push(attempts);
    // oxlint-disable-next-line no-await-in-loop -- they need not come all at once
    const ws = await connectWebSocket(server.url, {
      clock,
      random,
      signal: left.signal,
      pingMs: Infinity,
      reconnect: { onRetry: ({ waitMs }) => attempts.plan(clock.now() + waitMs) },
      onStatus: (status) => {
        if (status === 'open' && attempts.moments.length > 0) backAt.push(clock.now());
        if (status === 'open' || status === 'closed') attempts.isOver();
      },
    });
    void ws.closed;
  }

  await clock.advance(RESTART_MS);
  await server.stop();
  if (downMs === 0) await server.start();
  await until(() => all.every(({ moments }) => moments.length > 0));
  for (let step = 1; backAt.length < connections && step < 30_000; step += 1) {
    if (downMs > 0 && step * STEP_MS === downMs) await server.start();
    // oxlint-disable-next-line no-await-in-loop -- time passes step by step
    await clock.advance(STEP_MS);
    // oxlint-disable-next-line no-await-in-loop -- as above
    await until(() => all.every((attempts) => !attempts.isUnderWay(clock.now())));
  }
  left.abort(new Error('It is over'));
  await server.stop();
  const moments = all.flatMap((attempts) => attempts.moments);
  return {
    connections: backAt.length,
    attempts: moments.length,
    crowd: mostWithin(moments) / connections,
    allBackMs: Math.max(...backAt) - RESTART_MS - downMs,
  };
}

/** Lets sockets work until this holds. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    // oxlint-disable-next-line no-await-in-loop -- until it holds
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
