import { ManualClock } from '@linkspan/concurrency';
import {
  ConnectionRefusedError,
  ConnectionResetError,
  createClient,
  type EventStream,
  type MemoryAnswer,
  memoryTransport,
} from '@linkspan/core';
import { rawSse, type SseEvent } from '@linkspan/dialects';
import { mostWithin, type Return } from './crowd.ts';
import { randomFrom } from './random-from.ts';

const RESTART_MS = 10_000;
const STEP_MS = 50;

export interface StreamReturnOptions {
  readonly streams: number;
  /** How long the peer is down. */
  readonly downMs: number;
  /** The `retry` field that the peer sends. */
  readonly retryMs?: number;
  readonly seed?: number;
}

/** A peer whose streams never end, but at its restart. */
class Peer {
  readonly attempts: number[] = [];
  readonly #clock: ManualClock;
  readonly #downMs: number;
  readonly #retryMs: number | undefined;
  #breaks: ((error: Error) => void)[] = [];

  constructor(clock: ManualClock, downMs: number, retryMs: number | undefined) {
    this.#clock = clock;
    this.#downMs = downMs;
    this.#retryMs = retryMs;
  }

  answer(lastEventId: number): MemoryAnswer {
    const now = this.#clock.now();
    if (now >= RESTART_MS) this.attempts.push(now);
    if (now >= RESTART_MS && now < RESTART_MS + this.#downMs) {
      throw new ConnectionRefusedError('Cannot connect: the peer is down');
    }
    const retry = this.#retryMs === undefined ? '' : `retry: ${this.#retryMs}\n`;
    const broken = new Promise<never>((_, reject) => this.#breaks.push(reject));
    // Who has left does not hear of it.
    broken.catch(() => {});
    async function* body(): AsyncGenerator<string> {
      yield `${retry}id: ${lastEventId + 1}\ndata: tick\n\n`;
      await broken;
    }
    return { headers: { 'content-type': 'text/event-stream' }, body: body() };
  }

  restart(): void {
    const breaks = this.#breaks;
    this.#breaks = [];
    for (const end of breaks) end(new ConnectionResetError('Cannot read: the peer broke off'));
  }
}

/** Streams of as many clients, all broken at the same moment, which resume as they do by default. */
export async function streamReturn(options: StreamReturnOptions): Promise<Return> {
  const { streams, downMs, retryMs, seed = 1 } = options;
  const clock = new ManualClock();
  const random = randomFrom(seed);
  const peer = new Peer(clock, downMs, retryMs);
  const left = new AbortController();
  const backAt: number[] = [];
  const given = { up: 0 };
  const reading = Array.from({ length: streams }, async () => {
    const transport = memoryTransport(({ headers }) =>
      peer.answer(Number(headers?.['last-event-id'] ?? 0)),
    );
    const client = createClient({ transport, clock, random, env: {} });
    const request = { operation: 'GET', target: '/events' };
    const stream = await client.stream(request, {
      dialect: rawSse,
      resume: true,
      eventIdleMs: Infinity,
      idleMs: Infinity,
      signal: left.signal,
    });
    await read(stream, (event) => {
      if (event.id !== '1') backAt.push(clock.now());
    }).catch(() => {
      // It was left at the end, or had no attempt left before: it is not among those that are back.
      given.up += 1;
    });
  });
  await clock.advance(RESTART_MS);
  peer.restart();
  while (backAt.length + given.up < streams && clock.now() < RESTART_MS + 300_000) {
    // oxlint-disable-next-line no-await-in-loop -- time passes step by step
    await clock.advance(STEP_MS);
  }
  left.abort();
  await Promise.all(reading);
  return {
    connections: backAt.length,
    attempts: peer.attempts.length,
    crowd: mostWithin(peer.attempts) / streams,
    allBackMs: Math.max(...backAt) - RESTART_MS - downMs,
  };
}

async function read(stream: EventStream<SseEvent>, seen: (event: SseEvent) => void): Promise<void> {
  for await (const event of stream) seen(event);
}
