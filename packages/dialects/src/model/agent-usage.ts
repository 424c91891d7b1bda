import type { Usage } from '@linkspan/core';
import { countedUsage } from './counted-usage.ts';
import { isObject } from './typed-event.ts';

/** Tokens in the names that the AI SDK and AG-UI share; `undefined` when none is counted. */
export function agentUsage(counts: unknown): Usage | undefined {
  if (!isObject(counts)) return undefined;
  const { inputTokenDetails, outputTokenDetails } = counts;
  const input = isObject(inputTokenDetails) ? inputTokenDetails : {};
  const output = isObject(outputTokenDetails) ? outputTokenDetails : {};
  const usage = countedUsage({
    inputTokens: counts['inputTokens'],
    outputTokens: counts['outputTokens'],
    totalTokens: counts['totalTokens'],
    cachedInputTokens: counts['cachedInputTokens'] ?? input['cacheReadTokens'],
    cacheWriteTokens: counts['cacheWriteInputTokens'] ?? input['cacheWriteTokens'],
    reasoningTokens: counts['reasoningTokens'] ?? output['reasoningTokens'],
  });
  return Object.keys(usage).length === 0 ? undefined : usage;
}
