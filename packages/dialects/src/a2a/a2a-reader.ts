import type { LinkspanError, Reading, StreamHead, StreamReader } from '@linkspan/core';
import type { SseEvent } from '../framing/sse-decoder.ts';
import { isJson } from '../framing/sse-or-json-decoder.ts';
import { notJson, parseJson } from '../model/parse-json.ts';
import { bodyError, findReportedError, reportedError } from '../model/reported-error.ts';
import { isObject } from '../model/typed-event.ts';
import { A2aArtifacts, type A2aResultArtifact } from './a2a-artifacts.ts';
import { a2aFailure, olderVersion, taskFailure } from './a2a-failure.ts';
import type { A2aMessage, A2aStreamResponse, A2aTaskState } from './a2a-stream-response.ts';
import { textOfParts } from './text-of-parts.ts';

/** What a stream of the Agent2Agent protocol adds up to. */
export interface A2aResult {
  /**
   * What the agent says: the text of the message that it answers with, or of the task's artifacts;
   * where there is none, that of the message of the task's status.
   */
  readonly text: string;
  /** Where the task stands; `undefined` when the agent answered with a message alone. */
  readonly state: A2aTaskState | undefined;
  readonly taskId: string | undefined;
  readonly contextId: string | undefined;
  readonly artifacts: readonly A2aResultArtifact[];
  /** The message that the agent answers with, or that of the task's last status. */
  readonly message: A2aMessage | undefined;
}

type JsonObject = Readonly<Record<string, unknown>>;

const SKIPPED = { progress: false } as const;
const KINDS_BEFORE_1 = new Set(['task', 'message', 'status-update', 'artifact-update']);
const STATES_BEFORE_1: ReadonlySet<string> = new Set([
  'submitted',
  'working',
  'input-required',
  'auth-required',
  'completed',
  'failed',
  'canceled',
  'rejected',
  'unknown',
]);

/** Reads the responses of one stream, in either binding, also over several connections. */
export class A2aReader implements StreamReader<SseEvent, A2aStreamResponse, A2aResult> {
  readonly #head: StreamHead;
  readonly #waits: boolean;
  readonly #artifacts = new A2aArtifacts();
  #hasTask = false;
  #taskId: string | undefined;
  #contextId: string | undefined;
  #state: A2aTaskState | undefined;
  #message: A2aMessage | undefined;

  /** @param waits whether a task that is interrupted is waited for. */
  constructor(waits: boolean, head: StreamHead) {
    this.#waits = waits;
    this.#head = head;
  }

