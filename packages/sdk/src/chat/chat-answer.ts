import type { Usage } from '@linkspan/core';
import type { ToolCall } from '@linkspan/dialects';
import type { ChatEvent } from './chat-event.ts';
import type { ReasoningPart, TextPart } from './chat-message.ts';
import type { ChatResponse } from './chat-response.ts';
import type { FinishReason } from './finish-reason.ts';

/** What an answer is called, and by whom. */
export interface AnswerNames {
  readonly id: string;
  readonly model: string;
  readonly requestId: string | undefined;
}

/** Adds the events of a chat up to a {@link ChatResponse}. */
export class ChatAnswer {
  #text = '';
  #reasoning = '';
  #refusal = '';
  readonly #calls: { id: string; name: string; arguments: string }[] = [];
  #finishReason: FinishReason | undefined;
  #providerReason: string | undefined;
  #usage: Usage | undefined;

  get providerReason(): string | undefined {
    return this.#providerReason;
  }

  get usage(): Usage | undefined {
    return this.#usage;
  }

  add(event: ChatEvent): void {
    switch (event.type) {
      case 'text':
        this.#text += event.text;
        return;
      case 'reasoning':
        this.#reasoning += event.text;
        return;
      case 'refusal':
        this.#refusal += event.text;
        return;
      case 'tool-call':
        this.#addCall(event);
        return;
      case 'usage':
        this.#usage = event.usage;
        return;
      case 'finish':
        this.#finishReason = event.finishReason;
        this.#providerReason = event.providerReason;
    }
  }

  /** The answer so far. */
  response(
    names: AnswerNames,
    raw?: unknown,
    reasoningParts: readonly ReasoningPart[] = [],
  ): ChatResponse {
    const toolCalls: readonly ToolCall[] = this.#calls.map((call) => ({ ...call }));
    const text: readonly TextPart[] = this.#text === '' ? [] : [{ type: 'text', text: this.#text }];
    return {
      text: this.#text,
      toolCalls,
      finishReason: this.#finishReason,
      providerReason: this.#providerReason,
      usage: this.#usage,
      ...names,
      ...(this.#reasoning !== '' && { reasoning: this.#reasoning }),
      ...(this.#refusal !== '' && { refusal: this.#refusal }),
      message: {
        role: 'assistant',
        content: reasoningParts.length === 0 ? this.#text : [...reasoningParts, ...text],
        ...(toolCalls.length > 0 && { toolCalls }),
      },
      raw,
    };
  }

  #addCall({ index, id, name, arguments: piece }: ChatEvent & { type: 'tool-call' }): void {
    const call = (this.#calls[index] ??= { id: '', name: '', arguments: '' });
    if (id !== undefined) call.id = id;
    if (name !== undefined) call.name = name;
    call.arguments += piece;
  }
}
