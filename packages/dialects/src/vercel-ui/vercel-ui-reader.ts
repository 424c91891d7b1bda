import {
  LinkspanError,
  type Reading,
  readRequestId,
  readUsage,
  StreamIncompleteError,
  type StreamHead,
  type StreamReader,
  type Usage,
} from '@linkspan/core';
import type { SseEvent } from '../framing/sse-decoder.ts';
import { missingText, readAgentEvent } from '../model/agent-event.ts';
import type { ChatResult } from '../model/chat-result.ts';
import { reportedError } from '../model/reported-error.ts';
import { StreamedTexts } from '../model/streamed-texts.ts';
import { ToolInputs } from '../model/tool-inputs.ts';
import { isObject, isText, type TypedEvent } from '../model/typed-event.ts';
import { mergeMetadata, type VercelUiMetadata } from './merge-metadata.ts';
import type { VercelUiPart } from './vercel-ui-part.ts';

/** Which of its two terminators a stream needs. */
export type VercelUiTerminator = 'finish' | 'both' | 'done' | 'either';

/** What a UI message stream adds up to. */
export interface VercelUiResult extends ChatResult {
  /** The server's name of the message. */
  readonly messageId?: string;
  /** What the server says about the message, its parts merged. */
  readonly metadata?: VercelUiMetadata;
}

/** What a part means for the stream, beside being one of its events. */
type Meaning = Omit<Reading<VercelUiPart>, 'event'>;

const PROGRESS: Meaning = {};
const NO_PROGRESS: Meaning = { progress: false };

/** The parts with which something new begins, also behind a `finish`. */
const BEGINS: ReadonlySet<string> = new Set([
  'start',
  'start-step',
  'text-start',
  'text-delta',
  'reasoning-start',
  'reasoning-delta',
  'tool-input-start',
  'tool-input-delta',
  'tool-input-available',
]);

/** Reads the frames of one UI message stream. */
export class VercelUiReader implements StreamReader<SseEvent, VercelUiPart, VercelUiResult> {
  finishReason: string | undefined;
  readonly #require: VercelUiTerminator;
  readonly #head: StreamHead;
  readonly #texts = new StreamedTexts('text parts');
  readonly #thoughts = new StreamedTexts('reasoning parts');
  readonly #calls = new ToolInputs();
  /** How much there was when the step began. */
  #step = { texts: 0, thoughts: 0, calls: 0 };
  #messageId: string | undefined;
  #metadata: VercelUiMetadata | undefined;
  #isEmpty = true;
  #isFinished = false;
  /** Whether something has begun behind the last `finish`. */
  #goesOn = false;

  constructor(require: VercelUiTerminator, head: StreamHead) {
    this.#require = require;
    this.#head = head;
  }

  get usage(): Usage | undefined {
    const metadata = this.#metadata;
    return readUsage(metadata?.['totalUsage'] ?? metadata?.['usage'] ?? metadata);
  }

