import type { CallOptions } from '@linkspan/core';
import { openaiChat } from '@linkspan/dialects';
import type { HttpClient, HttpRequestInit } from '@linkspan/http';
import type { AnswerContent, AnswerToolCall } from '../output/answer.ts';
import type { ChatRow } from '../input/row.ts';
import { idempotencyKey, type RowCall } from './row-call.ts';

/** What is read of an answer that comes at once. */
interface Completion {
  readonly choices?: readonly {
    readonly message?: {
      readonly content?: string | null;
      readonly tool_calls?: readonly { readonly id?: string; readonly function?: ToolFunction }[];
    };
    readonly finish_reason?: string;
  }[];
  readonly usage?: { readonly prompt_tokens?: number; readonly completion_tokens?: number };
}

interface ToolFunction {
  readonly name?: string;
  readonly arguments?: string;
}

/**
 * Gets the answer to a row from an OpenAI-compatible endpoint: as a stream, so that a dead upstream
 * is noticed early, unless the row itself says `"stream": false`.
 */
export async function deliverChat(
  row: ChatRow,
  client: HttpClient,
  call: RowCall,
  mayRepeat: boolean,
): Promise<AnswerContent> {
  const streaming = row.body['stream'] !== false;
  const init: HttpRequestInit = {
    path: '/chat/completions',
    json: streaming
      ? { stream_options: { include_usage: true }, ...row.body, stream: true }
      : row.body,
    ...(mayRepeat && { idempotencyKey: idempotencyKey(row) }),
  };
  const receive = streaming ? receiveStream : receiveWhole;
  return await call.exchange(mayRepeat, (options) => receive(client, init, options, call));
}

async function receiveStream(
  client: HttpClient,
  init: HttpRequestInit,
  options: CallOptions,
  call: RowCall,
): Promise<AnswerContent> {
  const stream = await client.stream(init, {
    ...options,
    ...call.eventClocks,
    dialect: openaiChat,
  });
  const { text, toolCalls, finishReason } = await stream.result();
  call.note(await stream.outcome);
  return content(text, toolCalls, finishReason);
}

async function receiveWhole(
  client: HttpClient,
  init: HttpRequestInit,
  options: CallOptions,
  call: RowCall,
): Promise<AnswerContent> {
  const response = await client.request(init, options);
  const { choices, usage } = await response.json<Completion>();
  const choice = choices?.[0];
  if (usage !== undefined) {
    const { prompt_tokens: inputTokens = 0, completion_tokens: outputTokens = 0 } = usage;
    call.note({ usage: { inputTokens, outputTokens } });
  }
  const toolCalls = choice?.message?.tool_calls?.map(({ id = '', function: called }) => ({
    id,
    name: called?.name ?? '',
    arguments: called?.arguments ?? '',
  }));
  return content(choice?.message?.content ?? '', toolCalls ?? [], choice?.finish_reason);
}

function content(
  text: string,
  toolCalls: readonly AnswerToolCall[],
  finishReason: string | undefined,
): AnswerContent {
  return {
    text,
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(finishReason !== undefined && { finishReason }),
  };
}
