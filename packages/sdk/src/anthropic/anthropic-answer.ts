import { type Dialect, readRequestId, readUsage, type StreamHead } from '@linkspan/core';
import { type AnthropicEvent, anthropicMessages, type AnthropicUsage } from '@linkspan/dialects';
import { ChatAnswer } from '../chat/chat-answer.ts';
import { chatDialect, type ChatFrame, type ChatTranslation } from '../chat/chat-dialect.ts';
import type { ChatEvent } from '../chat/chat-event.ts';
import type { ReasoningPart } from '../chat/chat-message.ts';
import type { ChatResponse } from '../chat/chat-response.ts';
import { toFinishReason } from '../chat/finish-reason.ts';
import { notAnAnswer } from '../chat/read-json-answer.ts';

/** The stream of a message, as that of a chat. */
export const anthropicChatDialect: Dialect<ChatEvent, ChatResponse, ChatFrame> = chatDialect(
  anthropicMessages,
  () => new MessageTranslation(),
);

type Fields = Readonly<Record<string, unknown>>;

/**
 * A whole message as an answer.
 *
 * @throws StatusError when it reports an error; DeserializationError when it is no message.
 */
export function readMessage(message: unknown, head: StreamHead): ChatResponse {
  const { content, stop_reason, stop_details } = (message ?? {}) as Fields;
  if (!Array.isArray(content)) {
    throw (
      anthropicMessages.classifyError?.(message, head) ?? notAnAnswer('a message', message, head)
    );
  }
  const translation = new MessageTranslation();
  const answer = new ChatAnswer();
  // A whole message says what its stream would have said.
  const events = [
    { type: 'message_start', message },
    ...content.flatMap((block: unknown, index) => [
      { type: 'content_block_start', index, content_block: block },
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason, stop_details } },
  ] as unknown as readonly AnthropicEvent[];
  for (const event of events) for (const told of translation.read(event)) answer.add(told);
  const { id, model, reasoningParts } = translation;
  const names = { id, model, requestId: readRequestId(head.headers) };
  return answer.response(names, message, reasoningParts);
}

interface CallBlock {
  readonly type: 'call';
  readonly index: number;
  hasArguments: boolean;
}

interface ThoughtBlock {
  readonly type: 'reasoning';
  text: string;
  signature?: string;
  redacted?: string;
}

/** Reads the events of one message. Calls of tools that the provider runs itself need no answer. */
class MessageTranslation implements ChatTranslation<AnthropicEvent> {
  id = '';
  model = '';
  readonly #blocks = new Map<unknown, CallBlock | ThoughtBlock>();
  readonly #thoughts: ThoughtBlock[] = [];
  #calls = 0;
  #usage: AnthropicUsage = {};

  get reasoningParts(): readonly ReasoningPart[] {
    return this.#thoughts.map((thought) => ({ ...thought }));
  }

  read(event: AnthropicEvent): readonly ChatEvent[] {
    switch (event.type) {
      case 'message_start':
        this.id = textOf(event.message?.id);
        this.model = textOf(event.message?.model);
        return this.#addUsage(event.message?.usage);
      case 'content_block_start':
        return this.#start(event.index, event.content_block as unknown as Fields);
      case 'content_block_delta':
        return this.#add(event.index, event.delta);
      case 'content_block_stop':
        return this.#stop(event.index);
      case 'message_delta':
        return [...this.#addUsage(event.usage), ...finish(event.delta as unknown as Fields)];
      default:
        return [];
    }
  }

  #start(index: unknown, block: Fields | undefined): readonly ChatEvent[] {
    switch (block?.['type']) {
      case 'text':
        return piece('text', block['text']);
      case 'thinking': {
        const thought = this.#think(index, textOf(block['thinking']));
        if (textOf(block['signature']) !== '') thought.signature = textOf(block['signature']);
        return piece('reasoning', thought.text);
      }
      case 'redacted_thinking':
        this.#think(index, '').redacted = textOf(block['data']);
        return [];
      case 'tool_use':
        return [this.#startCall(index, block)];
      default:
        return [];
    }
  }

  #think(index: unknown, text: string): ThoughtBlock {
    const thought: ThoughtBlock = { type: 'reasoning', text };
    this.#blocks.set(index, thought);
    this.#thoughts.push(thought);
    return thought;
  }

  #startCall(index: unknown, { id, name, input }: Fields): ChatEvent {
    const whole =
      typeof input === 'object' && input !== null && Object.keys(input).length > 0
        ? JSON.stringify(input)
        : '';
    const call: CallBlock = { type: 'call', index: this.#calls++, hasArguments: whole !== '' };
    this.#blocks.set(index, call);
    return {
      type: 'tool-call',
      index: call.index,
      id: textOf(id),
      name: textOf(name),
      arguments: whole,
    };
  }

  #add(index: unknown, delta: Fields | undefined): readonly ChatEvent[] {
    // By far the most: it needs no block.
    if (delta?.['type'] === 'text_delta') return piece('text', delta['text']);
    const block = this.#blocks.get(index);
    switch (delta?.['type']) {
      case 'thinking_delta':
        if (block?.type === 'reasoning') block.text += textOf(delta['thinking']);
        return piece('reasoning', delta['thinking']);
      case 'signature_delta':
        if (block?.type === 'reasoning') block.signature = textOf(delta['signature']);
        return [];
      case 'input_json_delta': {
        const json = textOf(delta['partial_json']);
        if (block?.type !== 'call' || json === '') return [];
        block.hasArguments = true;
        return [{ type: 'tool-call', index: block.index, arguments: json }];
      }
      default:
        return [];
    }
  }

  /** A call without arguments is whole only here: until then they may still come. */
  #stop(index: unknown): readonly ChatEvent[] {
    const block = this.#blocks.get(index);
    if (block?.type !== 'call' || block.hasArguments) return [];
    block.hasArguments = true;
    return [{ type: 'tool-call', index: block.index, arguments: '{}' }];
  }

  /** Counts are of the whole message so far; those that are left out stand. */
  #addUsage(usage: AnthropicUsage | undefined): readonly ChatEvent[] {
    if (typeof usage !== 'object' || usage === null) return [];
    const told = Object.entries(usage).filter(([, count]) => count !== null);
    this.#usage = { ...this.#usage, ...Object.fromEntries(told) };
    const counted = readUsage(this.#usage);
    return counted === undefined ? [] : [{ type: 'usage', usage: counted }];
  }
}

function finish(delta: Fields | undefined): readonly ChatEvent[] {
  const reason = textOf(delta?.['stop_reason']);
  if (reason === '') return [];
  const details = (delta?.['stop_details'] ?? {}) as Fields;
  return [
    ...piece('refusal', details['explanation']),
    { type: 'finish', finishReason: toFinishReason(reason), providerReason: reason },
  ];
}

function piece(type: 'text' | 'reasoning' | 'refusal', text: unknown): readonly ChatEvent[] {
  return typeof text === 'string' && text !== '' ? [{ type, text }] : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
