import { fieldsOf, textOf } from '../json-body.ts';
import type { CompleteReply } from '../model/complete-reply.ts';
import { Timeline } from '../timeline.ts';
import type { UpstreamContext } from '../upstream.ts';

/** The states in which a task makes no more progress by itself. */
const finalStates: Readonly<Record<string, string>> = {
  stop: 'TASK_STATE_COMPLETED',
  tool_calls: 'TASK_STATE_COMPLETED',
  length: 'TASK_STATE_COMPLETED',
  content_filter: 'TASK_STATE_REJECTED',
};

const WORKING = 'TASK_STATE_WORKING';
const INTERRUPTED = /^TASK_STATE_(INPUT|AUTH)_REQUIRED$/;

/** A task of an A2A agent: an artifact that grows piece by piece, and a state at last. */
export class A2aTask {
  readonly id: string;
  readonly contextId: string;
  /** What the stream says, each a `StreamResponse` as JSON; the first is the task as it begins. */
  readonly timeline: Timeline;
  /** How long the work takes. */
  readonly durationMs: number;
  readonly #context: UpstreamContext;
  readonly #message: unknown;
  readonly #artifactId: string;
  readonly #timestamp: string;
  readonly #chunks: readonly string[];
  #state: string;
  /** How many pieces of the artifact were made when it was cancelled. */
  #made: number | undefined;

  constructor(message: unknown, reply: CompleteReply, context: UpstreamContext) {
    const { mint, clock } = context;
    this.#context = context;
    this.#message = message;
    this.#chunks = reply.chunks;
    this.id = mint.uuid();
    this.contextId = textOf(fieldsOf(message)['contextId']) || mint.uuid();
    this.#artifactId = mint.uuid();
    this.#timestamp = mint.isoTime();
    this.#state = finalStates[reply.finishReason] ?? reply.finishReason;
    const events = [
      { task: this.#snapshot('TASK_STATE_SUBMITTED', 0) },
      { statusUpdate: { ...this.#ids, status: this.#status(WORKING) } },
      ...this.#chunks.map((text, index) => ({
        artifactUpdate: {
          ...this.#ids,
          artifact: this.#artifact([text]),
          append: index > 0,
          lastChunk: index === this.#chunks.length - 1,
        },
      })),
      { statusUpdate: { ...this.#ids, status: this.#status(this.#state) } },
    ];
    this.timeline = new Timeline(
      events.map((event) => JSON.stringify(event)),
      reply.pace,
      clock,
    );
    const { firstEventMs = 0, eventMs = 0 } = reply.pace;
    this.durationMs = firstEventMs + eventMs * (events.length - 1);
  }

  /** How many events stand at the end of the stream and say what came of the task. */
  static readonly ending = 1;

  get isOver(): boolean {
    return this.timeline.passed === this.timeline.length && !INTERRUPTED.test(this.#state);
  }

  /** The task as it is now. */
  get now(): object {
    const { passed, length } = this.timeline;
    return passed === length ? this.final : this.#snapshot(WORKING, Math.max(0, passed - 2));
  }

  /** The task as it is when the work is done. */
  get final(): object {
    return this.#snapshot(this.#state, this.#chunks.length);
  }

  /** What the stream says when the work fails. */
  get failure(): string {
    const status = this.#status('TASK_STATE_FAILED', 'The model behind the agent is overloaded');
    return JSON.stringify({ statusUpdate: { ...this.#ids, status } });
  }

  cancel(): void {
    this.#made = Math.max(0, this.timeline.passed - 2);
    this.#state = 'TASK_STATE_CANCELED';
    const status = this.#status(this.#state);
    this.timeline.end([JSON.stringify({ statusUpdate: { ...this.#ids, status } })]);
  }

  get #ids(): { readonly taskId: string; readonly contextId: string } {
    return { taskId: this.id, contextId: this.contextId };
  }

  #snapshot(state: string, chunks: number): object {
    const made = Math.min(chunks, this.#made ?? Infinity);
    return {
      id: this.id,
      contextId: this.contextId,
      status: this.#status(state),
      ...(made > 0 && { artifacts: [this.#artifact([this.#chunks.slice(0, made).join('')])] }),
      history: [this.#message],
    };
  }

  #artifact(texts: readonly string[]): object {
    const parts = texts.map((text) => ({ text, mediaType: 'text/plain' }));
    return { artifactId: this.#artifactId, name: 'answer', parts };
  }

  #status(state: string, text?: string): object {
    const { mint } = this.#context;
    const message = text !== undefined && {
      messageId: mint.uuid(),
      role: 'ROLE_AGENT',
      parts: [{ text, mediaType: 'text/plain' }],
    };
    return { state, timestamp: this.#timestamp, ...(message && { message }) };
  }
}
