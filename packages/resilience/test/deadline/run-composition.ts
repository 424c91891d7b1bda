import { getEventListeners } from 'node:events';
import { Deadline, ManualClock } from '@linkspan/concurrency';
import {
  type CallContext,
  type CallExplanation,
  type Client,
  createClient,
  type EventStream,
} from '@linkspan/core';
import * as fc from 'fast-check';
import { CallTrace, type Place } from './call-trace.ts';
import {
  type BuiltLayer,
  buildLayer,
  freePlaces,
  type LayerPlan,
  layerPlans,
} from './composition.ts';
import { type Move, moves, ScriptedPeer } from './scripted-peer.ts';
import { wordDialect } from './word-dialect.ts';

/** One call and its limits. */
interface CallPlan {
  readonly does: 'reads' | 'leaves unread' | 'streams' | 'resumes';
  readonly startMs: number;
  readonly totalMs: number;
  readonly abortMs: number | undefined;
  readonly mayRepeat: boolean;
}

/** Layers in an order, the peer behind them, and who calls. */
export interface Composition {
  readonly layers: readonly LayerPlan[];
  readonly moves: readonly Move[];
  readonly connectMs: number;
  readonly calls: readonly CallPlan[];
  readonly retries: number;
  readonly attemptMs: number;
  readonly idleMs: number;
  readonly seed: number;
}

const callPlans: fc.Arbitrary<CallPlan> = fc.record({
  does: fc.constantFrom('reads', 'leaves unread', 'streams', 'resumes'),
  startMs: fc.constantFrom(0, 0, 3, 150),
  totalMs: fc.integer({ min: 0, max: 60 }).map((steps) => steps * steps),
  abortMs: fc.constantFrom(...Array<undefined>(9).fill(undefined), 0, 20, 400),
  mayRepeat: fc.boolean(),
});

export const compositions: fc.Arbitrary<Composition> = fc.record({
  layers: fc.array(layerPlans, { minLength: 1, maxLength: 5 }),
  moves: fc.array(moves, { minLength: 1, maxLength: 5 }),
  connectMs: fc.constantFrom(0, 0, 0, 0, 0, 70, Infinity),
  calls: fc.array(callPlans, { minLength: 1, maxLength: 6 }),
  retries: fc.integer({ min: 0, max: 2 }),
  attemptMs: fc.constantFrom(Infinity, 100),
  idleMs: fc.constantFrom(Infinity, 100),
  seed: fc.integer({ min: 1, max: 2 ** 31 - 2 }),
});

/** How a call went. */
export interface Ended {
  readonly plan: CallPlan;
  readonly id: number;
  readonly deadlineAt: number;
  /** When its caller was told that it is over. */
  readonly settledAt: number;
  readonly error: unknown;
  readonly reason: unknown;
  readonly listeners: number;
  readonly explained: CallExplanation | undefined;
  readonly hadHead: boolean;
}

/** How a composition went. */
export interface Findings {
  readonly ended: readonly Ended[];
  readonly trace: CallTrace;
  readonly late: number;
  readonly timers: number;
  /** What is still held, in words. */
  readonly held: readonly string[];
  readonly places: ReadonlySet<Place>;
}

/** Plays a composition on a clock of its own, until all deadlines are over. */
export async function runComposition(composition: Composition): Promise<Findings> {
  const clock = new ManualClock();
  const trace = new CallTrace(clock);
  const peer = new ScriptedPeer(clock, composition.moves);
  const random = randomFrom(composition.seed);
  const other = peer.transport(0);
  const facts = { clock, random, other: trace.before('wire')(other.send) };
  const layers = composition.layers.map((plan) => buildLayer(plan, facts));
  const transport = peer.transport(composition.connectMs);
  const client = createClient({
    transport,
    clock,
    random,
    env: {},
    retry: composition.retries > 0 && { maxRetries: composition.retries, baseDelayMs: 50 },
    attemptMs: composition.attemptMs,
    idleMs: composition.idleMs,
    middleware: [
      ...layers.flatMap(({ place, middleware }) => [trace.before(place), middleware]),
      trace.before('wire'),
    ],
  });
  const calls = composition.calls.toSorted((a, b) => a.startMs - b.startMs);
  const endings: Promise<Ended>[] = [];
  for (const [index, drawn] of calls.entries()) {
    // Each has a fraction of its own, so that nothing else happens at its deadline.
    const plan = { ...drawn, totalMs: drawn.totalMs + 2 ** -(index + 1) };
    // oxlint-disable-next-line no-await-in-loop -- time passes step by step
    await clock.advance(plan.startMs - clock.now());
    endings.push(new Caller(client, clock, plan, index + 1).run());
  }
  await clock.advance(4000);
  const ended = await Promise.all(endings);
  await transport.close();
  const timers = clock.pendingTimers;
  // The longest that a peer asks all calls to wait.
  await clock.advance(5000);
  return {
    ended,
    trace,
    late: peer.late,
    timers,
    held: await whatIsHeld(layers, clock),
    places: new Set(layers.map(({ place }) => place)),
  };
}