  get finishReason(): string | undefined {
    return isOver(this.#state) || isInterrupted(this.#state) ? this.#state : undefined;
  }

  get partial(): A2aResult {
    const ofArtifacts = this.#artifacts.text;
    return {
      text: ofArtifacts === '' ? textOfParts(this.#message?.parts) : ofArtifacts,
      state: this.#state,
      taskId: this.#taskId,
      contextId: this.#contextId,
      artifacts: this.#artifacts.list,
      message: this.#message,
    };
  }

  read({ type, data }: SseEvent): Reading<A2aStreamResponse> {
    if (data === '') return SKIPPED;
    let value: unknown;
    try {
      value = parseJson(data, 'an event of the stream', this.#head.secrets);
    } catch (error) {
      if (type === 'error') return { error: reportedError(data, this.#head) };
      return { error: error as LinkspanError };
    }
    if (!isObject(value)) {
      return {
        error: notJson(data, 'an event of the stream', 'a JSON object', this.#head.secrets),
      };
    }
    const reported = findReportedError(value) ?? (type === 'error' ? value : undefined);
    if (reported !== undefined) return { error: a2aFailure(reported, this.#head) };
    const response = Object.hasOwn(value, 'jsonrpc') ? value['result'] : value;
    if (!isObject(response)) return SKIPPED;
    const { kind } = response;
    if (typeof kind === 'string' && KINDS_BEFORE_1.has(kind)) {
      return { error: olderVersion(`an event of the kind '${kind}'`) };
    }
    // A task that was asked for by its id comes alone.
    return this.#readResponse(isTask(response) ? { task: response } : response);
  }

  #readResponse(response: JsonObject): Reading<A2aStreamResponse> {
    const event = response as unknown as A2aStreamResponse;
    const { task, message, statusUpdate, artifactUpdate } = response;
    if (isObject(message)) return this.#readMessage(event, message);
    if (isObject(task)) return this.#readTask(event, task);
    if (isObject(statusUpdate)) return this.#readStatus(event, statusUpdate);
    if (isObject(artifactUpdate)) return this.#readArtifact(event, artifactUpdate);
    const error = isJson(this.#head) ? bodyError(response, this.#head) : undefined;
    return error === undefined ? { event } : { error };
  }

  #readTask(event: A2aStreamResponse, task: JsonObject): Reading<A2aStreamResponse> {
    const { artifacts } = task;
    // Lists that are empty are left out, and some agents leave out full ones: nothing is taken away.
    if (Array.isArray(artifacts) && artifacts.length > 0) {
      const error = this.#artifacts.replace(artifacts);
      if (error !== undefined) return { event, error };
    }
    return this.#readStatus(event, { ...task, taskId: task['id'] });
  }

  #readStatus(event: A2aStreamResponse, update: JsonObject): Reading<A2aStreamResponse> {
    this.#hasTask = true;
    this.#readIds(update);
    const status = isObject(update['status']) ? update['status'] : {};
    const before = this.#state;
    const state = status['state'] as A2aTaskState | undefined;
    if (typeof state !== 'string') return { event, progress: false };
    if (STATES_BEFORE_1.has(state)) return { event, error: olderVersion(`the state '${state}'`) };
    this.#state = state;
    this.#message = messageOf(status['message']);
    const error = taskFailure(state, textOfParts(this.#message?.parts), this.#head);
    if (error !== undefined) return { event, error };
    if (this.#ends(state)) return { event, terminal: 'ends', terminator: state };
    if (state === 'TASK_STATE_AUTH_REQUIRED' && !this.#waits) {
      return { event, terminal: 'may-end', terminator: state };
    }
    const progress = state !== before || this.#message !== undefined;
    return before === 'TASK_STATE_AUTH_REQUIRED' && !this.#waits
      ? { event, terminal: 'goes-on', progress }
      : { event, progress };
  }

  #ends(state: A2aTaskState): boolean {
    if (state === 'TASK_STATE_INPUT_REQUIRED') return !this.#waits;
    return isOver(state);
  }

  #readArtifact(event: A2aStreamResponse, update: JsonObject): Reading<A2aStreamResponse> {
    this.#hasTask = true;
    this.#readIds(update);
    const { artifact, append, lastChunk } = update;
    const error = this.#artifacts.add(artifact, append === true, lastChunk === true);
    return error === undefined ? { event } : { event, error };
  }

  /** A message is the whole answer, unless a task has begun. */
  #readMessage(event: A2aStreamResponse, message: JsonObject): Reading<A2aStreamResponse> {
    this.#readIds(message);
    if (this.#hasTask) return { event };
    this.#message = messageOf(message);
    return { event, terminal: 'ends', terminator: 'message' };
  }

  /** A stream is about one task: the first that it names. */
  #readIds({ taskId, contextId }: JsonObject): void {
    if (typeof taskId === 'string' && taskId !== '') this.#taskId ??= taskId;
    if (typeof contextId === 'string' && contextId !== '') this.#contextId ??= contextId;
  }
}

function messageOf(value: unknown): A2aMessage | undefined {
  return isObject(value) ? (value as unknown as A2aMessage) : undefined;
}

function isTask(response: JsonObject): boolean {
  return typeof response['id'] === 'string' && isObject(response['status']);
}

/** Whether nothing more happens to a task in this state. */
export function isOver(state: A2aTaskState | undefined): boolean {
  return (
    state === 'TASK_STATE_COMPLETED' ||
    state === 'TASK_STATE_FAILED' ||
    state === 'TASK_STATE_CANCELED' ||
    state === 'TASK_STATE_REJECTED'
  );
}

function isInterrupted(state: A2aTaskState | undefined): boolean {
  return state === 'TASK_STATE_INPUT_REQUIRED' || state === 'TASK_STATE_AUTH_REQUIRED';
}
