import type { Usage } from '@linkspan/core';

/** A call of a tool that a model asks for. */
export interface ToolCall {
  /** The provider's id of the call; `''` when it gave none. */
  readonly id: string;
  readonly name: string;
  /** The arguments as the model wrote them: JSON, if the model kept to it, and only when complete. */
  readonly arguments: string;
}

/** What the stream of a model adds up to: `stream.result()`, and as far as it got `stream.partial`. */
export interface ChatResult {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  /** Why the model stopped, in the provider's word. `'length'` means that the text is cut. */
  readonly finishReason: string | undefined;
  /** Tokens, in the names that all dialects share; the provider's own are in its events. */
  readonly usage: Usage | undefined;
  /** What the model thought aloud, where the provider tells. */
  readonly reasoning?: string;
  /** Why the model refused, where the provider tells that apart from the text. */
  readonly refusal?: string;
}
