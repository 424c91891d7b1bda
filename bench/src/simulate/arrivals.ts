import { RateLimiter } from '@linkspan/resilience';
import { randomFrom } from './random-from.ts';

const MINUTE_MS = 60_000;

export interface Limits {
  readonly requestsPerMinute: number;
  /** Without it, calls have no cost but themselves. */
  readonly inputTokensPerMinute?: number;
  readonly burst: number;
}

/** What was found wrong, and how much was let go. */
export interface Findings {
  readonly violations: readonly string[];
  readonly granted: number;
  /** Of what the limit of requests allows in the time that passed. */
  readonly share: number;
}

/** An exact bucket: what it holds is never below nothing. */
class Bucket {
  readonly #size: number;
  readonly #perMs: number;
  #at = 0;
  #level: number;

  constructor({ burst, requestsPerMinute }: Limits) {
    this.#size = this.#level = burst;
    this.#perMs = requestsPerMinute / MINUTE_MS;
  }

  take(now: number): number {
    this.#level = Math.min(this.#size, this.#level + (now - this.#at) * this.#perMs) - 1;
    this.#at = now;
    return this.#level;
  }
}

/** An exact log of what was let go within the last minute. */
class Log {
  readonly #times: number[] = [];
  readonly #amounts: number[] = [];
  #from = 0;
  sum = 0;

  add(now: number, amount: number): void {
    this.#times.push(now);
    this.#amounts.push(amount);
    this.sum += amount;
    for (; this.#times[this.#from]! <= now - MINUTE_MS; this.#from += 1) {
      this.sum -= this.#amounts[this.#from]!;
    }
    if (this.#from > 100_000) {
      this.#times.splice(0, this.#from);
      this.#amounts.splice(0, this.#from);
      this.#from = 0;
    }
  }
}

/**
 * Offers arrivals to a limiter at random distances, with idle times, rushes, and a clock that jumps
 * forth and back, and looks at every minute that ends with a grant: if no such minute is over a limit,
 * none is. Time that a clock loses by going back does not count as time.
 */
export function arrive(count: number, limits: Limits, seed: number): Findings {
  const random = randomFrom(seed);
  let [clockNow, elapsed] = [1_000_000, 0];
  const pass = (ms: number): void => {
    clockNow += ms;
    if (ms > 0) elapsed += ms;
  };
  const limiter = new RateLimiter({
    ...limits,
    clock: { now: () => clockNow, setTimeout: () => 0, clearTimeout: () => {} },
  });
  const [requests, tokens] = [new Log(), new Log()];
  const violations: string[] = [];
  const bucket = new Bucket(limits);
  const { requestsPerMinute, inputTokensPerMinute } = limits;
  const meanMs = MINUTE_MS / limits.requestsPerMinute;
  let granted = 0;
  for (let arrival = 0; arrival < count; arrival += 1) {
    const kind = random();
    if (kind < 0.000_01) pass(-random() * 3_600_000);
    else if (kind < 0.000_02) pass(random() * 300_000);
    else if (kind < 0.7) pass(random() * meanMs);
    const mostTokens = (2 * (inputTokensPerMinute ?? 0)) / requestsPerMinute;
    const inputTokens = Math.floor(random() * mostTokens);
    const lease = limiter.tryAcquire(
      inputTokensPerMinute === undefined ? undefined : { inputTokens },
    );
    if (lease === undefined) continue;
    granted += 1;
    requests.add(elapsed, 1);
    tokens.add(elapsed, inputTokens);
    if (inputTokens > 0 && random() < 0.5) {
      const used = Math.floor(inputTokens * random());
      lease.settle({ inputTokens: used });
      tokens.add(elapsed, used - inputTokens);
    }
    lease.release();
    const over: string[] = [];
    if (requests.sum > requestsPerMinute) over.push(`${requests.sum} requests in a minute`);
    if (tokens.sum > (inputTokensPerMinute ?? 0)) over.push(`${tokens.sum} tokens in a minute`);
    if (bucket.take(elapsed) < -1e-3) over.push('more than a burst');
    violations.push(...over.map((found) => `${found} at ${elapsed}`));
  }
  const allowed = (elapsed / MINUTE_MS) * requestsPerMinute;
  return { violations, granted, share: granted / allowed };
}
