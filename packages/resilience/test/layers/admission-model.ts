import { Deadline, ManualClock } from '@linkspan/concurrency';
import {
  type CallContext,
  createBody,
  type Middleware,
  OverloadedError,
  PoolExhaustedError,
  type Send,
  TimeoutError,
  type TransportResponse,
} from '@linkspan/core';
import * as fc from 'fast-check';
import type { Step } from '../expect-same-as-model.ts';

/** What the peer does with a call that has come to it. */
export type Answer = 'succeeds' | 'refuses' | 'breaks';

type End = 'refused' | 'late' | 'left' | 'failed' | 'closed';

interface Call {
  readonly id: number;
  readonly deadlineAt: number;
  /** When it came to the peer, and in which era of the limit. */
  sentAt: number;
  era: number;
}

/**
 * What is known of a layer that lets so many calls through at a time by what was done, and by nothing
 * else: those that wait, in their order, those at the peer, those whose answer is open.
 */
export class AdmissionModel {
  now = 0;
  lastId = 0;
  waiting: Call[] = [];
  atPeer: Call[] = [];
  open: Call[] = [];
  readonly sent: number[] = [];
  readonly ended = new Map<number, End>();
  readonly maxQueue: number;

  constructor(maxQueue: number) {
    this.maxQueue = maxQueue;
  }

  /** How many may be at the peer or open. */
  get limit(): number {
    throw new Error('A model says it');
  }

  /** Counts the times that the limit shrank. */
  get era(): number {
    return 0;
  }

  /** What an answer does to the limit. */
  learn(_call: Call, _answer: Answer): void {}

  begin(totalMs: number): void {
    const call = { id: (this.lastId += 1), deadlineAt: this.now + totalMs, sentAt: 0, era: 0 };
    if (this.#isFree) this.#send(call);
    else if (this.waiting.length < this.maxQueue) this.waiting.push(call);
    else this.ended.set(call.id, 'refused');
  }

  answer(which: number, answer: Answer): void {
    const [call] = this.atPeer.splice(which % this.atPeer.length, 1);
    if (answer === 'breaks') {
      this.ended.set(call!.id, 'failed');
      const letIn = this.#serve();
      this.learn(call!, answer);
      // By the old limit, and after it shrank.
      for (const each of letIn) each.era = this.era;
    } else {
      this.open.push(call!);
      this.learn(call!, answer);
      this.#serve();
    }
  }

  close(which: number): void {
    const [call] = this.open.splice(which % this.open.length, 1);
    this.ended.set(call!.id, 'closed');
    this.#serve();
  }

  leave(which: number): number {
    const [call] = this.waiting.splice(which % this.waiting.length, 1);
    this.ended.set(call!.id, 'left');
    return call!.id;
  }

  pass(ms: number): void {
    this.now += ms;
    for (const call of this.waiting.filter(({ deadlineAt }) => deadlineAt <= this.now)) {
      this.ended.set(call.id, 'late');
    }
    this.waiting = this.waiting.filter(({ deadlineAt }) => deadlineAt > this.now);
  }

  protected get inside(): number {
    return this.atPeer.length + this.open.length;
  }

  get #isFree(): boolean {
    return this.inside < this.limit;
  }

  /** Lets in who waits, as far as there are places. */
  #serve(): Call[] {
    const letIn: Call[] = [];
    while (this.#isFree && this.waiting.length > 0) {
      const call = this.waiting.shift()!;
      this.#send(call);
      letIn.push(call);
    }
    return letIn;
  }

  #send(call: Call): void {
    call.sentAt = this.now;
    call.era = this.era;
    this.atPeer.push(call);
    this.sent.push(call.id);
  }
}

/** The layer, with a peer that answers when it is told to. */
export class AdmissionScene {
  readonly clock = new ManualClock();
  readonly sent: number[] = [];
  readonly ended = new Map<number, End | 'unknown'>();
  readonly callers = new Map<number, AbortController>();
  readonly peers = new Map<number, PromiseWithResolvers<TransportResponse>>();
  readonly responses = new Map<number, TransportResponse>();
  readonly #send: Send;