class Caller {
  readonly #client: Client;
  readonly #clock: ManualClock;
  readonly #plan: CallPlan;
  readonly #id: number;
  readonly #controller = new AbortController();
  #hadHead = false;

  constructor(client: Client, clock: ManualClock, plan: CallPlan, id: number) {
    this.#client = client;
    this.#clock = clock;
    this.#plan = plan;
    this.#id = id;
  }

  async run(): Promise<Ended> {
    const { totalMs, abortMs } = this.#plan;
    const { signal } = this.#controller;
    const deadlineAt = this.#clock.now() + totalMs;
    if (abortMs !== undefined) {
      this.#clock.setTimeout(() => this.#controller.abort(new Error('left')), abortMs);
    }
    let error: unknown;
    try {
      await this.#call();
    } catch (failure) {
      error = failure;
    }
    return {
      plan: this.#plan,
      id: this.#id,
      deadlineAt,
      settledAt: this.#clock.now(),
      error,
      reason: signal.reason,
      listeners: getEventListeners(signal, 'abort').length,
      explained: error === undefined ? undefined : this.#client.explain(error),
      hadHead: this.#hadHead,
    };
  }

  async #call(): Promise<void> {
    const { does, totalMs, mayRepeat } = this.#plan;
    const { signal } = this.#controller;
    const startedAt = this.#clock.now();
    const request = { operation: mayRepeat ? 'GET' : 'POST', target: '/' };
    if (does === 'streams' || does === 'resumes') {
      const resume = does === 'resumes' && { baseDelayMs: 100 };
      const dialect = wordDialect();
      const options = { signal, totalMs, dialect, resume };
      const stream = await this.#client.stream(request, options);
      this.#hadHead = true;
      await readAll(stream);
      return;
    }
    const response = await this.#client.request(request, { signal, totalMs });
    if (response.status !== 200) throw new Error(`An answer has status ${response.status}`);
    this.#hadHead = true;
    if (does === 'leaves unread') await until(this.#clock, startedAt + totalMs + 1);
    await response.text();
  }
}

async function readAll(stream: EventStream<string>): Promise<void> {
  for await (const word of stream) void word;
}

async function until(clock: ManualClock, at: number): Promise<void> {
  await new Promise<void>((resolve) => {
    clock.setTimeout(resolve, at - clock.now());
  });
}

async function whatIsHeld(layers: readonly BuiltLayer[], clock: ManualClock): Promise<string[]> {
  const context: CallContext = {
    signal: undefined,
    deadline: Deadline.never(clock),
    attempt: 1,
    streaming: false,
    attemptMs: Infinity,
    idleMs: Infinity,
    acceptStatus: () => true,
  };
  const held: string[] = [];
  for (const layer of layers) {
    const { place, limiter, places = 0 } = layer;
    if (limiter !== undefined && limiter.inFlight > 0) held.push(`${place}: permits`);
    if (limiter !== undefined && limiter.waiting > 0) held.push(`${place}: its queue`);
    // oxlint-disable-next-line no-await-in-loop -- one layer after another
    const free = await freePlaces(layer, context, clock);
    if (free < places) held.push(`${place}: ${places - free} of ${places} places`);
  }
  return held;
}

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
