import { jsonAnswer, sseEvent, type Answer } from '../answer.ts';
import { fieldsOf } from '../json-body.ts';
import type { CompleteReply, CompleteToolCall } from '../model/complete-reply.ts';
import { Timeline } from '../timeline.ts';
import type { UpstreamContext, UpstreamRequest } from '../upstream.ts';
import { openaiErrorBody, openaiFaults, openaiHeaders } from './openai-errors.ts';

/** What every chunk of a completion repeats. */
interface CompletionFacts {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  readonly service_tier: 'default';
  readonly system_fingerprint: string;
}

/**
 * A chat completion, as a stream where the request says so.
 * See https://platform.openai.com/docs/api-reference/chat
 */
export function answerChatCompletion(
  { body }: UpstreamRequest,
  reply: CompleteReply,
  { mint, clock }: UpstreamContext,
): Answer {
  const { model, stream, stream_options: options } = fieldsOf(body);
  const facts: CompletionFacts = {
    id: mint.id('chatcmpl-', 29),
    created: mint.unixSeconds(),
    model: String(model),
    service_tier: 'default',
    system_fingerprint: 'fp_0000000000',
  };
  const headers = openaiHeaders(mint);
  if (stream !== true) {
    return jsonAnswer(200, completion(facts, reply), headers, reply.pace.firstEventMs);
  }
  const withUsage = fieldsOf(options)['include_usage'] === true;
  const { content, ending } = chunks(facts, reply, withUsage);
  return {
    kind: 'stream',
    headers: { 'content-type': 'text/event-stream; charset=utf-8', ...headers },
    timeline: new Timeline(
      [...content, ...ending].map((chunk) => sseEvent(chunk)),
      reply.pace,
      clock,
    ),
    ending: ending.length,
    failure: () => [sseEvent(openaiErrorBody(openaiFaults['server-error'])), sseEvent('[DONE]')],
  };
}

function completion(facts: CompletionFacts, reply: CompleteReply): object {
  const { text, reasoning, toolCalls, finishReason } = reply;
  const message = {
    role: 'assistant',
    content: text === '' && toolCalls.length > 0 ? null : text,
    refusal: null,
    annotations: [],
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls.map((call) => toolCall(call)) }),
  };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: finishReason }];
  return { ...facts, object: 'chat.completion', choices, usage: usageOf(reply) };
}

function chunks(
  facts: CompletionFacts,
  reply: CompleteReply,
  withUsage: boolean,
): { readonly content: readonly unknown[]; readonly ending: readonly unknown[] } {
  const chunk = (choices: readonly unknown[], usage: unknown = null): object => ({
    ...facts,
    object: 'chat.completion.chunk',
    choices,
    ...(withUsage && { usage }),
  });
  const delta = (value: object, reason: string | null = null): object =>
    chunk([{ index: 0, delta: value, logprobs: null, finish_reason: reason }]);
  return {
    content: [
      delta({ role: 'assistant', content: '', refusal: null }),
      ...reply.reasoningChunks.map((piece) => delta({ reasoning_content: piece })),
      ...reply.chunks.map((piece) => delta({ content: piece })),
      ...reply.toolCalls.flatMap((call, index) => [
        delta({ tool_calls: [{ index, ...toolCall(call, '') }] }),
        ...call.fragments.map((piece) =>
          delta({ tool_calls: [{ index, function: { arguments: piece } }] }),
        ),
      ]),
    ],
    ending: [
      delta({}, reply.finishReason),
      ...(withUsage ? [chunk([], usageOf(reply))] : []),
      '[DONE]',
    ],
  };
}

function toolCall(call: CompleteToolCall, written: string = call.arguments): object {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: written } };
}

function usageOf({ usage }: CompleteReply): object {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
