import { type ManualClock, sleep } from '@linkspan/concurrency';
import {
  type CallContext,
  ConnectionResetError,
  type MemoryAnswer,
  type MemoryHandler,
  type Transport,
  type TransportRequest,
  memoryTransport,
} from '@linkspan/core';
import * as fc from 'fast-check';

/** What a peer does with one request. */
export interface Move {
  readonly does: 'answers' | 'refuses' | 'breaks' | 'is silent';
  readonly headMs: number;
  readonly status: number;
  /** How long it asks to wait when it refuses. */
  readonly hintMs: number | undefined;
  /** How long each word of its answer takes. */
  readonly wordsMs: readonly number[];
  readonly end: 'ends' | 'breaks' | 'stalls';
}

const delayMs = fc.constantFrom(0, 1, 5, 40, 200, 900);

export const moves: fc.Arbitrary<Move> = fc.record({
  does: fc.constantFrom(
    'answers',
    'answers',
    'answers',
    'refuses',
    'refuses',
    'breaks',
    'is silent',
  ),
  headMs: delayMs,
  status: fc.constantFrom(429, 500, 503),
  hintMs: fc.option(fc.constantFrom(0, 30, 300, 5000), { nil: undefined }),
  wordsMs: fc.array(delayMs, { maxLength: 4 }),
  end: fc.constantFrom('ends', 'ends', 'breaks', 'stalls'),
});

/** Who answers by a script, one move a request, over and over. */
export class ScriptedPeer {
  /** Requests that came when the time of their call was over. */
  late = 0;
  readonly #clock: ManualClock;
  readonly #moves: readonly Move[];
  #requests = 0;

  constructor(clock: ManualClock, script: readonly Move[]) {
    this.#clock = clock;
    this.#moves = script;
  }

  /** @param connectMs how long its connection takes; `Infinity` for one that is never made. */
  transport(connectMs: number): Transport {
    const transport = memoryTransport(this.#answer);
    if (connectMs === 0) return transport;
    const { promise, resolve } = Promise.withResolvers<void>();
    let timer: unknown;
    transport.connect = () => {
      if (connectMs !== Infinity) timer ??= this.#clock.setTimeout(resolve, connectMs);
      return promise;
    };
    transport.close = () => {
      // The connect is not that of a call, and goes on when all that wait for it have left.
      this.#clock.clearTimeout(timer);
      return Promise.resolve();
    };
    return transport;
  }

  readonly #answer: MemoryHandler = async (request, { signal, context }) => {
    const move = this.#next(context);
    const { does, headMs, status, hintMs } = move;
    if (does === 'is silent') return await new Promise<never>(() => {});
    await sleep(headMs, { signal }, this.#clock);
    if (does === 'breaks') throw new ConnectionResetError('Cannot read: the peer broke off');
    if (does === 'answers') return this.#words(move, request);
    const headers = hintMs === undefined ? {} : { 'retry-after-ms': String(hintMs) };
    return { status, headers };
  };

  #next({ deadline }: CallContext): Move {
    if (deadline.expired) this.late += 1;
    const move = this.#moves[this.#requests % this.#moves.length]!;
    this.#requests += 1;
    return move;
  }

  /** Numbered words behind the last one that the request tells of. */
  #words({ wordsMs, end }: Move, { headers }: TransportRequest): MemoryAnswer {
    const first = Number(headers?.['last-event-id'] ?? 0) + 1;
    const words = wordsMs.map((afterMs, index) => ({ afterMs, text: `${first + index}:a ` }));
    if (end === 'ends') words.push({ afterMs: 0, text: 'END ' });
    return {
      headers: { 'content-type': 'text/event-stream' },
      body: { [Symbol.asyncIterator]: () => new Words(this.#clock, words, end) },
    };
  }
}

/** The words of one answer; leaving them takes the timer back. */
class Words implements AsyncIterator<string> {
  readonly #clock: ManualClock;
  readonly #words: { readonly afterMs: number; readonly text: string }[];
  readonly #end: Move['end'];
  readonly #left = new AbortController();

  constructor(
    clock: ManualClock,
    words: { readonly afterMs: number; readonly text: string }[],
    end: Move['end'],
  ) {
    this.#clock = clock;
    this.#words = words;
    this.#end = end;
  }

  async next(): Promise<IteratorResult<string, undefined>> {
    const word = this.#words.shift();
    if (word !== undefined) {
      await sleep(word.afterMs, { signal: this.#left.signal }, this.#clock);
      return { done: false, value: word.text };
    }
    if (this.#end === 'breaks') throw new ConnectionResetError('Cannot read: the peer broke off');
    if (this.#end === 'stalls') return await new Promise<never>(() => {});
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<string, undefined>> {
    this.#left.abort();
    return { done: true, value: undefined };
  }
}
