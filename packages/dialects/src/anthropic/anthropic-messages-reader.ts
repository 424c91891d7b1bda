import {
  LinkspanError,
  ProtocolError,
  type Reading,
  readUsage,
  StreamIncompleteError,
  type StreamHead,
  type StreamReader,
  type Usage,
} from '@linkspan/core';
import type { SseEvent } from '../framing/sse-decoder.ts';
import type { ChatResult, ToolCall } from '../model/chat-result.ts';
import { isObject, isText, readTypedEvent, type TypedEvent } from '../model/typed-event.ts';
import type { AnthropicEvent, AnthropicUsage } from './anthropic-event.ts';
import { MessageContent } from './message-content.ts';

/** What a streamed message adds up to. */
export interface AnthropicResult extends ChatResult {
  /** Calls of tools that the provider runs itself, or has run for it: they need no answer. */
  readonly serverToolCalls: readonly ToolCall[];
}

const SKIPPED = { progress: false } as const;

/** Reads the frames of one streamed message. */
export class AnthropicMessagesReader implements StreamReader<
  SseEvent,
  AnthropicEvent,
  AnthropicResult
> {
  finishReason: string | undefined;
  readonly #head: StreamHead;
  readonly #content = new MessageContent();
  /** The id of the message; `undefined` before it began. */
  #id: unknown;
  #hasBegun = false;
  #usage: AnthropicUsage | undefined;
  #refusal: string | undefined;

  constructor(head: StreamHead) {
    this.#head = head;
  }

  get usage(): Usage | undefined {
    return readUsage(this.#usage);
  }

  get partial(): AnthropicResult {
    const { text, reasoning } = this.#content;
    return {
      text,
      toolCalls: this.#content.calls('tool_use'),
      serverToolCalls: this.#content.calls('server_tool_use', 'mcp_tool_use'),
      finishReason: this.finishReason,
      usage: this.usage,
      ...(reasoning !== '' && { reasoning }),
      ...(this.#refusal !== undefined && { refusal: this.#refusal }),
    };
  }

  read(frame: SseEvent): Reading<AnthropicEvent> {
    if (frame.data === '') return SKIPPED;
    const event = readTypedEvent(frame, this.#head, 'anthropic-messages');
    if (event instanceof LinkspanError) return { error: event };
    if (event.type === 'ping') return SKIPPED;
    const read = this.#readEvent(event);
    if (read instanceof LinkspanError) return { error: read };
    const reading = { event: event as unknown as AnthropicEvent, progress: read };
    if (event.type !== 'message_stop') return reading;
    return { ...reading, terminal: 'ends', terminator: event.type };
  }

  /** Takes an event in; tells whether it brings anything. */
  #readEvent(event: TypedEvent): boolean | LinkspanError {
    switch (event.type) {
      case 'message_start':
        return this.#start(event['message']) ?? false;
      case 'content_block_start':
        return this.#content.start(event['index'], event['content_block']) ?? true;
      case 'content_block_delta':
        return this.#content.add(event['index'], event['delta']) ?? hasContent(event['delta']);
      case 'content_block_stop':
        this.#content.stop(event['index']);
        return false;
      case 'message_delta':
        return this.#end(event);
      case 'message_stop':
        return this.#hasBegun ? true : stopWithoutStart();
      default:
        return false;
    }
  }

  #start(message: unknown): ProtocolError | undefined {
    const { id, usage } = isObject(message) ? message : {};
    if (this.#hasBegun && id !== this.#id && !this.#content.isEmpty) return startedAgain();
    this.#hasBegun = true;
    this.#id = id;
    this.#addUsage(usage);
    return undefined;
  }

  #end({ delta, usage }: TypedEvent): boolean {
    this.#addUsage(usage);
    if (!isObject(delta)) return false;
    const { stop_reason: reason, stop_details: details } = delta;
    if (isObject(details) && isText(details['explanation'])) this.#refusal = details['explanation'];
    if (!isText(reason)) return false;
    this.finishReason = reason;
    return true;
  }

  /** Counts are of the whole message so far; those that are left out stand. */
  #addUsage(usage: unknown): void {
    if (!isObject(usage)) return;
    const told = Object.entries(usage).filter(([, count]) => count !== null);
    this.#usage = { ...this.#usage, ...Object.fromEntries(told) };
  }
}

function hasContent(delta: unknown): boolean {
  if (!isObject(delta)) return false;
  return Object.entries(delta).some(([field, value]) => field !== 'type' && value !== '');
}

function stopWithoutStart(): StreamIncompleteError {
  return new StreamIncompleteError(
    'Cannot complete the anthropic-messages stream: message_stop came without message_start',
  );
}

function startedAgain(): ProtocolError {
  return new ProtocolError('Cannot read the stream: a second message begins within the first', {
    code: 'message_restarted',
    phase: 'body',
  });
}
