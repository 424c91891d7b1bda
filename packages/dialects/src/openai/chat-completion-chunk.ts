/** One frame of a streamed chat completion. Fields that are not named here are passed on as sent. */
export interface ChatCompletionChunk {
  readonly id?: string;
  readonly object?: string;
  /** Seconds since 1970. */
  readonly created?: number;
  readonly model?: string;
  /** Empty in frames that carry only `usage` or a provider's own fields. */
  readonly choices: readonly ChatCompletionChoice[];
  readonly usage?: ChatCompletionUsage | null;
  readonly system_fingerprint?: string | null;
  readonly service_tier?: string | null;
}

export interface ChatCompletionChoice {
  readonly index: number;
  /** Left out by Azure in frames that carry only a filter's verdict. */
  readonly delta?: ChatCompletionDelta;
  /** `'stop'`, `'length'`, `'tool_calls'`, `'content_filter'`, or a provider's own word. */
  readonly finish_reason?: string | null;
  readonly logprobs?: unknown;
}

export interface ChatCompletionDelta {
  readonly role?: string;
  readonly content?: string | null;
  readonly refusal?: string | null;
  /** DeepSeek, vLLM. */
  readonly reasoning_content?: string | null;
  /** OpenRouter, Groq. */
  readonly reasoning?: string | null;
  readonly tool_calls?: readonly ChatCompletionToolCall[] | null;
}

export interface ChatCompletionToolCall {
  readonly index: number;
  readonly id?: string;
  readonly type?: string;
  readonly function?: { readonly name?: string; readonly arguments?: string };
}

/** In the last frame, when the request has `stream_options: { include_usage: true }`. */
export interface ChatCompletionUsage {
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
  readonly total_tokens?: number;
  readonly prompt_tokens_details?: {
    readonly cached_tokens?: number;
    readonly cache_write_tokens?: number;
  } | null;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number } | null;
}
