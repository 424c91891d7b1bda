import { ManualClock, sleep } from '@linkspan/concurrency';
import { createClient, memoryTransport } from '@linkspan/core';
import { rateLimit } from '@linkspan/resilience';
import { describe, expect, it } from 'vitest';

const PER_MINUTE = { requests: 600, tokens: 60_000 };
const MINUTES = 5;
const WORKERS = 60;

/** A service that keeps two buckets, full at the start, and tells of them as OpenAI does. */
class Service {
  readonly #clock: ManualClock;
  readonly #left = { ...PER_MINUTE };
  #at = 0;
  readonly counts = { answered: 0, refused: 0, tokens: 0 };

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  answer(tokens: number): { readonly status: number; readonly headers: Record<string, string> } {
    const [now, left] = [this.#clock.now(), this.#left];
    const grown = (now - this.#at) / 60_000;
    this.#at = now;
    left.requests = Math.min(PER_MINUTE.requests, left.requests + grown * PER_MINUTE.requests);
    left.tokens = Math.min(PER_MINUTE.tokens, left.tokens + grown * PER_MINUTE.tokens);
    const fits = left.requests >= 1 && left.tokens >= tokens;
    if (fits) {
      left.requests -= 1;
      left.tokens -= tokens;
      this.counts.answered += 1;
      this.counts.tokens += tokens;
    } else this.counts.refused += 1;
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

describe('rateLimit(), of a service with limits that it has not been told', () => {
  it.each([
    ['requests', 60],
    ['tokens', 160],
  ] as const)(
    'uses up the %s, and is refused less than one time in a hundred',
    async (name, mean) => {
      const clock = new ManualClock();
      const service = new Service(clock);
      let seed = 7;
      const random = (): number => {
        seed = (seed * 16_807) % 2_147_483_647;
        return seed / 2_147_483_647;
      };
      const transport = memoryTransport(async (request) => {
        await sleep(20 + random() * 60, undefined, clock);
        const answer = service.answer(Number(request.headers?.['x-tokens']));
        await sleep(100 + random() * 400, undefined, clock);
        return answer;
      });
      const client = createClient({
        transport,
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
          const tokens = Math.ceil(random() * 2 * mean);
          const request = {
            operation: 'GET',
            target: '/',
            headers: { 'x-tokens': String(tokens) },
          };
          // oxlint-disable-next-line no-await-in-loop -- a worker sends one after another
          await (await client.request(request)).cancel();
        }
      };
      const workers = Array.from({ length: WORKERS }, work);
      for (let at = 0; at < MINUTES * 60_000; at += 1000) {
        // oxlint-disable-next-line no-await-in-loop -- time passes step by step
        await clock.advance(1000);
      }
      const { answered, refused, tokens } = service.counts;
      // What was full at the start, and what has grown since.
      const allowed = PER_MINUTE[name] * (MINUTES + 1);
      const used = name === 'requests' ? answered : tokens;

      expect(refused / (answered + refused)).toBeLessThan(0.01);
      expect(used / allowed).toBeGreaterThan(0.95);
      await clock.advance(60_000);
      await Promise.all(workers);
      expect(clock.pendingTimers).toBe(0);
    },
    60_000,
  );
});
