import {
  LinkspanError,
  ProtocolError,
  type Reading,
  readRequestId,
  StreamIncompleteError,
  type StreamHead,
  type StreamReader,
  type Usage,
} from '@linkspan/core';
import type { SseEvent } from '../framing/sse-decoder.ts';
import { readPayload } from '../request/read-payload.ts';
import { missingText, readAgentEvent } from '../model/agent-event.ts';
import type { ChatResult } from '../model/chat-result.ts';
import { reportedError } from '../model/reported-error.ts';
import { StreamedTexts } from '../model/streamed-texts.ts';
import { MAX_PARTS, tooMany } from '../model/too-many.ts';
import { ToolInputs } from '../model/tool-inputs.ts';
import { isObject, isText, type TypedEvent } from '../model/typed-event.ts';
import type { AgUiEvent, AgUiRunFinished } from './ag-ui-event.ts';
import { sumUsage } from './sum-usage.ts';

/** What a run adds up to: the last one, where a stream holds several. */
export interface AgUiResult extends ChatResult {
  /** The server's name of the last message that it wrote. */
  readonly messageId?: string;
  /** What the server said when the run finished: its `result`, and its `outcome` with the interrupts. */
  readonly finished?: AgUiRunFinished;
}

/** What an event means for the stream, beside being one of its events. */
type Meaning = Omit<Reading<AgUiEvent>, 'event'>;

const PROGRESS: Meaning = {};
const NO_PROGRESS: Meaning = { progress: false };

/** Reads the frames of one AG-UI stream. */
export class AgUiReader implements StreamReader<SseEvent, AgUiEvent, AgUiResult> {
  finishReason: string | undefined;
  usage: Usage | undefined;
  readonly #head: StreamHead;
  #texts = new StreamedTexts('messages');
  #thoughts = new StreamedTexts('reasoning messages');
  #calls = new ToolInputs();
  /** What a chunk without an id goes on with, by its kind and whose it is. */
  readonly #open = new Map<string, unknown>();
  #messageId: string | undefined;
  #finished: AgUiRunFinished | undefined;

  constructor(head: StreamHead) {
    this.#head = head;
  }

  get partial(): AgUiResult {
    return {
      text: this.#texts.text,
      toolCalls: this.#calls.list,
      finishReason: this.finishReason,
      usage: this.usage,
      ...(this.#thoughts.text !== '' && { reasoning: this.#thoughts.text }),
      ...(this.#messageId !== undefined && { messageId: this.#messageId }),
      ...(this.#finished !== undefined && { finished: this.#finished }),
    };
  }

  read(frame: SseEvent): Reading<AgUiEvent> {
    if (frame.data === '') return NO_PROGRESS;
    const read = readAgentEvent(frame, this.#head);
    if (read instanceof LinkspanError) return { error: read };
    const meaning = this.#take(read);
    const event = read as unknown as AgUiEvent;
    if (meaning instanceof LinkspanError) return { event, error: meaning };
    return meaning === PROGRESS ? { event } : { event, ...meaning };
  }

  /** Takes an event in, and tells what it means; the failure of one that cannot be taken. */
  #take(event: TypedEvent): Meaning | LinkspanError {
    switch (event.type) {
      case 'TEXT_MESSAGE_CONTENT':
        return this.#takeDelta(event, (delta) => this.#addText(event['messageId'], delta));
      case 'REASONING_MESSAGE_CONTENT':
      case 'THINKING_TEXT_MESSAGE_CONTENT':
        return this.#takeDelta(event, (delta) => this.#thoughts.add(event['messageId'], delta));
      case 'TEXT_MESSAGE_CHUNK':
        return this.#takeChunk(event, 'messageId', (id, delta) => this.#addText(id, delta));
      case 'REASONING_MESSAGE_CHUNK':
        return this.#takeChunk(event, 'messageId', (id, delta) => this.#thoughts.add(id, delta));
      case 'TOOL_CALL_START':
        return this.#calls.add(event['toolCallId'], event['toolCallName']) ?? PROGRESS;
      case 'TOOL_CALL_ARGS':
        return this.#takeDelta(event, (delta) =>
          this.#calls.add(event['toolCallId'], undefined, delta),
        );
      case 'TOOL_CALL_CHUNK':
        return this.#takeChunk(event, 'toolCallId', (id, delta) =>
          this.#calls.add(id, event['toolCallName'], delta),
        );
      case 'TEXT_MESSAGE_START':
        return this.#addText(event['messageId'], '') ?? PROGRESS;
      case 'REASONING_MESSAGE_START':
      case 'THINKING_TEXT_MESSAGE_START':
        return this.#thoughts.add(event['messageId'], '') ?? PROGRESS;
      case 'RUN_STARTED':
        return this.#start();
      case 'RUN_FINISHED':
        return this.#finish(event);
      case 'RUN_ERROR':
        return this.#fail(event);
      default:
        return PROGRESS;
    }
  }

  #addText(id: unknown, piece: string): ProtocolError | undefined {
    if (isText(id)) this.#messageId = id;
    return this.#texts.add(id, piece);
  }

