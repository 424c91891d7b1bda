import {
  LinkspanError,
  type Reading,
  readUsage,
  type StreamHead,
  type StreamReader,
  type Usage,
} from '@linkspan/core';
import type { SseEvent } from '../framing/sse-decoder.ts';
import type { ChatResult } from '../model/chat-result.ts';
import { reportedError } from '../model/reported-error.ts';
import { isObject, isText, readTypedEvent, type TypedEvent } from '../model/typed-event.ts';
import { readResponseAddress } from './response-address.ts';
import type { ResponsesEvent, ResponsesResponse, ResponsesUsage } from './responses-event.ts';
import { ResponsesOutput } from './responses-output.ts';

/** What a streamed response adds up to. */
export interface ResponsesResult extends ChatResult {
  /** The provider's name for the response; `''` before it told. */
  readonly id: string;
  /** The provider works on without this stream, which can be taken up again. */
  readonly background: boolean;
}

const SKIPPED = { progress: false } as const;

/** Events that bring something, or end a piece of work. The others tell that it goes on. */
const PROGRESS = /\.(?:delta|added|done|completed|partial_image)$/;

/** What is said of a response without an error of its own. */
const NOT_SAID: Readonly<Record<string, string>> = {
  failed: 'the response failed',
  cancelled: 'the response was cancelled',
};

/** Reads the frames of one streamed response. */
export class OpenaiResponsesReader implements StreamReader<
  SseEvent,
  ResponsesEvent,
  ResponsesResult
> {
  finishReason: string | undefined;
  readonly #head: StreamHead;
  readonly #output = new ResponsesOutput();
  #id = '';
  #background = false;
  #usage: ResponsesUsage | undefined;

  constructor(head: StreamHead) {
    this.#head = head;
    const { operation, target = '' } = head.request ?? {};
    const id = operation === 'GET' ? readResponseAddress(target)?.id : undefined;
    // A stream that is taken up does not tell its beginning again; only those in the background can be.
    if (id !== undefined) {
      this.#id = id;
      this.#background = true;
    }
  }

  get usage(): Usage | undefined {
    return readUsage(this.#usage);
  }

  get partial(): ResponsesResult {
    const { text, toolCalls, reasoning, refusal } = this.#output;
    return {
      id: this.#id,
      background: this.#background,
      text,
      toolCalls,
      finishReason: this.finishReason,
      usage: this.usage,
      ...(reasoning !== '' && { reasoning }),
      ...(refusal !== '' && { refusal }),
    };
  }

  read(frame: SseEvent, isRepeat?: (id: string) => boolean): Reading<ResponsesEvent> {
    if (frame.data === '') return SKIPPED;
    const event = readTypedEvent(frame, this.#head, 'openai-responses');
    if (event instanceof LinkspanError) return { error: event };
    const id = idOf(event['sequence_number']);
    if (id !== undefined && isRepeat?.(id) === true) return {};
    const failure = this.#output.add(event) ?? this.#readResponse(event);
    if (failure !== undefined) return { error: failure };
    const ends = event.type === 'response.completed' || event.type === 'response.incomplete';
    return {
      event: event as unknown as ResponsesEvent,
      progress: isProgress(event),
      ...(id !== undefined && { id }),
      ...(ends && { terminal: 'ends', terminator: event.type }),
    };
  }

  /** Takes what an event says of the whole response; gives the failure, if it says that it failed. */
  #readResponse(event: TypedEvent): LinkspanError | undefined {
    const { response } = event;
    if (isObject(response)) {
      if (isText(response['id'])) this.#id = response['id'];
      if (typeof response['background'] === 'boolean') this.#background = response['background'];
      if (isObject(response['usage'])) this.#usage = response['usage'];
    }
    const state: Partial<ResponsesResponse> & { readonly error?: unknown } = isObject(response)
      ? response
      : {};
    const [, told] = /^response\.(completed|incomplete|failed|cancelled)$/.exec(event.type) ?? [];
    if (told === undefined) return undefined;
    this.#output.finish(state.output);
    // The event and the status inside it may differ: what is worse holds.
    const words = [told, state.status];
    const failed = words.find((word) => word === 'failed' || word === 'cancelled');
    if (failed !== undefined) {
      const error = state.error ?? event['error'];
      return reportedError(error ?? { code: failed, message: NOT_SAID[failed] }, this.#head);
    }
    const reason = state.incomplete_details?.reason;
    const isIncomplete = words.includes('incomplete') || this.#output.hasIncomplete;
    if (isText(reason)) this.finishReason = reason;
    else this.finishReason = isIncomplete ? 'incomplete' : 'completed';
    return undefined;
  }
}

function isProgress({ type, delta }: TypedEvent): boolean {
  return PROGRESS.test(type) && delta !== '';
}

/** A number from anywhere is no id: ids that count go up to what a number holds. */
function idOf(sequence: unknown): string | undefined {
  return Number.isSafeInteger(sequence) && (sequence as number) >= 0 ? String(sequence) : undefined;
}
