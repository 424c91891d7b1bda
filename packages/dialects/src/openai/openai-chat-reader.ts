import {
  LinkspanError,
  type ProtocolError,
  type Reading,
  readUsage,
  StreamIncompleteError,
  type StreamHead,
  type StreamReader,
  type Usage,
} from '@linkspan/core';
import type {
  ChatCompletionChoice,
  ChatCompletionChunk,
  ChatCompletionUsage,
} from './chat-completion-chunk.ts';
import type { ChatResult } from '../model/chat-result.ts';
import { notJson, parseJson } from '../model/parse-json.ts';
import { findReportedError, reportedError } from '../model/reported-error.ts';
import type { SseEvent } from '../framing/sse-decoder.ts';
import { MAX_PARTS, tooMany } from '../model/too-many.ts';
import { ToolCalls } from '../model/tool-calls.ts';
import { isObject, isText } from '../model/typed-event.ts';

/** Which of its two terminators a stream needs. */
export type ChatTerminator = 'either' | 'both' | 'done' | 'finish';

const SKIPPED = { progress: false } as const;

/** Reads the frames of one streamed chat completion. */
export class OpenaiChatReader implements StreamReader<SseEvent, ChatCompletionChunk, ChatResult> {
  finishReason: string | undefined;
  readonly #require: ChatTerminator;
  readonly #head: StreamHead;
  #text = '';
  #reasoning = '';
  #refusal = '';
  #toolCalls: ToolCalls | undefined;
  #usage: ChatCompletionUsage | undefined;
  /** The choices that have begun: whether each has finished. */
  readonly #finished = new Map<unknown, boolean>();

  constructor(require: ChatTerminator, head: StreamHead) {
    this.#require = require;
    this.#head = head;
  }

  get usage(): Usage | undefined {
    return readUsage(this.#usage);
  }

  get partial(): ChatResult {
    return {
      text: this.#text,
      toolCalls: this.#toolCalls?.list ?? [],
      finishReason: this.finishReason,
      usage: this.usage,
      ...(this.#reasoning !== '' && { reasoning: this.#reasoning }),
      ...(this.#refusal !== '' && { refusal: this.#refusal }),
    };
  }

  read({ type, data }: SseEvent): Reading<ChatCompletionChunk> {
    if (data.startsWith('[DONE]')) return this.#done();
    if (data === '') return SKIPPED;
    let frame: unknown;
    try {
      frame = parseJson(data, 'an event of the stream', this.#head.secrets);
    } catch (error) {
      if (type === 'error') return { error: reportedError(data, this.#head) };
      return { error: error as LinkspanError };
    }
    const reported = findReportedError(frame) ?? (type === 'error' ? frame : undefined);
    if (!isChunk(frame)) {
      if (reported !== undefined) return { error: reportedError(reported, this.#head) };
      // Frames of a server's own, as for keep-alive, are not for the reader of completions.
      if (isObject(frame)) return SKIPPED;
      return {
        error: notJson(data, 'an event of the stream', 'a JSON object', this.#head.secrets),
      };
    }
    return this.#readChunk(frame, reported);
  }

  #readChunk(chunk: ChatCompletionChunk, reported: unknown): Reading<ChatCompletionChunk> {
    const couldEnd = this.#mayEnd;
    let progress = false;
    if (typeof chunk.usage === 'object' && chunk.usage !== null) {
      this.#usage = chunk.usage;
      progress = true;
    }
    for (const choice of chunk.choices) {
      if (typeof choice !== 'object' || choice === null) continue;
      const made = this.#readChoice(choice);
      if (made instanceof LinkspanError) return { event: chunk, error: made };
      progress ||= made;
    }
    if (reported !== undefined) return { event: chunk, error: reportedError(reported, this.#head) };
    if (this.finishReason === 'error') {
      return { event: chunk, error: reportedError('the model stopped with an error', this.#head) };
    }
    if (!this.#mayEnd) return { event: chunk, progress, ...(couldEnd && { terminal: 'goes-on' }) };
    return { event: chunk, terminal: 'may-end', terminator: 'finish_reason', progress };
  }

  /** Takes a choice in; tells whether there was anything in it. */
  #readChoice(choice: ChatCompletionChoice): boolean | ProtocolError {
    const finished = typeof choice.finish_reason === 'string' && choice.finish_reason !== '';
    if (finished || !this.#finished.has(choice.index)) {
      this.#finished.set(choice.index, finished);
      if (this.#finished.size > MAX_PARTS) return tooMany('choices');
    }
    const { delta } = choice;
    const isFirst = choice.index === 0 || choice.index === undefined;
    if (!isFirst) return finished || hasContent(delta);
    if (finished) this.finishReason = choice.finish_reason;
    let progress = finished;
    if (isText(delta?.content)) {
      this.#text += delta.content;
      progress = true;
    }
    const reasoning = delta?.reasoning_content ?? delta?.reasoning;
    if (isText(reasoning)) {
      this.#reasoning += reasoning;
      progress = true;
    }
    if (isText(delta?.refusal)) {
      this.#refusal += delta.refusal;
      progress = true;
    }
    if (Array.isArray(delta?.tool_calls) && delta.tool_calls.length > 0) {
      this.#toolCalls ??= new ToolCalls();
      for (const fragment of delta.tool_calls) {
        const failure = this.#toolCalls.add(fragment ?? {});
        if (failure !== undefined) return failure;
      }
      progress = true;
    }
    return progress;
  }

  get #mayEnd(): boolean {
    if (this.#require === 'done' || this.#require === 'both') return false;
    return this.#allFinished;
  }

  get #allFinished(): boolean {
    if (this.finishReason === undefined) return false;
    for (const finished of this.#finished.values()) if (!finished) return false;
    return true;
  }

  #done(): Reading<ChatCompletionChunk> {
    const needsReason = this.#require === 'both' || this.#require === 'finish';
    if (!needsReason || this.#allFinished) return { terminal: 'ends', terminator: '[DONE]' };
    return {
      error: new StreamIncompleteError(
        'Cannot complete the openai-chat stream: [DONE] came without a finish_reason',
      ),
    };
  }
}

function isChunk(frame: unknown): frame is ChatCompletionChunk {
  return (
    typeof frame === 'object' &&
    frame !== null &&
    Array.isArray((frame as { readonly choices?: unknown }).choices)
  );
}

function hasContent(delta: ChatCompletionChoice['delta']): boolean {
  return Object.values(delta ?? {}).some((value) => value !== null && value !== '');
}
