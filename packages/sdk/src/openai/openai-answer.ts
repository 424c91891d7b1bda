import { type Dialect, readRequestId, readUsage, type StreamHead } from '@linkspan/core';
import {
  type ChatCompletionChunk,
  type ChatTerminator,
  createOpenaiChat,
} from '@linkspan/dialects';
import { ChatAnswer } from '../chat/chat-answer.ts';
import { chatDialect, type ChatFrame, type ChatTranslation } from '../chat/chat-dialect.ts';
import type { ChatEvent } from '../chat/chat-event.ts';
import type { ChatResponse } from '../chat/chat-response.ts';
import { toFinishReason } from '../chat/finish-reason.ts';
import { notAnAnswer } from '../chat/read-json-answer.ts';
import { ToolCallPieces } from './tool-call-pieces.ts';

/** The stream of a chat completion, as that of a chat. */
export function openaiChatDialect(
  require: ChatTerminator,
): Dialect<ChatEvent, ChatResponse, ChatFrame> {
  return chatDialect(createOpenaiChat({ require }), () => new CompletionTranslation());
}

/**
 * A whole chat completion as an answer.
 *
 * @throws StatusError when it reports an error; DeserializationError when it is no completion.
 */
export function readCompletion(completion: unknown, head: StreamHead): ChatResponse {
  const { choices } = (completion ?? {}) as { readonly choices?: unknown };
  if (!Array.isArray(choices) || choices.length === 0) {
    throw (
      createOpenaiChat().classifyError?.(completion, head) ??
      notAnAnswer('a chat completion', completion, head)
    );
  }
  const translation = new CompletionTranslation();
  const answer = new ChatAnswer();
  const whole = choices.map((choice: { readonly message?: object }) => ({
    ...choice,
    delta: choice.message,
  }));
  const chunk = { ...(completion as object), choices: whole } as unknown as ChatCompletionChunk;
  for (const event of translation.read(chunk)) answer.add(event);
  const { id, model } = translation;
  return answer.response({ id, model, requestId: readRequestId(head.headers) }, completion);
}

/** Reads the first choice of the chunks of one completion; a whole one is a single chunk. */
class CompletionTranslation implements ChatTranslation<ChatCompletionChunk> {
  id = '';
  model = '';
  readonly #calls = new ToolCallPieces();
  #hasRefused = false;

  read(chunk: ChatCompletionChunk): readonly ChatEvent[] {
    if (this.id === '' && isText(chunk.id)) this.id = chunk.id;
    if (this.model === '' && isText(chunk.model)) this.model = chunk.model;
    const events: ChatEvent[] = [];
    for (const choice of chunk.choices) {
      if (typeof choice !== 'object' || choice === null || (choice.index ?? 0) !== 0) continue;
      const { delta } = choice;
      const reasoning = delta?.reasoning_content ?? delta?.reasoning;
      if (isText(reasoning)) events.push({ type: 'reasoning', text: reasoning });
      if (isText(delta?.content)) events.push({ type: 'text', text: delta.content });
      if (isText(delta?.refusal)) {
        this.#hasRefused = true;
        events.push({ type: 'refusal', text: delta.refusal });
      }
      const pieces: unknown = delta?.tool_calls;
      if (Array.isArray(pieces)) {
        for (const piece of pieces) events.push(this.#calls.read(piece ?? {}));
      }
      if (isText(choice.finish_reason)) events.push(this.#finish(choice.finish_reason));
    }
    const usage = readUsage(chunk.usage);
    if (usage !== undefined) events.push({ type: 'usage', usage });
    return events;
  }

  /** A refusal ends with `stop`, and is told apart by its text alone. */
  #finish(providerReason: string): ChatEvent {
    const isRefusal = this.#hasRefused && providerReason === 'stop';
    const finishReason = isRefusal ? 'refusal' : toFinishReason(providerReason);
    return { type: 'finish', finishReason, providerReason };
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
