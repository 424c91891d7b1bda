import type { BucketName } from '@linkspan/core';
import type { Cost, RateLimiterSettings } from './limiter-options.ts';
import type { Share } from '../store/share.ts';
import type { ProviderQuota } from './provider-quota.ts';
import { Quota } from './quota.ts';

/** Requests, tokens together, tokens read, tokens written. */
export type Amounts = readonly [number, number, number, number];

/** The names of the places in {@link Amounts}. */
const DIMENSIONS: readonly BucketName[] = ['requests', 'tokens', 'inputTokens', 'outputTokens'];

/** One request, and no token of which anything is known. */
export const ONE_REQUEST: Amounts = [1, 0, 0, 0];

/** What a call uses, by dimension. @throws RangeError for what is no amount. */
export function amountsOf(cost: Cost | undefined): Amounts {
  if (cost === undefined) return ONE_REQUEST;
  const { requests = 1, inputTokens = 0, outputTokens = 0 } = cost;
  if (requests === 1 && inputTokens === 0 && outputTokens === 0) return ONE_REQUEST;
  for (const amount of [requests, inputTokens, outputTokens]) {
    if (!(amount >= 0 && amount < Infinity)) {
      throw new RangeError(
        `Cannot acquire a permit: expected amounts of 0 or more, found ${amount}`,
      );
    }
  }
  return [requests, inputTokens + outputTokens, inputTokens, outputTokens];
}

/** One thing that is limited: by the user, by the service, or by both. */
export interface Dimension {
  readonly name: BucketName;
  readonly index: 0 | 1 | 2 | 3;
  readonly quota: Quota | undefined;
  /** Made when the service first tells of it. */
  provider: ProviderQuota | undefined;
}

/** The window of all limits. */
export const MINUTE_MS = 60_000;
/** What may go at once, where nobody says: a part of what a minute allows. */
const BURST_SHARE = 1 / 6;

/** The dimensions of a limiter. */
export function makeDimensions(settings: RateLimiterSettings, share: Share): readonly Dimension[] {
  const { requestsPerMinute, tokensPerMinute, inputTokensPerMinute, outputTokensPerMinute } =
    settings;
  const limits = [requestsPerMinute, tokensPerMinute, inputTokensPerMinute, outputTokensPerMinute];
  return limits.map((limit, index) => {
    const burst = index === 0 ? settings.burst : undefined;
    return {
      name: DIMENSIONS[index]!,
      index: index as Dimension['index'],
      quota:
        limit === undefined
          ? undefined
          : new Quota(limit, burst ?? Math.ceil(limit * BURST_SHARE), MINUTE_MS, share),
      provider: undefined,
    };
  });
}