  get partial(): VercelUiResult {
    return {
      text: this.#texts.text,
      toolCalls: this.#calls.list,
      finishReason: this.finishReason,
      usage: this.usage,
      ...(this.#thoughts.text !== '' && { reasoning: this.#thoughts.text }),
      ...(this.#messageId !== undefined && { messageId: this.#messageId }),
      ...(this.#metadata !== undefined && { metadata: this.#metadata }),
    };
  }

  read(frame: SseEvent): Reading<VercelUiPart> {
    if (frame.data.startsWith('[DONE]')) return this.#done();
    // Behind the last part, the start of a [DONE] that was cut is nothing that is missed.
    if (frame.data === '' || (this.#isFinished && '[DONE]'.startsWith(frame.data)))
      return NO_PROGRESS;
    const part = readAgentEvent(frame, this.#head);
    if (part instanceof LinkspanError) return { error: part };
    this.#isEmpty = false;
    const meaning = this.#take(part);
    const event = part as unknown as VercelUiPart;
    if (meaning instanceof LinkspanError) return { event, error: meaning };
    if (this.#isFinished && !this.#goesOn && BEGINS.has(part.type)) {
      this.#goesOn = true;
      return { event, terminal: 'goes-on', ...meaning };
    }
    return meaning === PROGRESS ? { event } : { event, ...meaning };
  }

  /** Takes a part in, and tells what it means; the failure of one that cannot be taken. */
  #take(part: TypedEvent): Meaning | LinkspanError {
    switch (part.type) {
      case 'text-delta':
        return this.#takeDelta(part, this.#texts);
      case 'reasoning-delta':
        return this.#takeDelta(part, this.#thoughts);
      case 'text-start':
        return this.#texts.begin(part['id']) ?? PROGRESS;
      case 'reasoning-start':
        return this.#thoughts.begin(part['id']) ?? PROGRESS;
      case 'tool-input-start':
        return this.#calls.add(part['toolCallId'], part['toolName']) ?? PROGRESS;
      case 'tool-input-delta':
        return this.#takeInputDelta(part);
      case 'tool-input-available':
      case 'tool-input-error':
        return (
          this.#calls.complete(part['toolCallId'], part['toolName'], part['input']) ?? PROGRESS
        );
      case 'start':
        if (isText(part['messageId'])) this.#messageId = part['messageId'];
        return this.#takeMetadata(part);
      case 'message-metadata':
        return this.#takeMetadata(part);
      case 'start-step':
        return this.#startStep();
      case 'reset-step':
        return this.#resetStep();
      case 'finish':
        return this.#finish(part);
      case 'abort':
        return this.#stopped('aborted', 'the server cancelled the run');
      case 'error':
        return { terminal: 'may-end', error: reportedError(part['errorText'], this.#head) };
      default:
        return PROGRESS;
    }
  }

  #takeDelta(part: TypedEvent, texts: StreamedTexts): Meaning | LinkspanError {
    const { id, delta } = part;
    if (typeof delta !== 'string') return missingText(part, 'delta', this.#head);
    return texts.add(id, delta) ?? (delta === '' ? NO_PROGRESS : PROGRESS);
  }

  #takeInputDelta(part: TypedEvent): Meaning | LinkspanError {
    const { toolCallId, inputTextDelta: delta } = part;
    if (typeof delta !== 'string') return missingText(part, 'inputTextDelta', this.#head);
    return this.#calls.add(toolCallId, undefined, delta) ?? (delta === '' ? NO_PROGRESS : PROGRESS);
  }

  #takeMetadata({ messageMetadata }: TypedEvent): Meaning {
    if (isObject(messageMetadata)) {
      this.#metadata = mergeMetadata(this.#metadata ?? {}, messageMetadata);
    }
    return PROGRESS;
  }

  #startStep(): Meaning {
    this.#step = {
      texts: this.#texts.count,
      thoughts: this.#thoughts.count,
      calls: this.#calls.count,
    };
    return PROGRESS;
  }

  #resetStep(): Meaning {
    this.#texts.keep(this.#step.texts);
    this.#thoughts.keep(this.#step.thoughts);
    this.#calls.keep(this.#step.calls);
    return PROGRESS;
  }

  #finish(part: TypedEvent): Meaning {
    this.#takeMetadata(part);
    const reason = isText(part['finishReason']) ? part['finishReason'] : 'finish';
    this.finishReason = reason;
    if (reason === 'error') {
      const error = reportedError('the agent stopped with an error', this.#head);
      return { terminal: 'may-end', error };
    }
    if (reason === 'interrupted') {
      return this.#stopped('interrupted', 'the stream of its model was cut');
    }
    this.#isFinished = true;
    this.#goesOn = false;
    if (this.#require === 'done' || this.#require === 'both') return PROGRESS;
    return { terminal: 'may-end', terminator: 'finish' };
  }

  /** The answer is not whole, and the server says so. More parts may follow. */
  #stopped(code: string, why: string): Meaning {
    const message = `Cannot complete the vercel-ui stream: ${why}`;
    return { terminal: 'may-end', error: this.#incomplete(message, code) };
  }

  #done(): Reading<VercelUiPart> {
    const isEnough = this.#isFinished || this.#require === 'done' || this.#require === 'either';
    if (isEnough || this.#isEmpty) return { terminal: 'ends', terminator: '[DONE]' };
    const message = 'Cannot complete the vercel-ui stream: [DONE] came without a finish part';
    return { error: this.#incomplete(message) };
  }

  #incomplete(message: string, code?: string): StreamIncompleteError {
    const requestId = readRequestId(this.#head.headers);
    return new StreamIncompleteError(message, { code, requestId });
  }
}
