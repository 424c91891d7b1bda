import { type Dialect, readRequestId, readUsage, type StreamHead } from '@linkspan/core';
import { openaiResponses, type ResponsesEvent, type ResponsesResponse } from '@linkspan/dialects';
import { ChatAnswer } from '../chat/chat-answer.ts';
import { chatDialect, type ChatFrame, type ChatTranslation } from '../chat/chat-dialect.ts';
import type { ChatEvent } from '../chat/chat-event.ts';
import type { ChatResponse } from '../chat/chat-response.ts';
import { toFinishReason } from '../chat/finish-reason.ts';
import { notAnAnswer } from '../chat/read-json-answer.ts';

/** The stream of a response, as that of a chat. */
export const openaiResponsesDialect: Dialect<ChatEvent, ChatResponse, ChatFrame> = chatDialect(
  openaiResponses,
  () => new ResponseTranslation(),
);

type Fields = Readonly<Record<string, unknown>>;

/**
 * A whole response as an answer.
 *
 * @throws StatusError when it reports an error; DeserializationError when it is no response.
 */
export function readResponse(response: unknown, head: StreamHead): ChatResponse {
  const { output, error } = (response ?? {}) as Fields;
  if (!Array.isArray(output) || (error !== undefined && error !== null)) {
    throw (
      openaiResponses.classifyError?.(response, head) ?? notAnAnswer('a response', response, head)
    );
  }
  const translation = new ResponseTranslation();
  const answer = new ChatAnswer();
  for (const event of translation.readWhole(response as ResponsesResponse, output)) {
    answer.add(event);
  }
  const { id, model } = translation;
  return answer.response({ id, model, requestId: readRequestId(head.headers) }, response);
}

interface Call {
  readonly index: number;
  hasArguments: boolean;
}

/** Reads the events of one response. What tools of the provider's own do needs no answer. */
class ResponseTranslation implements ChatTranslation<ResponsesEvent> {
  id = '';
  model = '';
  /** By the place of the item in the output. */
  readonly #calls = new Map<unknown, Call>();
  #hasRefused = false;

  read(event: ResponsesEvent): readonly ChatEvent[] {
    const { type, output_index: at, delta, item, response } = event as unknown as Fields;
    this.#name(response as Fields | undefined);
    switch (type) {
      case 'response.output_text.delta':
        return piece('text', delta);
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return piece('reasoning', delta);
      case 'response.refusal.delta':
        this.#hasRefused = true;
        return piece('refusal', delta);
      case 'response.output_item.added':
        return this.#begin(at, item as Fields | undefined);
      case 'response.function_call_arguments.delta':
        return this.#addArguments(at, delta);
      case 'response.output_item.done':
        return this.#complete(at, item as Fields | undefined);
      case 'response.completed':
      case 'response.incomplete':
        return this.#end(response as ResponsesResponse | undefined);
      default:
        return [];
    }
  }

  /** A whole response says what its stream would have said. */
  readWhole(response: ResponsesResponse, output: readonly unknown[]): readonly ChatEvent[] {
    this.#name(response as unknown as Fields);
    const events = output.flatMap((item, at) => {
      const { type, content, summary } = (item ?? {}) as Fields;
      if (type === 'function_call') {
        return [...this.#begin(at, item as Fields), ...this.#complete(at, item as Fields)];
      }
      const parts = type === 'reasoning' ? (summary ?? content) : content;
      return Array.isArray(parts) ? parts.flatMap((part: Fields) => this.#readPart(part)) : [];
    });
    return [...events, ...this.#end(response)];
  }

  #readPart(part: Fields): readonly ChatEvent[] {
    switch (part['type']) {
      case 'output_text':
        return piece('text', part['text']);
      case 'summary_text':
      case 'reasoning_text':
        return piece('reasoning', part['text']);
      case 'refusal':
        this.#hasRefused = true;
        return piece('refusal', part['refusal']);
      default:
        return [];
    }
  }

  #name(response: Fields | undefined): void {
    if (this.id === '') this.id = textOf(response?.['id']);
    if (this.model === '') this.model = textOf(response?.['model']);
  }

  #begin(at: unknown, item: Fields | undefined): readonly ChatEvent[] {
    if (item?.['type'] !== 'function_call') return [];
    const call = { index: this.#calls.size, hasArguments: false };
    this.#calls.set(at, call);
    const id = textOf(item['call_id']);
    return [
      { type: 'tool-call', index: call.index, id, name: textOf(item['name']), arguments: '' },
    ];
  }

  #addArguments(at: unknown, delta: unknown): readonly ChatEvent[] {
    const call = this.#calls.get(at);
    if (call === undefined || textOf(delta) === '') return [];
    call.hasArguments = true;
    return [{ type: 'tool-call', index: call.index, arguments: textOf(delta) }];
  }

  /** Arguments may come whole, at the end of the item. */
  #complete(at: unknown, item: Fields | undefined): readonly ChatEvent[] {
    return this.#calls.get(at)?.hasArguments === false
      ? this.#addArguments(at, item?.['arguments'])
      : [];
  }

  #end(response: ResponsesResponse | undefined): readonly ChatEvent[] {
    const usage = readUsage(response?.usage);
    const providerReason =
      response?.incomplete_details?.reason ?? textOf((response as Fields | undefined)?.['status']);
    return [
      ...(usage === undefined ? [] : [{ type: 'usage', usage } as const]),
      { type: 'finish', finishReason: this.#finishReason(providerReason), providerReason },
    ];
  }

  /** That it is complete says nothing about why it ended there. */
  #finishReason(providerReason: string): ReturnType<typeof toFinishReason> {
    if (providerReason !== 'completed') return toFinishReason(providerReason);
    if (this.#calls.size > 0) return 'tool-calls';
    return this.#hasRefused ? 'refusal' : 'stop';
  }
}

function piece(type: 'text' | 'reasoning' | 'refusal', text: unknown): readonly ChatEvent[] {
  return typeof text === 'string' && text !== '' ? [{ type, text }] : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
