import { RateLimitExceededError } from '@linkspan/core';
import type { Amounts, Dimension } from './dimensions.ts';

const WORDS = {
  requests: 'requests',
  tokens: 'tokens',
  inputTokens: 'input tokens',
  outputTokens: 'output tokens',
};

/** A call needs more than a limit allows in a whole window. */
export function tooMuch(
  amounts: Amounts,
  dimensions: readonly Dimension[],
): RateLimitExceededError {
  const over = dimensions.filter(
    ({ index, quota }) => quota !== undefined && amounts[index] > quota.whole,
  );
  const needs = over.map(
    ({ index, name, quota }) =>
      `it needs ${amounts[index]} ${WORDS[name]}, and the limit is ${quota?.whole} a minute`,
  );
  return new RateLimitExceededError(`Cannot send the request: ${needs.join('; ')}`, {
    retryable: 'no',
  });
}

/** There is no place before the deadline. */
export function tooLate(waitMs: number, leftMs: number): RateLimitExceededError {
  return new RateLimitExceededError(
    `Cannot send the request: the rate limit has no place for it for another ${seconds(waitMs)}, and the call has ${seconds(leftMs)} left`,
    { retryAfterMs: Math.ceil(waitMs) },
  );
}

/** The deadline came while it was waited for what others hold. */
export function notInTime(waitMs: number): RateLimitExceededError {
  return new RateLimitExceededError(
    'Cannot send the request: the rate limit had no place for it before the deadline',
    { ...(waitMs > 0 && { retryAfterMs: Math.ceil(waitMs) }) },
  );
}

/** Too many wait already. */
export function queueIsFull(size: number, waitMs: number): RateLimitExceededError {
  return new RateLimitExceededError(
    `Cannot send the request: ${size === 1 ? 'one call waits' : `${size} calls wait`} for the rate limit already`,
    { retryAfterMs: Math.ceil(waitMs) },
  );
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`;
}
