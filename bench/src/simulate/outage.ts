import { ManualClock } from '@linkspan/concurrency';
import { type Client, createClient, memoryTransport, retry } from '@linkspan/core';
import { memoryStore, RetryBudget } from '@linkspan/resilience';
import { randomFrom } from './random-from.ts';

const TICK_MS = 10;
const DOWN_MS = 60_000;

export interface OutageOptions {
  readonly perSecond: number;
  /** How many layers of three attempts stand around one another. @default 1 */
  readonly layers?: number;
  /** @default true */
  readonly hasBudget?: boolean;
}

export interface Outage {
  /** What the peer was sent while it was down, of what was offered. */
  readonly sentOverOffered: number;
  /** How long after the return of the peer the last call failed. */
  readonly recoveryMs: number;
  /** What is left when all calls are over. */
  readonly timers: number;
}

/** A peer that is down for a minute, and then answers a quarter more a second than it is offered. */
class Peer {
  sent = 0;
  readonly #clock: ManualClock;
  readonly #perSecond: number;
  #second = 0;
  #inSecond = 0;

  constructor(clock: ManualClock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  /** Whether it answers. */
  ask(): boolean {
    const now = this.#clock.now();
    if (now < DOWN_MS) this.sent += 1;
    const second = Math.floor(now / 1000);
    if (second !== this.#second) this.#inSecond = 0;
    this.#second = second;
    this.#inSecond += 1;
    return now >= DOWN_MS && this.#inSecond <= this.#perSecond * 1.25;
  }
}

/** Calls that come evenly, to a peer that refuses all of them for a minute. */
export async function outage(options: OutageOptions): Promise<Outage> {
  const { stackTraceLimit } = Error;
  // There are very many failures, and nobody reads where they come from.
  Error.stackTraceLimit = 0;
  try {
    return await play(options);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function play(options: OutageOptions): Promise<Outage> {
  const { perSecond, layers = 1, hasBudget = true } = options;
  const clock = new ManualClock();
  const random = randomFrom(1);
  const budget = hasBudget ? new RetryBudget({ store: memoryStore({ clock }) }) : undefined;
  const peer = new Peer(clock, perSecond);
  const tries = { maxRetries: 2, budget };
  const client = createClient({
    transport: memoryTransport(() =>
      peer.ask() ? { status: 200 } : { status: 503, headers: { 'retry-after-ms': '100' } },
    ),
    clock,
    random,
    env: {},
    retry: tries,
    middleware: Array.from({ length: layers - 1 }, () => retry(tries, random)),
  });
  let [offered, lastFailureAt] = [0, 0];

  while (clock.now() < DOWN_MS + 3000) {
    for (let each = 0; each < (perSecond * TICK_MS) / 1000; each += 1) {
      offered += clock.now() < DOWN_MS ? 1 : 0;
      call(client).catch(() => {
        lastFailureAt = clock.now();
      });
    }
    // oxlint-disable-next-line no-await-in-loop -- time passes step by step
    await clock.advance(TICK_MS);
  }
  await clock.advance(60_000);
  return {
    sentOverOffered: peer.sent / offered,
    recoveryMs: Math.max(0, lastFailureAt - DOWN_MS),
    timers: clock.pendingTimers,
  };
}

async function call(client: Client): Promise<void> {
  const response = await client.request({ operation: 'GET', target: '/' });
  await response.cancel();
}
