import { createHash } from 'node:crypto';
import type { LinkspanError } from '@linkspan/core';
import fc from 'fast-check';
import { createParser } from 'eventsource-parser';
import { describe, expect, it } from 'vitest';
import { createSseDecoder, decodeStream, openaiChat } from '@linkspan/dialects';
import { splitAt, splitBySize } from './split-bytes.ts';
import { hasWireSamples, type WireSample, wireSamples } from './wire-samples.ts';

/** The same bytes whole, one by one, in sevens, and split at random. */
function* splits(bytes: Uint8Array): Generator<Uint8Array[]> {
  yield [bytes];
  yield splitBySize(bytes, 1);
  yield splitBySize(bytes, 7);
  for (const cuts of fc.sample(fc.array(fc.nat(), { minLength: 1, maxLength: 40 }), {
    numRuns: 10,
    seed: 7,
  })) {
    yield splitAt(bytes, cuts);
  }
}

describe.skipIf(!hasWireSamples)('createSseDecoder() on recorded traffic', () => {
  it.each(wireSamples())('gives the events of $id in any split', ({ bytes, framing }) => {
    const dataOfParser: string[] = [];
    createParser({ onEvent: ({ data }) => dataOfParser.push(data) }).feed(
      new TextDecoder().decode(bytes),
    );

    for (const chunks of splits(bytes)) {
      const decoder = createSseDecoder();
      const events = [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()];

      expect(events.map(({ data }) => data)).toEqual(dataOfParser);
      expect(events).toHaveLength(framing.events);
      expect(countTypes(events)).toEqual(framing.event_types);
      const text = events.map(({ type, data }) => `${type}\x1f${data}`).join('\x1e');
      expect(createHash('sha256').update(text).digest('hex')).toBe(framing.data_sha256);
      expect(decoder.lastEventId).toBe(framing.last_event_id);
      expect(decoder.retryMs ?? null).toBe(framing.retry);
    }
  });
});

describe.skipIf(!hasWireSamples)('openaiChat on recorded traffic', () => {
  it.each(wireSamples('openai-chat'))('gives the answer of $id in any split', async (sample) => {
    for (const chunks of splits(sample.bytes)) {
      const stream = decodeStream(chunks, openaiChat, sample.http);

      // oxlint-disable-next-line no-await-in-loop -- one split after another
      const failure = await stream.result().catch((error: unknown) => error);
      // oxlint-disable-next-line no-await-in-loop
      const outcome = await stream.outcome;

      const { expected } = sample;
      expect(stream.partial).toMatchObject({
        text: expected.text,
        toolCalls: expected.tool_calls,
        finishReason: expected.finish_reason,
      });
      expect(stream.partial.reasoning ?? '').toBe(expected.reasoning ?? '');
      expect(stream.usage).toEqual(expectedUsage(expected.usage));
      expect(outcome.events).toBe(expected.chunks);
      expect(outcome.status).toBe(expected.complete ? 'complete' : 'failed');
      expect(outcome.terminator).toBe(expected.complete ? '[DONE]' : undefined);
      expect(outcome.error).toEqual(expected.complete ? undefined : failure);
      expect(describeError(outcome.error)).toEqual(
        expected.complete ? undefined : [expected.error_class, expected.retryable],
      );
    }
  });
});

function countTypes(events: readonly { readonly type: string }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type } of events) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

function expectedUsage(usage: WireSample['expected']['usage']): object | undefined {
  if (usage === undefined || usage === null) return undefined;
  const input = usage['prompt_tokens_details'] as { cached_tokens?: number } | undefined;
  const output = usage['completion_tokens_details'] as { reasoning_tokens?: number } | undefined;
  return {
    inputTokens: usage['prompt_tokens'],
    outputTokens: usage['completion_tokens'],
    totalTokens: usage['total_tokens'],
    cachedInputTokens: input?.cached_tokens,
    reasoningTokens: output?.reasoning_tokens,
  };
}

/** The class and the advice of a failure, in the words of the samples. */
function describeError(error: LinkspanError | undefined): unknown {
  if (error === undefined) return undefined;
  const words = error.name.replace(/Error$/, '').replace(/(?<=.)[A-Z]/g, '_$&');
  return [words.toLowerCase(), error.retryable === 'yes'];
}