  constructor(layer: Middleware) {
    this.#send = layer(({ target }) => {
      const answer = Promise.withResolvers<TransportResponse>();
      this.sent.push(Number(target));
      this.peers.set(Number(target), answer);
      return answer.promise;
    });
  }

  begin(id: number, totalMs: number): void {
    const caller = new AbortController();
    this.callers.set(id, caller);
    this.#call(id, this.#context(caller.signal, totalMs)).catch(() => {
      this.ended.set(id, 'unknown');
    });
  }

  answer(id: number, answer: Answer): void {
    const peer = this.peers.get(id)!;
    if (answer === 'breaks') {
      peer.reject(new OverloadedError('Cannot answer', { status: 503 }));
      return;
    }
    const chunks = (async function* none(): AsyncGenerator<Uint8Array> {})();
    const body = createBody(chunks, this.#context(undefined, Infinity));
    peer.resolve({ status: answer === 'refuses' ? 429 : 200, headers: {}, body });
  }

  async #call(id: number, context: CallContext): Promise<void> {
    try {
      const response = await this.#send({ operation: 'GET', target: String(id) }, context);
      this.responses.set(id, response);
      response.body.onClose(() => this.ended.set(id, 'closed'));
    } catch (error) {
      const isLeft = context.signal?.aborted === true && error === context.signal.reason;
      this.ended.set(id, isLeft ? 'left' : endOf(error));
    }
  }

  #context(signal: AbortSignal | undefined, totalMs: number): CallContext {
    return {
      signal,
      deadline: Deadline.after(totalMs, this.clock),
      attempt: 1,
      streaming: false,
      attemptMs: Infinity,
      idleMs: Infinity,
      acceptStatus: () => true,
    };
  }
}

function endOf(error: unknown): End | 'unknown' {
  if (error instanceof PoolExhaustedError) return 'refused';
  if (error instanceof OverloadedError) return 'failed';
  return error instanceof TimeoutError && error.phase === 'queue' ? 'late' : 'unknown';
}

type AdmissionStep = Step<AdmissionModel, AdmissionScene>;

async function compare(model: AdmissionModel, scene: AdmissionScene): Promise<void> {
  await scene.clock.advance(0);
  const [sent, expected] = [String(scene.sent), String(model.sent)];
  if (sent !== expected) throw new Error(`Expected ${expected} at the peer, found ${sent}`);
  const ends = [...model.ended].filter(([id, end]) => scene.ended.get(id) !== end);
  if (ends.length > 0 || scene.ended.size !== model.ended.size) {
    throw new Error(
      `Expected the ends ${[...model.ended].join('; ')}, found ${[...scene.ended].join('; ')}`,
    );
  }
  if (scene.clock.pendingTimers !== model.waiting.length) throw new Error('A timer is left');
}

function step(
  name: string,
  run: (model: AdmissionModel, scene: AdmissionScene) => void | Promise<void>,
  check?: (model: Readonly<AdmissionModel>) => boolean,
): AdmissionStep {
  return {
    ...(check !== undefined && { check }),
    run: async (model, scene) => {
      await run(model, scene);
      await compare(model, scene);
    },
    toString: () => name,
  };
}

/** Calls come, are answered, closed and left, and time passes. */
export const admissionSteps: readonly fc.Arbitrary<AdmissionStep>[] = [
  fc.constantFrom(15, 200, 100_000).map((totalMs) =>
    step(`begin(${totalMs})`, (model, scene) => {
      model.begin(totalMs);
      scene.begin(model.lastId, totalMs);
    }),
  ),
  fc
    .tuple(fc.nat(9), fc.constantFrom<Answer>('succeeds', 'succeeds', 'refuses', 'breaks'))
    .map(([which, answer]) =>
      step(
        `answer(${which}, ${answer})`,
        (model, scene) => {
          const { id } = model.atPeer[which % model.atPeer.length]!;
          model.answer(which, answer);
          scene.answer(id, answer);
        },
        ({ atPeer }) => atPeer.length > 0,
      ),
    ),
  fc.nat(9).map((which) =>
    step(
      `close(${which})`,
      async (model, scene) => {
        const { id } = model.open[which % model.open.length]!;
        model.close(which);
        await scene.responses.get(id)!.body.cancel();
      },
      ({ open }) => open.length > 0,
    ),
  ),
  fc.nat(9).map((which) =>
    step(
      `leave(${which})`,
      (model, scene) => {
        scene.callers.get(model.leave(which))!.abort(new Error('left'));
      },
      ({ waiting }) => waiting.length > 0,
    ),
  ),
  fc.constantFrom(1, 30, 400).map((ms) =>
    step(`pass(${ms})`, async (model, scene) => {
      model.pass(ms);
      await scene.clock.advance(ms);
    }),
  ),
];
