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
import { notJson, parseJson } from '../model/parse-json.ts';
import { findReportedError, reportedError } from '../model/reported-error.ts';
import { MAX_PARTS, tooMany } from '../model/too-many.ts';
import { doneTooSoon, isObject, isText } from '../model/typed-event.ts';
import { FunctionCalls } from './function-calls.ts';
import type { GeminiChunk, GeminiUsage } from './gemini-chunk.ts';

const SKIPPED = { progress: false } as const;

/** Reads the frames of one streamed response. */
export class GeminiReader implements StreamReader<SseEvent, GeminiChunk, ChatResult> {
  finishReason: string | undefined;
  readonly #head: StreamHead;
  readonly #calls = new FunctionCalls();
  #text = '';
  #reasoning = '';
  #refusal: string | undefined;
  #usage: GeminiUsage | undefined;
  #isBlocked = false;
  /** The candidates that have begun: whether each has finished. */
  readonly #finished = new Map<unknown, boolean>();

  constructor(head: StreamHead) {
    this.#head = head;
  }

  get usage(): Usage | undefined {
    return readUsage(this.#usage);
  }

  get partial(): ChatResult {
    return {
      text: this.#text,
      toolCalls: this.#calls.list,
      finishReason: this.finishReason,
      usage: this.usage,
      ...(this.#reasoning !== '' && { reasoning: this.#reasoning }),
      ...(this.#refusal !== undefined && { refusal: this.#refusal }),
    };
  }

  read({ type, data }: SseEvent): Reading<GeminiChunk> {
    if (data === '') return SKIPPED;
    if (data.startsWith('[DONE]')) {
      if (this.#mayEnd) return { terminal: 'ends', terminator: '[DONE]' };
      return { error: doneTooSoon('gemini') };
    }
    let frame: unknown;
    try {
      frame = parseJson(data, 'an event of the stream', this.#head.secrets);
    } catch (error) {
      if (type === 'error') return { error: reportedError(data, this.#head) };
      return { error: error as LinkspanError };
    }
    const chunk = withoutList(frame);
    if (!isObject(chunk)) {
      return {
        error: notJson(data, 'an event of the stream', 'a JSON object', this.#head.secrets),
      };
    }
    const reported = findReportedError(chunk) ?? (type === 'error' ? chunk : undefined);
    if (reported !== undefined) return { error: reportedError(reported, this.#head) };
    return this.#readChunk(chunk);
  }

  #readChunk(chunk: Readonly<Record<string, unknown>>): Reading<GeminiChunk> {
    const { candidates, promptFeedback: feedback, usageMetadata: usage } = chunk;
    // Some chunks tell but a part of it.
    if (isObject(usage)) this.#usage = { ...this.#usage, ...usage };
    const couldEnd = this.#mayEnd;
    let progress = false;
    if (isObject(feedback) && isText(feedback['blockReason'])) {
      this.#isBlocked = progress = true;
      this.finishReason = feedback['blockReason'];
      if (isText(feedback['blockReasonMessage'])) this.#refusal = feedback['blockReasonMessage'];
    }
    for (const candidate of Array.isArray(candidates) ? candidates : []) {
      if (!isObject(candidate)) continue;
      const made = this.#readCandidate(candidate);
      if (made instanceof LinkspanError) return { event: chunk, error: made };
      progress ||= made;
    }
    if (!this.#mayEnd) return { event: chunk, progress, ...(couldEnd && { terminal: 'goes-on' }) };
    const terminator = this.#isBlocked ? 'promptFeedback' : 'finishReason';
    return { event: chunk, terminal: 'may-end', terminator, progress };
  }

  /** Takes a piece of a candidate in; tells whether there was anything in it. */
  #readCandidate(candidate: Readonly<Record<string, unknown>>): boolean | ProtocolError {
    const { index = 0, content, finishReason: reason } = candidate;
    const parts = isObject(content) && Array.isArray(content['parts']) ? content['parts'] : [];
    const finished = isText(reason) && reason !== 'FINISH_REASON_UNSPECIFIED';
    const progress = finished || parts.some(hasContent);
    // A candidate that says more has not finished after all.
    if (progress || !this.#finished.has(index)) {
      this.#finished.set(index, finished);
      if (this.#finished.size > MAX_PARTS) return tooMany('candidates');
    }
    if (index !== 0) return progress;
    for (const part of parts) {
      const failure = this.#readPart(part);
      if (failure !== undefined) return failure;
    }
    if (progress) this.finishReason = finished ? reason : undefined;
    if (finished) this.#calls.finish();
    return progress;
  }

  #readPart(part: unknown): ProtocolError | undefined {
    if (!isObject(part)) return undefined;
    const { text, thought, functionCall: call } = part;
    if (isText(text)) {
      if (thought === true) this.#reasoning += text;
      else this.#text += text;
    }
    return this.#calls.add(call);
  }

  get #mayEnd(): boolean {
    if (this.#isBlocked) return true;
    if (this.finishReason === undefined) return false;
    for (const finished of this.#finished.values()) if (!finished) return false;
    return true;
  }
}

/** Errors come in a list of one, too. */
function withoutList(frame: unknown): unknown {
  return Array.isArray(frame) && frame.length === 1 ? frame[0] : frame;
}

/** What is said of a part is no content of it. */
const ABOUT_PART = new Set(['thought', 'thoughtSignature']);

function hasContent(part: unknown): boolean {
  if (!isObject(part)) return false;
  return Object.entries(part).some(([field, value]) => !ABOUT_PART.has(field) && value !== '');
}
