import type { Usage } from '@linkspan/core';
import type { ToolCall } from '@linkspan/dialects';
import type { AssistantMessage } from './chat-message.ts';
import type { FinishReason } from './finish-reason.ts';

/** What a model answered: of a whole answer, or what a stream adds up to. */
export interface ChatResponse {
  readonly text: string;
  /** What the model asks for, in its order. */
  readonly toolCalls: readonly ToolCall[];
  /** `undefined` only where a stream has not come so far. */
  readonly finishReason: FinishReason | undefined;
  /** Why it stopped, in the provider's own word. */
  readonly providerReason: string | undefined;
  /** Tokens, as far as the provider told. */
  readonly usage: Usage | undefined;
  /** The provider's name for the answer; `''` where it told none. */
  readonly id: string;
  /** The model that answered, which may be another than was asked for. */
  readonly model: string;
  /** What the model thought aloud, where the provider tells. */
  readonly reasoning?: string;
  /** Why the model refused, where the provider tells that apart from the text. */
  readonly refusal?: string;
  /** The answer as a turn of the conversation, to go on with. */
  readonly message: AssistantMessage;
  /** The provider's name for the request, for its support. */
  readonly requestId: string | undefined;
  /** The answer as the provider sent it; `undefined` of a stream. */
  readonly raw: unknown;
}
