import { ManualClock } from '@linkspan/concurrency';
import {
  type Client,
  type ClientBaseOptions,
  type CallContext,
  ConnectionResetError,
  createClient,
  type EventStream,
  type MemoryAnswer,
  memoryTransport,
  type StreamOptions,
  type TransportRequest,
} from '@linkspan/core';
import { onTestFinished } from 'vitest';
import { numbered } from './numbered-dialect.ts';

/** What a connection gives: text, the failure that breaks it, or silence; at the end, its bytes end. */
export type Step = string | Error | 'silence';

/** How the server answers one request: a body, a whole answer, or the failure of the attempt. */
export type Answer = readonly Step[] | MemoryAnswer | Promise<MemoryAnswer> | Error;

/** One request that the server has seen. */
export interface Seen {
  readonly request: TransportRequest;
  readonly context: CallContext;
  readonly atMs: number;
}

export interface ResumeScene {
  readonly client: Client;
  readonly clock: ManualClock;
  readonly seen: readonly Seen[];
  /** The ids that were sent, one a request. */
  readonly ids: readonly (string | undefined)[];
  /** How many bodies are open. */
  readonly open: () => number;
  readonly stream: (
    options?: Partial<StreamOptions<string, string>>,
    request?: TransportRequest,
  ) => Promise<EventStream<string, string>>;
}

export const reset = (): Error => new ConnectionResetError('Cannot read: the peer broke off');

export const get: TransportRequest = { operation: 'GET', target: '/words' };

/**
 * A client of a server that answers its requests one after another, and every further one with the
 * last answer, or by a function. Waits are as long as they can be, on a clock that the test moves.
 */
export function resumeScene(
  answers: readonly Answer[] | ((request: TransportRequest) => Answer),
  options: Omit<ClientBaseOptions, 'clock'> = {},
): ResumeScene {
  const clock = new ManualClock();
  const seen: Seen[] = [];
  let openBodies = 0;
  const transport = memoryTransport((request, { context }) => {
    seen.push({ request, context, atMs: clock.now() });
    const answer =
      typeof answers === 'function'
        ? answers(request)
        : answers[Math.min(seen.length, answers.length) - 1]!;
    if (answer instanceof Error) throw answer;
    if (!Array.isArray(answer)) return answer as MemoryAnswer | Promise<MemoryAnswer>;
    openBodies += 1;
    const close = (): void => {
      openBodies -= 1;
    };
    return {
      headers: { 'content-type': 'text/event-stream' },
      body: play(answer as readonly Step[], close),
    };
  });
  const client = createClient({ transport, clock, random: () => 1, retry: false, ...options });
  onTestFinished(() => client.close());
  return {
    client,
    clock,
    seen,
    get ids() {
      return seen.map(({ request }) => request.headers?.['last-event-id']);
    },
    open: () => openBodies,
    stream: async (streamOptions, request = get) =>
      await client.stream(request, { dialect: numbered(), resume: true, ...streamOptions }),
  };
}

function play(steps: readonly Step[], close: () => void): AsyncIterable<string> {
  return {
    [Symbol.asyncIterator]() {
      let next = 0;
      let isOpen = true;
      const end = (): void => {
        if (isOpen) close();
        isOpen = false;
      };
      return {
        async next() {
          const step = steps[next];
          next += 1;
          if (step === 'silence') return await new Promise<never>(() => {});
          if (typeof step === 'string') return { done: false, value: step };
          end();
          if (step instanceof Error) throw step;
          return { done: true, value: undefined };
        },
        async return() {
          end();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/** Moves the clock on, a wait at a time, until this is settled. */
export async function settled<Value>(promise: Promise<Value>, clock: ManualClock): Promise<Value> {
  const state = { isSettled: false };
  const mark = (): void => {
    state.isSettled = true;
  };
  promise.then(mark, mark);
  for (let turn = 0; !state.isSettled && turn < 1_000; turn += 1) {
    // oxlint-disable-next-line no-await-in-loop -- time passes step by step
    await clock.advance(turn < 20 ? 0 : 1_000);
  }
  return await promise;
}
