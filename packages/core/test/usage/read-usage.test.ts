import { readAnswerUsage, readUsage } from '@linkspan/core';
import { describe, expect, it } from 'vitest';

describe('readUsage()', () => {
  it.each([
    [
      'chat completions',
      {
        prompt_tokens: 9,
        completion_tokens: 12,
        total_tokens: 21,
        prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
        completion_tokens_details: { reasoning_tokens: 7, audio_tokens: 0 },
      },
      {
        inputTokens: 9,
        outputTokens: 12,
        totalTokens: 21,
        cachedInputTokens: 4,
        cacheWriteTokens: 2,
        reasoningTokens: 7,
      },
    ],
    [
      'responses',
      {
        input_tokens: 9,
        output_tokens: 12,
        total_tokens: 21,
        input_tokens_details: { cached_tokens: 4 },
        output_tokens_details: { reasoning_tokens: 7 },
      },
      {
        inputTokens: 9,
        outputTokens: 12,
        totalTokens: 21,
        cachedInputTokens: 4,
        reasoningTokens: 7,
      },
    ],
    [
      'messages, which count what is cached beside the input',
      {
        input_tokens: 0,
        cache_read_input_tokens: 100,
        cache_creation_input_tokens: 20,
        output_tokens: 5,
        output_tokens_details: { thinking_tokens: 2 },
      },
      {
        inputTokens: 120,
        outputTokens: 5,
        cachedInputTokens: 100,
        cacheWriteTokens: 20,
        reasoningTokens: 2,
      },
    ],
    [
      'Gemini, which counts thoughts beside the output',
      {
        promptTokenCount: 9,
        toolUsePromptTokenCount: 1,
        candidatesTokenCount: 5,
        thoughtsTokenCount: 3,
        cachedContentTokenCount: 4,
        totalTokenCount: 18,
      },
      {
        inputTokens: 10,
        outputTokens: 8,
        totalTokens: 18,
        cachedInputTokens: 4,
        reasoningTokens: 3,
      },
    ],
    [
      'Cohere',
      {
        billed_units: { input_tokens: 7, output_tokens: 12 },
        tokens: { input_tokens: 9, output_tokens: 12 },
        cached_tokens: 2,
      },
      { inputTokens: 9, outputTokens: 12, cachedInputTokens: 2 },
    ],
    [
      'the AI SDK',
      {
        inputTokens: 9,
        inputTokenDetails: { noCacheTokens: 5, cacheReadTokens: 4, cacheWriteTokens: 0 },
        outputTokens: 12,
        outputTokenDetails: { textTokens: 5, reasoningTokens: 7 },
        totalTokens: 21,
      },
      {
        inputTokens: 9,
        outputTokens: 12,
        totalTokens: 21,
        cachedInputTokens: 4,
        cacheWriteTokens: 0,
        reasoningTokens: 7,
      },
    ],
    [
      'AG-UI',
      { inputTokens: 9, outputTokens: 12, cachedInputTokens: 4, cacheWriteInputTokens: 1 },
      { inputTokens: 9, outputTokens: 12, cachedInputTokens: 4, cacheWriteTokens: 1 },
    ],
    [
      'proxies that tell the cached input twice',
      { prompt_tokens: 120, completion_tokens: 5, cache_read_input_tokens: 100 },
      { inputTokens: 120, outputTokens: 5, cachedInputTokens: 100 },
    ],
  ])('knows the counts of %s', (_whose, counts, usage) => {
    expect(readUsage(counts)).toEqual(usage);
  });

  it.each([
    [{}],
    [undefined],
    [null],
    ['12 tokens'],
    [12],
    [{ input_tokens: '12', output_tokens: null, tokens: 'none' }],
    [JSON.parse('{ "__proto__": { "input_tokens": 3 } }')],
  ])('finds nothing in %j', (counts) => {
    expect(readUsage(counts)).toBeUndefined();
  });
});

describe('readAnswerUsage()', () => {
  it.each([
    ['under usage', { id: 'a', usage: { input_tokens: 3 } }],
    ['under usageMetadata', { candidates: [], usageMetadata: { promptTokenCount: 3 } }],
  ])('finds the counts %s', (_where, answer) => {
    expect(readAnswerUsage(answer)).toEqual({ inputTokens: 3 });
  });

  it.each([[undefined], [[]], ['text'], [{ usage: null }], [{ input_tokens: 3 }]])(
    'finds nothing in %j',
    (answer) => {
      expect(readAnswerUsage(answer)).toBeUndefined();
    },
  );
});
