import type { AnthropicParams } from '../anthropic/anthropic-sdk.ts';
import type { OpenAIParams, OpenAIResponsesParams } from '../openai/openai-sdk.ts';
import type { ChatMessage } from './chat-message.ts';

/** A function that the model may ask for. */
export interface ChatTool {
  readonly name: string;
  readonly description?: string;
  /** The JSON Schema of its arguments: an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Whether the provider holds the model to the schema. @default as the provider has it */
  readonly strict?: boolean;
}

/** Which tools the model uses: as it likes, none, at least one, or this one. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly tool: string };

/** The form of the answer. */
export type ResponseFormat =
  | { readonly type: 'text' }
  /** Any JSON object. OpenAI only. */
  | { readonly type: 'json' }
  | {
      readonly type: 'json-schema';
      readonly schema: Readonly<Record<string, unknown>>;
      /** What OpenAI calls it. @default 'answer' */
      readonly name?: string;
    };

/** What servers of the same kind know besides: `top_k`, say. */
type Unlisted = Readonly<Record<string, unknown>>;

/** What only one provider knows, in its own words; it goes over what is said beside it. */
export interface ProviderOptions {
  /** Parameters of `chat.completions.create()`. */
  readonly openai?: (Partial<OpenAIParams> & Unlisted) | undefined;
  /** Parameters of `responses.create()`, with `api: 'responses'`. */
  readonly openaiResponses?: (Partial<OpenAIResponsesParams> & Unlisted) | undefined;
  /** Parameters of `messages.create()`. */
  readonly anthropic?: (Partial<AnthropicParams> & Unlisted) | undefined;
  readonly [provider: string]: object | undefined;
}

/**
 * One request to a model, as plain data, for every provider. What a provider cannot do is refused
 * with a `ConfigurationError`, not left out.
 */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  /** What the model is told before the conversation. */
  readonly system?: string | undefined;
  /** The most tokens that the answer may have, thoughts included. */
  readonly maxTokens?: number | undefined;
  /** OpenAI only: Anthropic's API has had neither since October 2026. */
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  /** Texts at which the answer ends. */
  readonly stop?: string | readonly string[] | undefined;
  /** For answers that repeat, as far as the provider can. OpenAI's chat completions only. */
  readonly seed?: number | undefined;
  readonly responseFormat?: ResponseFormat | undefined;
  readonly tools?: readonly ChatTool[] | undefined;
  readonly toolChoice?: ToolChoice | undefined;
  /** Whether the model may ask for several tools at once. @default as the provider has it */
  readonly parallelToolCalls?: boolean | undefined;
  /** How much the model thinks before it answers. */
  readonly reasoningEffort?: 'low' | 'medium' | 'high' | 'xhigh' | 'max' | undefined;
  readonly providerOptions?: ProviderOptions | undefined;
}

/** A {@link ChatRequest} for a client that has a model of its own. */
export type ChatRequestInit = Omit<ChatRequest, 'model'> & { readonly model?: string | undefined };
