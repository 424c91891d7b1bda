import type { Pace } from '../timeline.ts';

/** A call of a tool that the model asks for. */
export interface ReplyToolCall {
  /** @default made by the server */
  readonly id?: string;
  readonly name: string;
  /** An object, or its JSON as text, which may be broken on purpose. */
  readonly arguments: string | Readonly<Record<string, unknown>>;
}

/** What a request is charged for, in tokens. */
export interface ReplyUsage {
  /** @default a fourth of the prompt's characters */
  readonly inputTokens?: number;
  /** @default a fourth of the answer's characters */
  readonly outputTokens?: number;
  /** How many of the input were in a cache. @default 0 */
  readonly cachedInputTokens?: number;
  /** How many of the output were reasoning. @default 0 */
  readonly reasoningTokens?: number;
}

/** What a model answers, in the words of no provider: each upstream says it in its own form. */
export interface ModelReply {
  /** @default a text made of the prompt, where there are no tool calls */
  readonly text?: string;
  /** The text as the pieces in which it is streamed, in the place of `text`. @default word by word */
  readonly chunks?: readonly string[];
  /** What the model thinks before it answers. */
  readonly reasoning?: string;
  readonly toolCalls?: readonly ReplyToolCall[];
  /**
   * `'stop'`, `'length'`, `'tool_calls'` or `'content_filter'`, which each provider has a word for;
   * any other is sent as it is.
   *
   * @default 'tool_calls' with tool calls, else 'stop'
   */
  readonly finishReason?: string;
  readonly usage?: ReplyUsage;
  /** How long this answer takes. @default the pace of the server */
  readonly pace?: Pace;
}

/** An error in the place of a model's answer: `{ status: 404, message: 'No such model' }`. */
export interface ModelRefusal {
  readonly refuse: {
    readonly status: number;
    readonly message: string;
    readonly type?: string;
    readonly code?: string;
  };
}
