import type { JsonReply } from '@linkspan/testkit';

/** How many requests may come at once, and how long it takes until as many may come again. */
const LIMIT = 10;
const REFILL_MS = 2_000;

/** The quota of the port, which its headers tell as OpenAI's do: a bucket that fills up evenly. */
export class PortQuota {
  readonly #now: () => number;
  #level = LIMIT;
  #levelAt: number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#levelAt = now();
  }

  /** Puts the state of the quota on an answer, or a refusal in its place when it is used up. */
  apply(reply: JsonReply): JsonReply {
    this.#fill();
    const isOver = this.#level < 1;
    if (!isOver) this.#level -= 1;
    const headers = {
      'x-ratelimit-limit-requests': String(LIMIT),
      'x-ratelimit-remaining-requests': String(Math.floor(this.#level)),
      'x-ratelimit-reset-requests': `${Math.ceil(this.#msUntil(LIMIT))}ms`,
    };
    if (!isOver) return { ...reply, headers };
    const hint = { 'retry-after-ms': String(Math.ceil(this.#msUntil(1))) };
    const body = { error: { message: 'The quota of the port is used up' } };
    return { status: 429, headers: { ...headers, ...hint }, body };
  }

  #fill(): void {
    const now = this.#now();
    this.#level = Math.min(LIMIT, this.#level + ((now - this.#levelAt) * LIMIT) / REFILL_MS);
    this.#levelAt = now;
  }

  #msUntil(level: number): number {
    return ((level - this.#level) * REFILL_MS) / LIMIT;
  }
}
