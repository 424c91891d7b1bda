import type { Dialect, LinkspanError, Usage } from '@linkspan/core';
import {
  anthropicMessages,
  type ChatResult,
  cohereChat,
  decodeStream,
  gemini,
  openaiChat,
  openaiResponses,
} from '@linkspan/dialects';
import { describe, expect, it } from 'vitest';
import { splitEveryWay } from './split-bytes.ts';
import { hasWireSamples, type WireSample, wireSamples } from './wire-samples.ts';

type Expected = WireSample['expected'];

type Counts = Readonly<Record<string, unknown>>;

/** What a sample tells of the usage; not all tell all. */
type Told = { readonly [Name in keyof Usage]: number | undefined };

/** How the samples of one protocol tell what the dialect tells. */
interface ModelProtocol {
  readonly protocol: string;
  readonly dialect: Dialect<unknown, ChatResult>;
  readonly terminator: string;
  readonly reasoning: (sample: WireSample) => string | undefined;
  readonly usage: (usage: Counts) => Told;
  /** How many of the frames are events for the reader. */
  readonly events: (sample: WireSample) => number | undefined;
}

/** What models show of their reasoning as it is; the samples tell only summaries. */
const shownReasoning: Readonly<Record<string, string>> = {
  'deepseek-responses-text': 'We need answer capital of France.',
};

const protocols: readonly ModelProtocol[] = [
  {
    protocol: 'openai-chat',
    dialect: openaiChat,
    terminator: '[DONE]',
    reasoning: ({ expected }) => expected.reasoning,
    usage: (usage) => ({
      ...openaiUsage(usage, 'prompt_tokens', 'completion_tokens'),
      cachedInputTokens: detail(usage, 'prompt_tokens_details', 'cached_tokens'),
      reasoningTokens: detail(usage, 'completion_tokens_details', 'reasoning_tokens'),
    }),
    events: ({ expected }) => expected.chunks,
  },
  {
    protocol: 'openai-responses',
    dialect: openaiResponses,
    terminator: 'response.completed',
    reasoning: ({ id, expected }) => shownReasoning[id] ?? expected.reasoning_summary,
    usage: (usage) => ({
      ...openaiUsage(usage, 'input_tokens', 'output_tokens'),
      cachedInputTokens: detail(usage, 'input_tokens_details', 'cached_tokens'),
      reasoningTokens: detail(usage, 'output_tokens_details', 'reasoning_tokens'),
    }),
    events: ({ framing }) => framing.events,
  },
  {
    protocol: 'anthropic-messages',
    dialect: anthropicMessages,
    terminator: 'message_stop',
    reasoning: ({ expected }) => expected.thinking,
    usage: (usage) => {
      const read = count(usage, 'cache_read_input_tokens');
      const written = count(usage, 'cache_creation_input_tokens');
      return {
        inputTokens: (count(usage, 'input_tokens') ?? 0) + (read ?? 0) + (written ?? 0),
        outputTokens: count(usage, 'output_tokens'),
        cachedInputTokens: read,
        cacheWriteTokens: written,
      };
    },
    events: ({ framing, expected }) => framing.events - (expected.pings ?? 0),
  },
  {
    protocol: 'gemini-generate',
    dialect: gemini,
    terminator: 'finishReason',
    reasoning: ({ expected }) => expected.thinking,
    usage: (usage) => {
      const thoughts = count(usage, 'thoughtsTokenCount');
      return {
        inputTokens: count(usage, 'promptTokenCount'),
        outputTokens: (count(usage, 'candidatesTokenCount') ?? 0) + (thoughts ?? 0),
        totalTokens: count(usage, 'totalTokenCount'),
        reasoningTokens: thoughts,
      };
    },
    events: ({ framing }) => framing.events,
  },
  {
    protocol: 'cohere-chat-v2',
    dialect: cohereChat,
    terminator: 'message-end',
    reasoning: ({ expected }) => expected.tool_plan,
    usage: (usage) => ({
      inputTokens: count(usage, 'input_tokens'),
      outputTokens: count(usage, 'output_tokens'),
    }),
    // The end of the message is the end of the stream: [DONE] is not read.
    events: ({ framing, expected }) => framing.events - (expected.done_sentinel === true ? 1 : 0),
  },
];

describe.skipIf(!hasWireSamples).each(protocols)('$dialect.name on recorded traffic', (model) => {
  const samples = wireSamples(model.protocol);

  it('has some', () => {
    expect(samples.length).toBeGreaterThan(0);
  });

  it.each(samples)('gives the answer of $id in any split', async (sample) => {
    const { expected } = sample;
    for (const chunks of splitEveryWay(sample.bytes)) {
      const stream = decodeStream(chunks, model.dialect, sample.http);

      // oxlint-disable-next-line no-await-in-loop -- one split after another
      const failure = await stream.result().catch((error: unknown) => error);
      // oxlint-disable-next-line no-await-in-loop
      const outcome = await stream.outcome;

      expect(stream.partial.text).toBe(expected.text);
      expect(callsOf(stream.partial)).toEqual(expected.tool_calls.map(callOf));
      expect(stream.partial.finishReason).toBe(expected.finish_reason);
      expect(stream.partial.reasoning ?? '').toBe(model.reasoning(sample) ?? '');
      expect(stream.usage).toEqual(usageIn(sample, model));
      expect((stream.partial as { readonly id?: string }).id).toBe(expected.response_id);
      expect(outcome.events).toBe(model.events(sample));
      expect(outcome.status).toBe(expected.complete ? 'complete' : 'failed');
      expect(outcome.terminator).toBe(expected.complete ? model.terminator : undefined);
      expect(outcome.error).toEqual(expected.complete ? undefined : failure);
      expect(describeError(outcome.error)).toEqual(
        expected.complete ? undefined : [expected.error_class, expected.retryable],
      );
    }
  });
});

/** All calls; the samples list those among them that the provider answers itself. */
function callsOf(result: ChatResult): readonly object[] {
  const { serverToolCalls = [] } = result as { serverToolCalls?: readonly object[] };
  return [...result.toolCalls, ...serverToolCalls];
}

function callOf({ id = '', name, arguments: args }: Expected['tool_calls'][number]): object {
  return { id, name, arguments: args };
}

function count(usage: Counts, name: string): number | undefined {
  return usage[name] as number | undefined;
}

function detail(usage: Counts, group: string, name: string): number | undefined {
  return count((usage[group] ?? {}) as Counts, name);
}

function openaiUsage(usage: Counts, input: string, output: string): Told {
  return {
    inputTokens: count(usage, input),
    outputTokens: count(usage, output),
    totalTokens: count(usage, 'total_tokens'),
  };
}

/** At least what the sample tells. */
function usageIn({ expected: { usage } }: WireSample, model: ModelProtocol): unknown {
  if (usage === undefined || usage === null) return undefined;
  const told = Object.entries(model.usage(usage)).filter(([, tokens]) => tokens !== undefined);
  return expect.objectContaining(Object.fromEntries(told));
}

/** The class and the advice of a failure, in the words of the samples. */
function describeError(error: LinkspanError | undefined): unknown {
  if (error === undefined) return undefined;
  const words = error.name.replace(/Error$/, '').replace(/(?<=.)[A-Z]/g, '_$&');
  return [words.toLowerCase(), error.retryable === 'yes'];
}
