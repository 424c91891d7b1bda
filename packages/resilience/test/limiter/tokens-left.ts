import type { RateLimiter } from '@linkspan/resilience';

/** What a limiter allows at once of its tokens: a sixth of what it allows in a minute. */
const BURST = 10_000;
export const tokensPerMinute = { inputTokensPerMinute: 60_000, outputTokensPerMinute: 60_000 };

/** How many tokens have been used of a limiter with {@link tokensPerMinute}, by what it still allows. */
export function tokensUsed(limiter: RateLimiter): [inputTokens: number, outputTokens: number] {
  return [BURST - tokensLeft(limiter, 'inputTokens'), BURST - tokensLeft(limiter, 'outputTokens')];
}

function tokensLeft(limiter: RateLimiter, kind: 'inputTokens' | 'outputTokens'): number {
  let least = 0;
  let most = BURST;
  while (least < most) {
    const amount = Math.ceil((least + most) / 2);
    const lease = limiter.tryAcquire({ requests: 0, [kind]: amount });
    lease?.settle({ [kind]: 0 });
    lease?.release();
    if (lease === undefined) most = amount - 1;
    else least = amount;
  }
  return least;
}