  #takeDelta(
    event: TypedEvent,
    add: (delta: string) => ProtocolError | undefined,
  ): Meaning | LinkspanError {
    const { delta } = event;
    if (typeof delta !== 'string') return missingText(event, 'delta', this.#head);
    return add(delta) ?? (delta === '' ? NO_PROGRESS : PROGRESS);
  }

  #takeChunk(
    event: TypedEvent,
    idField: string,
    add: (id: unknown, delta: string) => ProtocolError | undefined,
  ): Meaning | LinkspanError {
    const { delta = '' } = event;
    if (typeof delta !== 'string') return missingText(event, 'delta', this.#head);
    const lane = `${event.type} ${isText(event['subagentRunId']) ? event['subagentRunId'] : ''}`;
    const id = event[idField] ?? this.#open.get(lane);
    if (id === undefined) return orphan(event, idField);
    this.#open.set(lane, id);
    if (this.#open.size > MAX_PARTS) return tooMany('subagents');
    return add(id, delta) ?? (delta === '' ? NO_PROGRESS : PROGRESS);
  }

  /** A run begins. What the one before it has given, where there was one, is not of this run. */
  #start(): Meaning {
    if (this.#finished === undefined) return PROGRESS;
    this.#texts = new StreamedTexts('messages');
    this.#thoughts = new StreamedTexts('reasoning messages');
    this.#calls = new ToolInputs();
    this.#open.clear();
    this.#finished = undefined;
    this.finishReason = undefined;
    this.usage = undefined;
    return { terminal: 'goes-on' };
  }

  #finish(event: TypedEvent): Meaning {
    const outcome = isObject(event['outcome']) ? event['outcome']['type'] : undefined;
    this.finishReason = isText(outcome) && outcome !== 'success' ? outcome : 'RUN_FINISHED';
    this.usage = sumUsage(event['usage']);
    this.#finished = event as unknown as AgUiRunFinished;
    const isOther = this.#isOtherRun(event['runId']);
    if (outcome !== 'cancelled') {
      return { terminal: isOther ? 'may-end' : 'ends', terminator: 'RUN_FINISHED' };
    }
    if (isOther) return PROGRESS;
    const error = new StreamIncompleteError(
      'Cannot complete the ag-ui stream: the server cancelled the run',
      { code: 'aborted', requestId: readRequestId(this.#head.headers) },
    );
    return { error };
  }

  /** Whether a run is known not to be the one that was asked for. */
  #isOtherRun(runId: unknown): boolean {
    const input = readPayload(this.#head.request);
    return isText(runId) && isObject(input) && isText(input['runId']) && input['runId'] !== runId;
  }

  #fail(event: TypedEvent): Meaning {
    const { message, code } = event;
    this.finishReason = 'RUN_ERROR';
    this.usage = sumUsage(event['usage']);
    return { error: reportedError({ message, code }, this.#head) };
  }
}

function orphan(event: TypedEvent, idField: string): ProtocolError {
  const message = `Cannot read the stream: ${event.type} has no ${idField}, and there is none to go on with`;
  return new ProtocolError(message, { code: 'orphan_chunk', phase: 'body' });
}
