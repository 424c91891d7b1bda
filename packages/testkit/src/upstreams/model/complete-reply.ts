import type { Mint } from '../mint.ts';
import type { Pace } from '../timeline.ts';
import type { ModelReply } from './model-reply.ts';

/** A call of a tool with nothing left open. */
export interface CompleteToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON as text. */
  readonly arguments: string;
  /** The same in the pieces in which it is streamed. */
  readonly fragments: readonly string[];
}

/** A reply with nothing left open. */
export interface CompleteReply {
  readonly text: string;
  readonly chunks: readonly string[];
  readonly reasoning: string;
  readonly reasoningChunks: readonly string[];
  readonly toolCalls: readonly CompleteToolCall[];
  readonly finishReason: string;
  readonly usage: {
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly cachedInputTokens: number;
    readonly reasoningTokens: number;
  };
  readonly pace: Pace;
}

/** What stands open in a reply, from the request that it answers. */
export interface ReplyGround {
  readonly prompt: string;
  /** All that the model was given to read, to count its tokens. */
  readonly input: string;
  readonly mint: Mint;
  readonly pace: Pace;
  /** Put before the ids of tool calls: `'call_'`. */
  readonly callPrefix: string;
}

/** Fills in what a reply leaves open. */
export function completeReply(reply: ModelReply, ground: ReplyGround): CompleteReply {
  const toolCalls = (reply.toolCalls ?? []).map(({ id, name, arguments: args }) => {
    const written = typeof args === 'string' ? args : JSON.stringify(args);
    return {
      id: id ?? ground.mint.id(ground.callPrefix),
      name,
      arguments: written,
      fragments: written.match(/.{1,8}/gsu) ?? [],
    };
  });
  const chunks = reply.chunks ?? splitWords(reply.text ?? defaultText(reply, ground.prompt));
  const text = chunks.join('');
  const { reasoning = '', usage = {} } = reply;
  const output = text + reasoning + toolCalls.map(({ arguments: args }) => args).join('');
  return {
    text,
    chunks,
    reasoning,
    reasoningChunks: splitWords(reasoning),
    toolCalls,
    finishReason: reply.finishReason ?? (toolCalls.length > 0 ? 'tool_calls' : 'stop'),
    usage: {
      inputTokens: usage.inputTokens ?? countTokens(ground.input),
      outputTokens: usage.outputTokens ?? countTokens(output),
      cachedInputTokens: usage.cachedInputTokens ?? 0,
      reasoningTokens: usage.reasoningTokens ?? countTokens(reasoning),
    },
    pace: { ...ground.pace, ...reply.pace },
  };
}

/** The same for the same prompt, so that a test can tell who was answered what. */
function defaultText(reply: ModelReply, prompt: string): string {
  if (reply.toolCalls !== undefined) return '';
  return prompt === '' ? 'You said nothing.' : `You said: ${prompt}`;
}

/** The text in pieces, each a word with the space before it; joined they are the text. */
function splitWords(text: string): string[] {
  return text.match(/\s*\S+|\s+$/gu) ?? [];
}

/** About as many tokens as a model would count. */
function countTokens(text: string): number {
  return Math.ceil(text.length / 4);
}
