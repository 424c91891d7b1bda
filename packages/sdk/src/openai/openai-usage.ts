import type { Usage } from '@linkspan/core';
import type { ChatCompletionUsage } from '@linkspan/dialects';
import { countedUsage } from '../chat/counted-usage.ts';

/** What a chat completion used, in the names that all providers share. */
export function openaiUsage(usage: ChatCompletionUsage | null | undefined): Usage | undefined {
  return countedUsage({
    inputTokens: usage?.prompt_tokens,
    outputTokens: usage?.completion_tokens,
    totalTokens: usage?.total_tokens,
    cachedInputTokens: usage?.prompt_tokens_details?.cached_tokens,
    cacheWriteTokens: usage?.prompt_tokens_details?.cache_write_tokens,
    reasoningTokens: usage?.completion_tokens_details?.reasoning_tokens,
  });
}
