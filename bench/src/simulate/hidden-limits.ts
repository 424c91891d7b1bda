import { ManualClock, sleep } from '@linkspan/concurrency';
import {
  type Client,
  createClient,
  type MemoryAnswer,
  memoryTransport,
  RateLimitError,
} from '@linkspan/core';
import { rateLimit } from '@linkspan/resilience';
import { randomFrom } from './random-from.ts';

const PER_MINUTE = { requests: 600, tokens: 60_000 };
const MINUTES = 5;
const WORKERS = 60;

export interface HiddenLimitsOptions {
  /** The limit that is reached first. */
  readonly by: 'requests' | 'tokens';
}

export interface HiddenLimits {
  /** The share of answers that are refusals. */
  readonly refused: number;
  /** What was used of what the limit allows, with what was there at the start. */
  readonly used: number;
  /** What is left when all calls are over. */
  readonly timers: number;
}

/** A provider that keeps two buckets, full at the start, and tells of them as OpenAI does. */
class Provider {
  readonly #clock: ManualClock;
  readonly #left = { ...PER_MINUTE };
  #at = 0;
  readonly counts = { requests: 0, refusals: 0, tokens: 0 };

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  answer(tokens: number): MemoryAnswer {
    const [now, left] = [this.#clock.now(), this.#left];
    const grown = (now - this.#at) / 60_000;
    this.#at = now;
    left.requests = Math.min(PER_MINUTE.requests, left.requests + grown * PER_MINUTE.requests);
    left.tokens = Math.min(PER_MINUTE.tokens, left.tokens + grown * PER_MINUTE.tokens);
    const fits = left.requests >= 1 && left.tokens >= tokens;
    if (fits) {
      left.requests -= 1;
      left.tokens -= tokens;
      this.counts.requests += 1;
      this.counts.tokens += tokens;
    } else this.counts.refusals += 1;
    const headers: Record<string, string> = {};
    for (const name of ['requests', 'tokens'] as const) {
      const limit = PER_MINUTE[name];
      headers[`x-ratelimit-limit-${name}`] = String(limit);
      headers[`x-ratelimit-remaining-${name}`] = String(Math.floor(left[name]));
      headers[`x-ratelimit-reset-${name}`] = `${Math.ceil((1 - left[name] / limit) * 60_000)}ms`;
    }
    return fits
      ? { status: 200, headers }
      : { status: 429, headers: { ...headers, 'retry-after-ms': '1000' } };
  }
}

/** Many workers who use a provider whose limits they were not told, as fast as they may. */
export async function hiddenLimits({ by }: HiddenLimitsOptions): Promise<HiddenLimits> {
  const clock = new ManualClock();
  const provider = new Provider(clock);
  const random = randomFrom(7);
  const meanTokens = by === 'requests' ? 60 : 160;
  const client = createClient({
    transport: memoryTransport(async ({ headers }) => {
      await sleep(20 + random() * 60, undefined, clock);
      const answer = provider.answer(Number(headers?.['x-tokens']));
      await sleep(100 + random() * 400, undefined, clock);
      return answer;
    }),
    clock,
    random,
    env: {},
    totalMs: Infinity,
    middleware: [
      rateLimit({
        clock,
        estimate: ({ headers }) => ({ inputTokens: Number(headers?.['x-tokens']) }),
      }),
    ],
  });
  const work = async (): Promise<void> => {
    while (clock.now() < MINUTES * 60_000) {
      // oxlint-disable-next-line no-await-in-loop -- a worker sends one after another
      await call(client, Math.ceil(random() * 2 * meanTokens));
    }
  };
  const workers = Array.from({ length: WORKERS }, work);
  for (let at = 0; at < MINUTES * 60_000; at += 1000) {
    // oxlint-disable-next-line no-await-in-loop -- time passes step by step
    await clock.advance(1000);
  }
  const { requests, refusals, tokens } = provider.counts;
  const used = by === 'requests' ? requests : tokens;
  await clock.advance(60_000);
  await Promise.all(workers);
  return {
    refused: refusals / (requests + refusals),
    // What was full at the start, and what has grown since.
    used: used / (PER_MINUTE[by] * (MINUTES + 1)),
    timers: clock.pendingTimers,
  };
}

async function call(client: Client, tokens: number): Promise<void> {
  const headers = { 'x-tokens': String(tokens) };
  const result = await client.safe.request({ operation: 'GET', target: '/', headers });
  if (result.ok) await result.value.cancel();
  // The provider counts its refusals.
  else if (!(result.error instanceof RateLimitError)) throw result.error;
}
