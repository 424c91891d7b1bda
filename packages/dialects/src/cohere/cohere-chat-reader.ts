import {
  LinkspanError,
  type ProtocolError,
  type Reading,
  readUsage,
  type StreamHead,
  type StreamReader,
  type Usage,
} from '@linkspan/core';
import type { SseEvent } from '../framing/sse-decoder.ts';
import type { ChatResult } from '../model/chat-result.ts';
import { reportedError } from '../model/reported-error.ts';
import { type ToolCallFragment, ToolCalls } from '../model/tool-calls.ts';
import { isObject, isText, readTypedEvent, type TypedEvent } from '../model/typed-event.ts';
import type { CohereEvent, CohereUsage } from './cohere-event.ts';

const SKIPPED = { progress: false } as const;

/** Words for a generation that broke off, where other finish reasons end it. */
const FAILED = /^(?:ERROR|TIMEOUT)/;

/** Reads the frames of one streamed chat. */
export class CohereChatReader implements StreamReader<SseEvent, CohereEvent, ChatResult> {
  finishReason: string | undefined;
  readonly #head: StreamHead;
  readonly #toolCalls = new ToolCalls();
  #text = '';
  #reasoning = '';
  #usage: CohereUsage | undefined;

  constructor(head: StreamHead) {
    this.#head = head;
  }

  get usage(): Usage | undefined {
    return readUsage(this.#usage);
  }

  get partial(): ChatResult {
    return {
      text: this.#text,
      toolCalls: this.#toolCalls.list,
      finishReason: this.finishReason,
      usage: this.usage,
      ...(this.#reasoning !== '' && { reasoning: this.#reasoning }),
    };
  }

  read(frame: SseEvent): Reading<CohereEvent> {
    if (frame.data === '') return SKIPPED;
    const event = readTypedEvent(frame, this.#head, 'cohere-chat');
    if (event instanceof LinkspanError) return { error: event };
    const read = this.#readEvent(event);
    if (read instanceof LinkspanError) return { error: read };
    const reading = { event: event as unknown as CohereEvent, progress: read };
    if (event.type !== 'message-end') return reading;
    return { ...reading, terminal: 'ends', terminator: event.type };
  }

  /** Takes an event in; tells whether it brings anything. */
  #readEvent(event: TypedEvent): boolean | LinkspanError {
    const delta = isObject(event['delta']) ? event['delta'] : {};
    const message = isObject(delta['message']) ? delta['message'] : {};
    switch (event.type) {
      case 'content-start':
      case 'content-delta':
        return this.#addContent(message['content']);
      case 'tool-plan-delta':
        return this.#addReasoning(message['tool_plan']);
      case 'tool-call-start':
      case 'tool-call-delta':
        return this.#addCall(event['index'], message['tool_calls']) ?? true;
      case 'citation-start':
        return true;
      case 'message-end':
        return this.#end(delta) ?? true;
      default:
        return false;
    }
  }

  #addContent(content: unknown): boolean {
    if (!isObject(content)) return false;
    const { text, thinking } = content;
    if (isText(text)) this.#text += text;
    return this.#addReasoning(thinking) || isText(text);
  }

  #addReasoning(text: unknown): boolean {
    if (isText(text)) this.#reasoning += text;
    return isText(text);
  }

  /** The one call of an event is an object; some servers send a list. */
  #addCall(index: unknown, calls: unknown): ProtocolError | undefined {
    for (const call of Array.isArray(calls) ? calls : [calls]) {
      if (!isObject(call)) continue;
      const failure = this.#toolCalls.add({ ...(call as ToolCallFragment), index });
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  #end(delta: Readonly<Record<string, unknown>>): LinkspanError | undefined {
    const { finish_reason: reason, usage, error } = delta;
    if (isObject(usage)) this.#usage = usage;
    if (isText(error) || (isText(reason) && FAILED.test(reason))) {
      const message = isText(error) ? error : 'the generation broke off';
      return reportedError({ code: reason, message }, this.#head);
    }
    if (isText(reason)) this.finishReason = reason;
    return undefined;
  }
}

/** What was billed is less than what was used: it stands in where the rest is not told. */
